"""Writes the record of one subject as YAML that the strict reader reads back to the same terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from bylaw.policy.model import Policy, Show
from bylaw.policy.patterns import clock_type
from bylaw.records.check import Draft
from bylaw.tables.cells import cell_text
from bylaw.tables.rows import subject_of
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Term

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NUMBER = re.compile(r"0|-?[1-9][0-9]*|-?[0-9]+\.[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MEANS_SOMETHING = frozenset({"true", "false", "null"})


def yaml_text(text: str) -> str:
    """Write a text so that YAML reads it as that text: in quotes unless it is a plain word."""
    if _BARE.fullmatch(text) and text not in _MEANS_SOMETHING:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def yaml_cell(column: Column, term: Term | None) -> str:
    """Write a value of a row: numbers and dates bare, texts in quotes where they need them."""
    text = cell_text(column, term)
    number = column.type in (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DATE)
    return text if number and _NUMBER.fullmatch(text) else yaml_text(text)


def yaml_present(policy: Policy, as_of: int) -> str:
    """Write the present as files have it: a number, or a day of the calendar."""
    kind = clock_type(policy)
    dated = kind is not None and kind.show is Show.DATE and 1 <= as_of <= date.max.toordinal()
    return date.fromordinal(as_of).isoformat() if dated else str(as_of)


def yaml_rows(policy: Policy, draft: Draft, subject: str, indent: int, *, named: bool) -> Iterator[str]:
    """Yield the lines of a subject's rows, a list below each table.

    A table that was supplied and has no row of the subject is written as an empty one.

    Args:
        indent: columns before the name of a table.
        named: whether the row in the table of subjects says whose it is; no other row does.
    """
    lead = " " * indent
    for name, table in policy.tables.items():
        if table.pack or name not in draft.tables:
            continue
        own = [row.values for row in draft.tables[name].rows if subject_of(row, policy.subject) == subject]
        yield f"{lead}{name}:" + ("" if own else " []")
        for values in own:
            hidden = None if named and name == policy.subject_table else policy.subject
            yield f"{lead}  - {{{_cells(table.columns, values, hidden)}}}"


def record_yaml(
    policy: Policy, draft: Draft, subject: str, as_of: int | None, *, title: str, synthetic: bool
) -> str:
    """Write a file with one record, as `--records` reads it."""
    lines = [f"policy: {yaml_text(policy.id)}"]
    if synthetic:
        lines.append("synthetic: true")
    lines += [f"title: {yaml_text(title)}", f"{policy.subject}: {yaml_text(subject)}"]
    if as_of is not None:
        lines.append(f"as_of: {yaml_present(policy, as_of)}")
    lines += ["record:", *yaml_rows(policy, draft, subject, 2, named=False)]
    return "\n".join(lines) + "\n"


def _cells(columns: Mapping[str, Column], values: Mapping[str, Term | None], hidden: str | None) -> str:
    return ", ".join(
        f"{name}: {yaml_cell(columns[name], term)}"
        for name, term in values.items()
        if term is not None and name != hidden
    )
