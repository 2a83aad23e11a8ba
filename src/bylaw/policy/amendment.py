"""Read an amendment: what a proposal changes in a pack, and from when."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from bylaw.errors import Place, Problem, nearest
from bylaw.files.yaml import Document
from bylaw.policy.encoding import RuleFile, read_rules
from bylaw.policy.model import Policy
from bylaw.policy.pack_files import PackFiles
from bylaw.policy.schemas import AmendmentModel
from bylaw.policy.validation import validate

FOLDER = "amendments"


@dataclass(frozen=True, slots=True)
class AmendmentFile:
    """An amendment as it is written.

    Args:
        pack: the folder of the pack that it amends.
        files: the files beside it, by which it names its rules.
        digest: the hash of its own file and of the files of rules.
        tags: the provisions that the rules it adds state.
    """

    model: AmendmentModel
    document: Document
    pack: Path
    files: PackFiles
    digest: str
    tags: frozenset[str] = frozenset()


def read_amendment(policy: Policy, name: str, problems: list[Problem]) -> AmendmentFile | None:
    """Read one amendment.

    Args:
        policy: the pack that is amended.
        name: of a file in the pack's folder of amendments, without its ending; or the path of a file.

    Returns:
        None, with what is wrong noted, if it cannot be read.
    """
    folder, file = _found(policy, name)
    if folder == policy.folder / FOLDER and folder.is_symlink():
        place = Place(str(folder))
        problems.append(
            Problem(f"`{FOLDER}` is a symbolic link", place, "put the folder itself into the pack")
        )
        return None
    files = PackFiles(folder, str(folder))
    if not files.admit(file, Place(str(folder / file))):
        known = sorted(path.stem for path in (policy.folder / FOLDER).glob("*.yaml"))
        close = nearest(name, known)
        help = f"did you mean `{close}`?" if close else f"known are {', '.join(known)}" if known else None
        problems.append(Problem(f"{policy.id} has no amendment `{name}`", None, help))
        return None
    document = files.yaml(file)
    model = validate(AmendmentModel, document, (), files.problems) if document else None
    if document is not None and model is not None:
        for number, rules in enumerate(model.rules):
            files.admit(rules, document.place(("rules", number)), model.rules)
    problems += files.problems
    if document is None or model is None or files.problems:
        return None
    read = AmendmentFile(model, document, policy.folder, files, files.digest([file, *model.rules]))
    # What is wrong with the rules is told where they are applied.
    return replace(read, tags=frozenset(tag for rules in added_rules(read, []) for tag, _ in rules.tags))


def _found(policy: Policy, name: str) -> tuple[Path, str]:
    """Return the folder and the file of an amendment."""
    if "/" in name or name.endswith(".yaml"):
        path = Path(name)
        return path.parent, path.name
    return policy.folder / FOLDER, f"{name}.yaml"


def added_rules(file: AmendmentFile, problems: list[Problem], number: int = 0) -> list[RuleFile]:
    """Read the rules that an amendment adds."""
    found = []
    for name in file.model.rules:
        seen = len(file.files.problems)
        text = file.files.text(name)
        problems += file.files.problems[seen:]
        beside = Path(os.path.relpath(file.files.folder / name, file.pack)).as_posix()
        shown = f"{file.files.shown}/{name}"
        read = read_rules(beside, shown, text, number, problems) if text is not None else None
        if read is not None:
            number += len(read.rules)
            found.append(read)
    return found
