"""What must hold of the readers, whatever bytes they are given: for Hypothesis, atheris and the corpus.

Each target reads some bytes as one kind of file. Only an error with a place may come of it; where none does,
another reader, which knows nothing of ours, must have found the same in the bytes.
"""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from clingo import ast

from bylaw.errors import BylawError, RecordError
from bylaw.files.csv import read_csv
from bylaw.files.json import parse_json
from bylaw.files.source import decode
from bylaw.files.yaml import parse_yaml
from bylaw.policy.cases import load_cases
from bylaw.policy.encoding import read_rules
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import load_records

TESTS = Path(__file__).parent
Target = Callable[[bytes], None]


def read_as_yaml(data: bytes) -> None:
    """YAML: what PyYAML reads with all scalars as texts, or an error."""
    try:
        text = decode(data, "f.yaml")
        found = parse_yaml(text, "f.yaml")
    except BylawError as error:
        _has_places(error)
        return
    try:
        other = yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError:  # libyaml takes some tabs that PyYAML's own parser does not
        return
    assert _texts(found.data) == _empty_as_none(other), "another reader differs"


def _texts(value: Any) -> Any:
    """Write numbers, truth values and nothing as they stand in the file."""
    if isinstance(value, dict):
        return {key: _texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value) or None


def _empty_as_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _empty_as_none(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_empty_as_none(one) for one in value]
    return None if value in ("", "null", None) else value


def read_as_csv(data: bytes) -> None:
    """CSV: every line is a row or a problem, where no cell goes over lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(data)
        found = read_csv(path, "f.csv")
        rows = list(found.rows)
    for row in rows:
        assert len(row.cells) == len(found.header)
    if b'"' in data or not data.isascii() or not found.header:
        assert found.header or found.problems
        return
    lines = [line for line in re.split("\r\n|\r|\n", data.decode()) if line.strip()]
    of_the_header = [one for one in found.problems if one.place and one.place.line == found.header_line]
    wrong = {one.place.line for one in found.problems if one.place} - {found.header_line}
    assert of_the_header or len(lines) - 1 == len(rows) + len(wrong), "a row was dropped"


def read_as_rules(data: bytes) -> None:
    """Rules: every statement is a rule or a problem, and clingo sees no statement that reads or runs."""
    problems: list[Any] = []
    try:
        text = decode(data, "f.lp")
    except BylawError as error:
        _has_places(error)
        return
    read = read_rules("f.lp", "f.lp", text, 0, problems, tagged=False)
    assert all(one.place for one in problems)
    if read is None:
        assert problems
        return
    nodes: list[ast.AST] = []
    ast.parse_string(text, nodes.append, logger=lambda _code, _text: None)
    kinds = {str(node.ast_type).rpartition(".")[2] for node in nodes}
    assert kinds <= {"Rule", "Comment", "Program", "ShowSignature", "ShowTerm", "Defined"} or problems
    assert not kinds & {"Script", "External", "TheoryDefinition"}
    rules = sum(node.ast_type == ast.ASTType.Rule for node in nodes)
    assert problems or len(read.rules) == rules, "a rule was dropped"


def read_as_table(data: bytes) -> None:
    """A table of a record: as many facts as rows, as many rows as lines, or an error."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "readers.csv").write_text("reader\nA1\nA2\n", encoding="utf-8")
        (folder / "loans.csv").write_bytes(data)
        try:
            found = load_records(lending(), folder)
        except RecordError as error:
            _has_places(error)
            _adds_up(error, data)
            return
    loans = [one for who in found.subjects for one in found.facts(who) if one.predicate == "loan"]
    assert len(loans) == found.counts["loans"]
    if b'"' not in data and data.isascii():
        lines = [line for line in re.split("\r\n|\r|\n", data.decode()) if line.strip()]
        assert len(lines) - 1 == len(loans), "a row was dropped"


def _adds_up(error: RecordError, data: bytes) -> None:
    """Of two readers and the lines of a file, so many rows are told of."""
    assert error.rows is not None
    read, refused = error.rows
    assert 0 <= refused <= read
    lines = [line for line in re.split("\r\n|\r|\n", data.decode("ascii", "replace")) if line.strip()]
    if b'"' not in data and data.isascii() and read > 2:  # else its rows may not be told apart at all
        assert read == len(lines) - 1 + 2, "a row is not counted"


def read_as_student(data: bytes) -> None:
    """A record of one student: as many rows as the file lists, or an error."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "student.yaml"
        path.write_bytes(data)
        try:
            found = load_records(lending(), path)
        except BylawError as error:
            _has_places(error)
            return
    listed = yaml.load(decode(data, "f"), yaml.BaseLoader)["record"]
    assert {table: len(rows or ()) for table, rows in listed.items()} == dict(found.counts)


def read_as_json(data: bytes) -> None:
    """JSON of a receipt."""
    try:
        parse_json(decode(data, "f.json", BylawError), "f.json", BylawError)
    except BylawError as error:
        _has_places(error)


def read_as_pattern(data: bytes) -> None:
    """A conclusion as the command line has it."""
    try:
        parse_pattern(lending(), data.decode(errors="replace"))
    except BylawError as error:
        assert error.problems


def read_as_pack(data: bytes) -> None:
    """A file of a pack, named on the first line: the pack is checked whole, and its errors have places."""
    name, _, text = data.partition(b"\n")
    file = PACK_FILES.get(name.decode(errors="replace"))
    if file is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "pack"
        shutil.copytree(TESTS / "packs" / "library-loans", pack)
        (pack / file).write_bytes(text)
        try:
            load_cases(load_policy(pack))
        except BylawError as error:
            _has_places(error)


PACK_FILES = {
    name: name
    for name in (
        "policy.yaml",
        "vocabulary.yaml",
        "records.yaml",
        "limits.yaml",
        "readings.yaml",
        "provisions.yaml",
        "cases/fines.yaml",
        "tables/items.csv",
        "rules/par_3_fines.lp",
    )
}
TARGETS: dict[str, Target] = {
    "yaml": read_as_yaml,
    "csv": read_as_csv,
    "rules": read_as_rules,
    "table": read_as_table,
    "student": read_as_student,
    "json": read_as_json,
    "pattern": read_as_pattern,
    "pack": read_as_pack,
}


@functools.cache
def lending() -> Policy:
    """Return the lending library."""
    return load_policy(TESTS / "packs" / "lending")


def _has_places(error: BylawError) -> None:
    assert error.problems
    for one in error.problems:
        assert one.message
        assert one.place, one.message
