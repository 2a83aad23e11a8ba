"""`bylaw demo`: a pack and a synthetic cohort in a folder of one's own, and one letter on them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.defaults import CONFIG
from bylaw.cli.options import Opened
from bylaw.cli.output import print_lines
from bylaw.errors import UsageError
from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.engine.solve import Conclusion
    from bylaw.engine.symbols import Symbol

PACK = "hebron-md"
RECORDS = "cohort"
TOLD = ("year_outcome", "failed", "14.B.1")
"""The conclusion that the letter explains: predicate, outcome, and the article it follows from."""
COUNTED = ("year_outcome", "dismissal_ground", "graduate", "finding")
"""The conclusions that are counted over the cohort."""
LONGEST = 3
"""How many tables are named with their rows."""
_PACKAGE = Path(__file__).resolve().parent.parent


def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write.")] = Path("bylaw-demo"),
) -> None:
    """Write a pack and a synthetic cohort into a folder, and tell why one student failed.

    A file that is there already is left alone if it is the same, and refused if it differs.
    """
    from bylaw.engine.solve import Engine
    from bylaw.policy.load import load_policy
    from bylaw.policy.packs import find_pack
    from bylaw.records.load import load_records

    pack, _ = find_pack(PACK)
    cohort = _cohort()
    wanted = {folder / PACK / path.relative_to(pack): path.read_bytes() for path in _files(pack)}
    wanted |= {folder / RECORDS / path.relative_to(cohort): path.read_bytes() for path in _files(cohort)}
    wanted[folder / CONFIG] = f'[bylaw]\npolicy = "{PACK}"\nrecords = "{RECORDS}"\n'.encode()
    _write(wanted)
    policy = load_policy(folder / PACK)
    opened = Opened(policy, load_records(policy, str(folder / RECORDS)), Engine(policy))
    names = [name for name in COUNTED if name in policy.predicates]
    atoms = opened.engine.certain_atoms(opened.records, opened.records.subjects, frozenset(names))
    print_lines(_summary(opened, folder, names, atoms))
    _letter(opened, {str(atom) for atom in atoms})
    print_lines(_next_steps(folder))


def _cohort() -> Path:
    """Return the folder of the shipped cohort: inside the package, else of the source checkout."""
    for root in (_PACKAGE / "cohorts", _PACKAGE.parent.parent / "facts"):
        home = root / PACK
        if home.is_dir():
            for found in sorted(path for path in home.iterdir() if (path / "cohort.yaml").is_file()):
                return found
    raise UsageError("no cohort ships with this installation", f"`bylaw synth --policy {PACK}` makes one")


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder that belong to it, hidden ones and caches left out."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    ]


def _write(wanted: dict[Path, bytes]) -> None:
    """Write files that are not there yet.

    Raises:
        UsageError: if one is there and differs, before any is written; or if one cannot be written.
    """
    try:
        for path, data in wanted.items():
            if os.path.lexists(path) and not (path.is_file() and path.read_bytes() == data):
                raise UsageError(
                    f"`{path}` is there already and differs", "name another folder: `bylaw demo FOLDER`"
                )
        for path, data in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(data)
    except OSError as cause:
        where = cause.filename or "the folder"
        raise UsageError(f"`{where}` cannot be written: {(cause.strerror or 'it failed').lower()}") from None


def _summary(opened: Opened, folder: Path, names: Sequence[str], atoms: Iterable[Symbol]) -> Iterator[Line]:
    policy, records = opened.policy, opened.records
    yield line(f"{policy.title}, {policy.institution}, edition {policy.edition}", "bold", hang=2)
    counted = {
        name: count for name, count in records.counts.items() if count and name != policy.subject_table
    }
    longest = sorted(counted, key=lambda name: -counted[name])[:LONGEST]
    rows = ", ".join(f"{counted[name]:,} {name.replace('_', ' ')}" for name in longest)
    others = len(counted) - len(longest)
    yield line(
        f"{len(records.subjects)} invented students ({rows}, {others} more tables), written to {folder}.",
        hang=2,
    )
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    constants = {
        p.name: [place for place, (_, kind) in enumerate(p.args) if policy.types[kind].values]
        for p in map(policy.predicates.__getitem__, names)
    }
    for atom in atoms:
        words = " ".join(str(atom.arguments[place]) for place in constants[atom.name])
        counts[atom.name][words.replace("_", " ")] += 1
    for name in names:
        if counts[name]:
            told = ", ".join(f"{number:,} {words}".strip() for words, number in sorted(counts[name].items()))
            yield Line((Part(f"{name}: ", "dim"), Part(told)), indent=2, hang=2)
    yield line()


def _letter(opened: Opened, atoms: Set[str]) -> None:
    from bylaw.analysis.written import written_atom
    from bylaw.cli.why import DEPTH
    from bylaw.explain.explainer import Explainer
    from bylaw.policy.patterns import parse_pattern
    from bylaw.report.letter import Letter

    predicate, outcome, _ = TOLD
    for subject in opened.records.subjects:
        if not any(one.startswith(f'{predicate}("{subject}",') and outcome in one for one in atoms):
            continue
        decision = opened.engine.decide(opened.records, subject, [predicate])
        for one in decision.conclusions:
            if not _is_told(one):
                continue
            decision = opened.engine.decide(opened.records, subject)
            pattern = written_atom(opened.policy, one.predicate, one.args)
            print_lines([line(f"$ bylaw why {subject} '{pattern}'", "bold"), line()])
            reason = Explainer(opened.engine, decision).why(parse_pattern(opened.policy, pattern, subject))
            letter = Letter(opened.engine, opened.records, decision, depth=DEPTH)
            print_lines([*letter.page(reason), line()])
            return


def _is_told(one: Conclusion) -> bool:
    predicate, outcome, provision = TOLD
    return (
        one.predicate.name == predicate
        and any(str(term) == outcome for term in one.args)
        and provision in one.provisions
    )


def _next_steps(folder: Path) -> Iterator[Line]:
    yield line("Next:", "bold")
    for text in (
        f"cd {folder}",
        "bylaw decide --all",
        "bylaw query 'year_outcome(S, Y, failed)' --by Y",
        "bylaw show 14.A.2",
        "bylaw test",
    ):
        yield line(text, indent=2)
