"""The pages of docs/ and the README: every file they show is written, every command run and compared.

A page is a session in a folder of its own, from top to bottom.

- A block with `file=NAME` in its info string is written to that file.
- A block ```` ```diff file=NAME ```` changes the file: its lines, without the signs, stand there once.
- A block ```` ```console ```` runs each line after `$ `; what follows is its output, stdout before stderr.
  `...` stands for anything on a line, and alone on a line for any lines.
- `<!-- starts from: PAGE -->` begins with the files that another page leaves behind.
- `<!-- runs in: the checkout -->` runs in the repository, where a page may read and not write.

`pytest tests/test_docs.py --rerecord` writes the outputs that differ anew.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bylaw.cli import main as cli
from bylaw.engine.query import run_query
from bylaw.engine.solve import Engine
from bylaw.errors import PolicyError
from bylaw.explain.reason import Kind
from bylaw.policy import load
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.policy.packs import amendments_named, find_pack
from bylaw.records.load import load_records, records_from_rows
from sources import tables_of, write_sqlite

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
STARTS = re.compile(r"^<!-- starts from: (\S+) -->$", re.MULTILINE)
CHECKOUT = "<!-- runs in: the checkout -->"
VARYING = re.compile(
    r"(?<=sha256:)[0-9a-f]{64}|(?<= in )[0-9]+\.[0-9]+s$|(?<=: )[0-9]+\.[0-9]+s(?= \(|\)| |$)", re.MULTILINE
)


LOADED: dict[tuple[object, ...], Policy] = {}


@pytest.fixture(autouse=True)
def packs_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load a pack once as long as none of its files changes; a shipped one has a thousand rules."""

    def loaded(ref: str | Path) -> Policy:
        pack, amendments = amendments_named(ref)
        if amendments:
            return load_policy(ref)
        folder, _ = find_pack(pack)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        stamp = tuple((str(path), path.stat().st_mtime_ns) for path in files)
        key = (str(ref), Path.cwd(), stamp)
        if key not in LOADED:
            LOADED[key] = load_policy(ref)
        return LOADED[key]

    monkeypatch.setattr(load, "load_policy", loaded)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks_of(text: str) -> Iterator[tuple[str, dict[str, str], re.Match[str]]]:
    """Yield the language of each fenced block, the options of its info string and the block."""
    for found in FENCE.finditer(text):
        language, *options = found["info"].split() or [""]
        yield language, dict(option.split("=", 1) for option in options if "=" in option), found


@dataclass
class Session:
    """Runs the blocks of a page in a folder."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    writable: bool = True
    code: int = 0

    def __post_init__(self) -> None:
        self.folder = self.root
        self.monkeypatch.chdir(self.root)

    def prepare(self, page: Path) -> None:
        """Write the files that a page shows, and run what only copies files."""
        for language, options, found in blocks_of(page.read_text(encoding="utf-8")):
            if language == "console":
                for command, _ in steps_of(found["body"]):
                    if command.split()[0] in ("cp", "mkdir", "chmod"):
                        self.run(command)
            elif "file" in options:
                self.file(language, options["file"], found["body"])
        self.folder = self.root
        self.monkeypatch.chdir(self.root)

    def file(self, language: str, name: str, body: str) -> None:
        """Write a file, or change it."""
        assert self.writable, "a page that runs in the checkout writes no files"
        path = self.root / name
        if language != "diff":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
            return
        lines = body.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, (
            f"the lines before the change stand {text.count(before)} times in {name}"
        )
        path.write_text(text.replace(before, after), encoding="utf-8")

    def run(self, command: str) -> str:
        """Run a command and return what it prints."""
        words, target = self._words(command)
        verb, rest = words[0], words[1:]
        printed = ""
        if verb == "bylaw":
            self.code = cli.main(rest)
            printed, complaint = self.capsys.readouterr()
            assert self.code != cli.INTERNAL_ERROR, f"`{command}` fails: {complaint}"
            if target:
                self._redirect(target, printed)
                printed = ""
            return printed + complaint
        if verb == "cd":
            self.folder = self.folder / rest[0]
            self.monkeypatch.chdir(self.folder)
        elif verb == "mkdir":
            for name in rest:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        elif verb == "chmod":
            (self.folder / rest[1]).chmod(int(rest[0], 8))
        elif verb == "cp" and rest[0] == "-r":
            shutil.copytree(self.folder / rest[1], self.folder / rest[2])
        elif verb == "cat":
            printed = "".join((self.folder / name).read_text(encoding="utf-8") for name in rest)
        elif verb == "ls":
            printed = "".join(
                f"{path.name}\n" for path in sorted((self.folder / (rest or ["."])[0]).iterdir())
            )
        elif words == ["echo", "$?"]:
            printed = f"{self.code}\n"
        elif verb == "pytest" or words[:3] == ["python", "-m", "clingo"]:
            printed = self._process(["-m", "pytest", *rest] if verb == "pytest" else rest)
        else:
            raise AssertionError(f"the test of the pages cannot run `{command}`")
        return printed

    def _process(self, words: list[str]) -> str:
        flags = ["-p", "no:cacheprovider", "-p", "no:xdist"] if words[1] == "pytest" else []
        # pytest says more where it believes itself in CI; the pages show what a person sees.
        env = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
        done = subprocess.run(
            [sys.executable, *words, *flags],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        self.code = done.returncode
        return done.stdout + done.stderr

    def _words(self, command: str) -> tuple[list[str], str | None]:
        """Take a command line apart: its words with file patterns filled in, and the file after `>`."""
        lexer = shlex.shlex(command, posix=True, punctuation_chars=">")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
        target = words[words.index(">") + 1] if ">" in words else None
        words = words[: words.index(">")] if target else words
        filled = []
        for word in words:
            pattern = word.endswith(("*.lp", "*.csv"))
            filled += (
                sorted(p.relative_to(self.folder).as_posix() for p in self.folder.glob(word))
                if pattern
                else [word]
            )
        return filled, target

    def _redirect(self, name: str, text: str) -> None:
        assert self.writable
        (self.folder / name).write_text(text, encoding="utf-8")


def steps_of(body: str) -> list[tuple[str, str]]:
    """Return each command of a console block and the output after it."""
    steps: list[tuple[str, str]] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append((line[2:].strip(), ""))
        else:
            assert steps, "a console block starts with `$ `"
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def matches(expected: str, printed: str) -> bool:
    """Return whether an output is as a page shows it."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += "[^\n]*?".join(re.escape(part) for part in line.split("...")) + "\n"
    return re.fullmatch(pattern, printed) is not None


def executed() -> list[Path]:
    return [page for page in PAGES if "```console" in page.read_text(encoding="utf-8")]


LONG = {
    "query-a-cohort",
    "why-was-this-student-failed",
    "try-a-change-on-a-record",
    "what-can-this-student-still-do",
    "what-hangs-on-a-decision",
    "make-a-synthetic-cohort",
    "see-what-the-cases-cover",
    "commands",
    "keep-a-receipt",
    "read-from-where-your-records-are",
    "run-the-cases-in-ci",
    "decide-a-whole-cohort",
    "audit-a-cohort",
}
"""The pages whose commands take long."""


def paced() -> list[Any]:
    return [
        pytest.param(page, marks=pytest.mark.long if page.stem in LONG else (), id=named(page))
        for page in executed()
    ]


@pytest.mark.parametrize("page", paced())
def test_what_a_page_shows_is_what_happens(
    page: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What an earlier run told of a student is not what a page shows.
    monkeypatch.setenv("BYLAW_CACHE", str(tmp_path_factory.mktemp("kept")))
    text = page.read_text(encoding="utf-8")
    inside = CHECKOUT in text
    session = Session(ROOT if inside else tmp_path, capsys, monkeypatch, writable=not inside)
    for start in STARTS.findall(text):
        session.prepare((page.parent / start).resolve())
    rerecord = request.config.getoption("--rerecord")
    differences = []
    anew = text
    for language, options, found in blocks_of(text):
        if language != "console":
            if "file" in options:
                session.file(language, options["file"], found["body"])
            continue
        whole = ""
        for command, expected in steps_of(found["body"]):
            printed = "\n".join(line.rstrip() for line in session.run(command).splitlines())
            printed = VARYING.sub("...", printed.rstrip("\n") + "\n" if printed.strip() else "")
            same = matches(expected, printed)
            if not same:
                differences.append(f"$ {command}\n--- the page\n{expected}--- printed\n{printed}")
            whole += f"$ {command}\n{expected if same else printed}"
        anew = anew.replace(found[0], f"```{found['info']}\n{whole}```", 1)
    if rerecord and differences:
        page.write_text(anew, encoding="utf-8")
    assert rerecord or not differences, "\n".join([*differences, "re-record with: pytest --rerecord"])


def test_every_command_is_explained_where_it_is_used() -> None:
    pages = [page for page in PAGES if page.name != "commands.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    missing = [name for name, _, _ in cli._COMMANDS if not re.search(rf"\bbylaw {name}\b", text)]
    assert missing == []


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page: those it sets itself, and those that GitHub makes of headings."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        number = 0
        while (one := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(one)
    return found


@pytest.mark.long
def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        prose = FENCE.sub("", page.read_text(encoding="utf-8"))
        for target in re.findall(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`(?!\])", "", prose)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            path = (page.parent / name).resolve() if name else page
            if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors_of(path)):
                broken.append(f"{named(page)}: {target}")
    assert broken == []


def test_every_page_is_reached_from_the_index() -> None:
    linked: set[Path] = set()
    todo = [DOCS / "index.md"]
    while todo:
        page = todo.pop()
        if page in linked or page.suffix != ".md" or not page.is_file():
            continue
        linked.add(page)
        links = re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8"))
        todo += [(page.parent / link).resolve() for link in links if not re.match(r"[a-z]+:", link)]
    assert [named(page) for page in PAGES if page not in linked] == []


def test_no_line_names_a_place_on_somebodys_machine() -> None:
    machine = re.compile(r"(?<![\w.])/(?:work|home|tmp|Users|root|usr|var|opt|private)/|[A-Z]:\\")
    found = [
        f"{named(page)}:{number}: {line}"
        for page in PAGES
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if machine.search(line)
    ]
    assert found == []


# ------------------------------------------------------------------------------------- docs/reference/json.md

JSON_PAGE = DOCS / "reference" / "json.md"
LOANS = ["-p", "tests/packs/library-loans", "-r", "tests/golden/loans"]


def printed_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """Run a command and return the values it prints, one for each line of jsonl."""
    assert cli.main(arguments) in (0, 1, 3)
    text = capsys.readouterr().out
    return [json.loads(line) for line in text.splitlines()] if "jsonl" in arguments else [json.loads(text)]


def keys_in(data: Any, above: str = "", free: tuple[str, ...] = ("readings",)) -> Iterator[str]:
    """Yield the path of each key: `conclusions[].atom`; the keys below a free one are a pack's own."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield f"{above}{key}"
            if key not in free:
                yield from keys_in(value, f"{above}{key}.", free)
    elif isinstance(data, list):
        for item in data:
            yield from keys_in(item, f"{above[:-1]}[]." if above else "", free)


def reasons_in(reason: dict[str, Any]) -> Iterator[dict[str, Any]]:
    own = {key: value for key, value in reason.items() if key != "because"}
    failed = own.get("contrast", {}).get("failed", [])
    if "contrast" in own:
        own["contrast"] = {**own["contrast"], "failed": []}
    yield own
    for child in [*reason.get("because", []), *failed]:
        yield from reasons_in(child)


def documented(heading: str) -> set[str]:
    """Return the keys in the table of a section of the page."""
    section = JSON_PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([\w.\[\]]+)` \|", section, re.MULTILINE))


@pytest.fixture
def unsupplied(tmp_path: Path) -> list[str]:
    """A library member without a table of payments, whose absence proves nothing."""
    record = tmp_path / "M1.yaml"
    record.write_text("synthetic: true\nmember: M1\nrecord:\n  members: [{group: child}]\n", encoding="utf-8")
    return ["-p", "tests/packs/library-loans", "-r", str(record)]


def test_the_keys_of_decisions_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, unsupplied: list[str]
) -> None:
    monkeypatch.chdir(ROOT)
    shapes = printed_json(["decide", "--all", "-f", "jsonl", *LOANS], capsys)
    shapes += printed_json(["decide", "M1", "-f", "json", *unsupplied], capsys)
    found = {key.replace("findings[].", "conclusions[].") for shape in shapes for key in keys_in(shape)}
    assert found == documented("At the head of a report") | documented("`decide`")


@pytest.mark.long
def test_the_keys_of_reasons_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, unsupplied: list[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    write_sqlite(tmp_path / "loans.db", tables_of(load_policy(LOANS[1]), Path(LOANS[3])))
    student = ["-p", "hebron-md", "-r", "facts/hebron-md/cases/failed_by_hours.yaml", "-f", "json"]
    asked = [
        ["why", "S9002", "year_outcome(2020,failed)", *student],
        ["why-not", "S9002", "year_outcome(2020,promoted)", *student],
        ["why", "S9002", "annual_average(2020,_)", *student],
        ["why-not", "M1", "barred", "-f", "json", *unsupplied],
        ["why", "M1", "barred", "-f", "json", *LOANS[:3], str(tmp_path / "loans.db")],
    ]
    for member, conclusion in (("M1", "barred"), ("M1", "fine"), ("M2", "may_reserve"), ("M2", "barred")):
        asked += [[verb, member, conclusion, "-f", "json", *LOANS] for verb in ("why", "why-not")]
    reports = [shape for command in asked for shape in printed_json(command, capsys)]
    found = {key for report in reports for reason in reasons_in(report) for key in keys_in(reason)}
    found = {"undetermined" if key.startswith("undetermined") else key for key in found} | {"because"}
    known = documented("At the head of a report") | documented("`why` and `why-not`")
    assert found - known == set()
    # What is left out of a long list is rare: it needs a rule that is tried in many ways.
    assert known - found <= {"more"}
    explained = re.findall(
        r"^\| `(\w+)` \|", (DOCS / "reference" / "explanations.md").read_text("utf-8"), re.M
    )
    assert {reason["kind"] for report in reports for reason in reasons_in(report)} <= set(explained)
    assert {kind.value for kind in Kind} == set(explained)


@pytest.mark.long
def test_the_keys_of_what_is_open_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    student = ["-p", "hebron-md", "-r", "facts/hebron-md/cases/excuse_waits.yaml", "-f", "json"]
    asked = [
        ["decide", "S9005", "--decisions", "open", *student],
        ["why", "S9005", "year_outcome(2020,postponed)", "--decisions", "open", *student],
        ["why", "S9005", "year_outcome(2020,_)", "--decisions", "open", *student],
        ["why-not", "S9005", "earned_hours(46)", "--readings", "open", *student],
    ]
    shapes = [shape for command in asked for shape in printed_json(command, capsys)]
    keys = {key for shape in shapes for key in keys_in(shape)}
    reasons = {key for key in keys if ".reason." in key}
    assert any(key.endswith(".supposed") for key in reasons)
    for place in ("conclusions[].", "findings[].", "possible[]."):
        keys = {key.replace(f"{place}hangs_on[].", "hangs_on[].") for key in keys}
    keys = {key.replace("possible[].branches[].", "branches[].") for key in keys - reasons}
    settled = {key for key in keys if key.startswith("branches[].supposed[].")}
    known = documented("What is left open")
    assert {key.replace("branches[].supposed[].", "hangs_on[].") for key in settled} <= known
    usual = documented("At the head of a report") | documented("`decide`") | documented("`why` and `why-not`")
    others = {key for key in keys - settled if not key.startswith(("because[]", "findings[]", "evidence[]"))}
    assert others - usual - {"conclusions[].hangs_on"} <= known
    assert known <= others


def test_the_keys_of_a_changed_record_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, unsupplied: list[str]
) -> None:
    monkeypatch.chdir(ROOT)
    options = ["--set", "loans:0017.returned=2022-04-01", "--unset", "loans:0018"]
    options += ["--add", "payments:{receipt: R9, amount: 1.00}", "-f", "json"]
    asked = [
        ["what-if", "M1", *options, *LOANS],
        ["what-if", "M1", "barred", *options, *LOANS],
        ["what-if", "M1", *options[-4:], *unsupplied],
    ]
    shapes = [shape for command in asked for shape in printed_json(command, capsys)]
    within = (
        "before",
        "after",
        "changed[].why",
        "why.before",
        "why.after",
        "changes[].key",
        "changes[].before",
        "changes[].after",
        "changes[].row",
    )
    found = {
        key
        for shape in shapes
        for key in keys_in(shape)
        if not key.startswith(tuple(f"{k}." for k in within))
    }
    # What becomes unknown would take a table that is taken away, and options only take rows.
    assert documented("`what-if`") - found == {"changed[].undetermined_after"}
    assert found - documented("`what-if`") == set()


def test_the_keys_of_receipts_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, unsupplied: list[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    for member in ("M1", "M4"):
        assert cli.main(["decide", member, "--receipt", str(tmp_path / f"{member}.json"), *LOANS]) == 0
    capsys.readouterr()
    [receipt] = printed_json(["decide", "M4", "--receipt", *LOANS], capsys)
    found = {key.replace("findings[].", "conclusions[].") for key in keys_in(receipt)}
    # These records need no mapping; tests/test_mapping.py has a receipt of some that do.
    assert documented("A receipt, `decide --receipt`") - found == {"records.mapping"}
    assert found - documented("A receipt, `decide --receipt`") == set()
    [partly] = printed_json(["decide", "M1", "--receipt", *unsupplied], capsys)
    assert set(partly["undetermined"][0]) == {"predicate", "tables"}
    text = (tmp_path / "M1.json").read_text(encoding="utf-8").replace('"3.B"', '"3.A"')
    (tmp_path / "M1.json").write_text(text.replace("debt", "loss").replace("738285", "738286"), "utf-8")
    shapes = printed_json(["replay", str(tmp_path / "M1.json"), "-f", "json"], capsys)
    shapes += printed_json(["replay", str(tmp_path / "M4.json"), "-f", "json"], capsys)
    changed = json.loads((tmp_path / "M4.json").read_text(encoding="utf-8")) | {"readings": {"old": "x"}}
    (tmp_path / "M4.json").write_text(json.dumps(changed), "utf-8")
    shapes += printed_json(["replay", str(tmp_path / "M4.json"), "-f", "json"], capsys)
    found = {key for shape in shapes for key in keys_in(shape)}
    assert {key for key in found if not re.match(r"(?:lost|added)\[\]\.", key)} == documented("`replay`")


def test_the_keys_of_advice_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    pack = ["-p", "tests/packs/advice-lab", "-f", "json"]
    asked = [
        ["advise", "S1", goal, "-r", f"tests/advice/{record}.yaml", *pack]
        for goal, record in [
            ("outcome(2020,passed)", "lab-failed"),
            ("outcome(2020,failed)", "lab-failed"),
            ("outcome(2019,passed)", "lab-failed"),
            ("outcome(2020,passed)", "lab-unmarked"),
        ]
    ]
    shapes = [shape for command in asked for shape in printed_json(command, capsys)]
    within = ("out_of_reach.why_not.", "out_of_reach.steps_open[].", "advice[].steps[].row.values.")
    found = {key for shape in shapes for key in keys_in(shape) if not key.startswith(within)}
    found = {"undetermined" if key.startswith("undetermined") else key for key in found}
    assert found == documented("`advise`") | documented("At the head of a report")


@pytest.mark.long
def test_the_keys_of_other_reports_are_those_of_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    pack = ["-p", "tests/packs/library-loans", "-f", "json"]
    [tested] = printed_json(["test", *pack], capsys)
    assert set(keys_in(tested)) == documented("`test`")
    [packs] = printed_json(["packs", "-f", "json"], capsys)
    assert set(keys_in(packs)) | {"problems"} == documented("`packs`")
    names = ["1", "1.D", "3.A", "3.D", "1.C", "6.A", "items_adult", "fine_a_day", "day_of_return", "barred"]
    shown = printed_json(["show", *names, *pack], capsys) + printed_json(["show", *pack], capsys)
    shown += printed_json(["show", "14.A.2", "-p", "hebron-md", "-f", "json"], capsys)
    found = {
        re.sub(r"^(?:limits|readings|provisions)\[\]\.", "", key)
        for one in shown
        for key in keys_in(one, free=())
    }
    found = {key for key in found if not re.match(r"(?:readings\.)", key)}
    assert found == documented("`show`")


@pytest.mark.long
def test_every_query_of_the_guide_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = (DOCS / "how-to" / "query-a-cohort.md").read_text(encoding="utf-8")
    queries = re.findall(r"^\| [^|`]+ \| `([^`]+)` \|$", page, re.MULTILINE)
    assert len(queries) == 6
    policy = load.load_policy("hebron-md")
    records = load_records(policy, "facts/hebron-md/cases/failed_by_hours.yaml")
    found = {body: len(run_query(Engine(policy), records, body).rows) for body in queries}
    assert [number for body, number in found.items() if "#sum" in body] == [1]


# -------------------------------------------------------------------------------- docs/writing-a-policy.md

TUTORIAL = DOCS / "writing-a-policy.md"


def pack_of_the_tutorial(folder: Path, rules: str = "", vocabulary: str = "") -> Path:
    """Write the pack of the tutorial, with rules added to one file and predicates to the vocabulary."""
    for language, options, found in blocks_of(TUTORIAL.read_text(encoding="utf-8")):
        name = options.get("file", "")
        if language != "diff" and name.startswith("trial-rowing/"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found["body"], encoding="utf-8")
    pack = folder / "trial-rowing"
    for name, more in (("rules/rule_1_trial.lp", rules), ("vocabulary.yaml", vocabulary)):
        path = pack / name
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return pack


def test_each_form_that_helps_is_a_rule_of_the_pack(tmp_path: Path) -> None:
    section = TUTORIAL.read_text(encoding="utf-8").split("Some more forms that help:", 1)[1].split("\n## ")[0]
    rules = re.findall(r"`([^`]* :- [^`]*\.)`", section)
    assert len(rules) == 5
    vocabulary = ""
    for rule in rules:
        name, arguments = rule.split("(", 1)
        second = ", day: day" if arguments.startswith("M, D)") else ""
        vocabulary += (
            f'  {name}:\n    args: {{member: member{second}}}\n    role: definition\n    says: "{name}"\n'
        )
    pack = pack_of_the_tutorial(tmp_path, "%@ none: a form\n" + "\n".join(rules) + "\n", vocabulary)
    policy = load_policy(pack)
    record = {
        "members": [{"member": "T1", "started": "2024-04-01"}],
        "outings": [
            {"day": "2024-04-06", "boat": "04", "distance": "8.0"},
            {"day": "2024-04-07", "boat": "02", "distance": "12.0"},
        ],
        "swimming_tests": [],
    }
    atoms = {str(atom) for atom in _decided(policy, record)}
    assert 'far("T1")' in atoms
    assert not {'near("T1")', 'never_rowed("T1")', 'always_able("T1")'} & atoms
    assert [atom for atom in atoms if atom.startswith("latest(")] == ['latest("T1",738983)']
    atoms = {str(atom) for atom in _decided(policy, record | {"outings": []})}
    assert {'near("T1")', 'never_rowed("T1")', 'always_able("T1")'} <= atoms
    assert not any(atom.startswith("latest(") for atom in atoms)


def _decided(policy: Policy, record: dict[str, Any]) -> frozenset[Any]:
    return Engine(policy).decide(records_from_rows(policy, record, name="record"), "T1").atoms


REFUSED = {
    ":- over(M), can_swim(M).": "constraints are not allowed",
    "#const days = 90.": "`#const` is not allowed",
    "over(M) :- trial(M, _), limit(N, 90).": "does not name a limit",
    "over(M) :- trial(M, _), reading(first_day, R), R = counted.": "is no reading of `first_day`",
    "over(M) ; can_swim(M) :- trial(M, _).": "a head with alternatives",
    "-over(M) :- trial(M, _).": "`-over` is not allowed",
    'over(M) :- trial(M, _), outing(M, D, ("01", "02"), _), D > 0.': "is no compound term",
    "over(M) :- trial(f(M), _).": "is no compound term",
    "today(1) :- trial(_, _).": "which is an input",
    "over(M) :- trial(M, _), not over(M).": "depends on itself",
    "over(M) :- outing(M, D, _, D).": "is of type",
    'trial_result(M, "open") :- over(M).': "is of base constant",
    "over(M) :- swimming_test(M, _, yes).": "is no `test_result`",
    "#minimize { 1, M : over(M) }.": "`#minimize` is not allowed",
    ":~ over(M). [1, M]": "weak constraints",
    "#heuristic over(M). [1, true]": "`#heuristic` is not allowed",
    "#external over(1).": "`#external` is not allowed",
    '#include "other.lp".': "`#include` is not allowed",
    "#script (python) #end.": "`#script` is not allowed",
    "over(@name(M)) :- trial(M, _).": "external functions",
    "&sum { 1 } <= 2 :- trial(_, _).": "theory atoms",
    "#show.": "`#show.` hides",
    "#show M : over(M).": "`#show` of a term",
    "#show over/1.": "`#show` hides",
    "over(M) :- trial(M, _). %@ 1.A": "a tag stands on a line of its own",
}


@pytest.mark.parametrize("rule", REFUSED)
def test_what_the_tutorial_says_is_refused_is_refused(rule: str, tmp_path: Path) -> None:
    pack = pack_of_the_tutorial(tmp_path, rule + "\n")
    with pytest.raises(PolicyError) as refusal:
        load_policy(pack)
    assert REFUSED[rule] in str(refusal.value)
