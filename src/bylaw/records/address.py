"""Addresses of rows on the command line, such as `marks:2020/M1110/main`: taken apart, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from bylaw.errors import Place, Problem, RecordError, did_you_mean
from bylaw.files.csv import visible
from bylaw.policy.model import Policy
from bylaw.records.check import citing, pack_values
from bylaw.tables.cells import CellError, cell_text, parse_cell
from bylaw.tables.schema import Table
from bylaw.tables.terms import Term

MAX_LENGTH = 4_000
"""Characters in one option."""

_TABLE = re.compile(r"\s*([^\s:./=\"]*)\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_CELL = re.compile(r"\.([^\s./=\"]+)=")
_NEEDS_QUOTES = re.compile(r'["/=\\]|^\s|\s$|^$')


@dataclass(frozen=True, slots=True)
class Address:
    """What an option names.

    Args:
        table: a table of the record.
        parts: values of the table's key, without the subject's, as they were typed.
        column: the column whose value is set; None where a whole row is meant.
        value: the value it is set to, as typed.
    """

    table: Table
    parts: tuple[str, ...]
    column: str | None = None
    value: str = ""


def key_columns(policy: Policy, table: Table) -> tuple[str, ...]:
    """Return the columns of an address: those of the key, without the subject's."""
    return tuple(name for name in table.key or tuple(table.columns) if name != policy.subject)


def address_form(policy: Policy, table: Table) -> str:
    """Return how a row of a table is addressed: `marks:course/year/sitting`."""
    columns = key_columns(policy, table)
    return f"{table.name}:{'/'.join(columns)}" if columns else table.name


def written_address(policy: Policy, table: Table, terms: Mapping[str, Term | None]) -> str:
    """Write the address of a row, its key in the key's order: `marks:M1110/2020/main`."""
    parts = [cell_text(table.columns[name], terms.get(name)) for name in key_columns(policy, table)]
    shown = [
        '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' if _NEEDS_QUOTES.search(part) else part
        for part in parts
    ]
    return f"{table.name}:{'/'.join(shown)}" if shown else table.name


def parse_address(policy: Policy, text: str, place: Place, *, sets: bool) -> Address:
    """Take an option apart.

    Args:
        text: `table:key/key.column=value`, or without column and value.
        place: the option, for problems.
        sets: whether it sets the value of a column.

    Raises:
        RecordError: it is no address, or there is no such table.
    """
    example = "table:key/key.column=value" if sets else "table:key/key"
    wrong = Problem(
        f"`{visible(text, 80)}` is no {'change' if sets else 'address of a row'}", place, f"write `{example}`"
    )
    if len(text) > MAX_LENGTH:
        raise RecordError(wrong)
    table = table_named(policy, text, place, wrong)
    position = len(text) - len(text.lstrip()) + len(table.name)
    position += len(text[position:]) - len(text[position:].lstrip())
    parts: list[str] = []
    if text[position : position + 1] == ":":
        position, parts = _parts(text, position + 1, sets, wrong)
    if not sets:
        if text[position:].strip():
            raise RecordError(wrong)
        return Address(table, tuple(parts))
    cell = _CELL.match(text, position)
    if cell is None:
        raise RecordError(wrong)
    return Address(table, tuple(parts), cell[1], text[cell.end() :])


def table_named(policy: Policy, text: str, place: Place, wrong: Problem) -> Table:
    """Return the table that an option begins with.

    Raises:
        RecordError: no word stands there (`wrong`), or there is no such table in a record.
    """
    found = _TABLE.match(text)
    name = found[1] if found else ""
    if not found or not name or text[found.end() :][:1] not in (":", ".", ""):
        raise RecordError(wrong)
    table = policy.tables.get(name)
    if table is not None and not table.pack:
        return table
    help_line = did_you_mean(name, table_names(policy))
    if table is not None:
        help_line = "it comes with the pack and is not part of a record"
    raise RecordError(Problem(f"`{visible(name)}` is no table of a record", place, help_line))


def table_names(policy: Policy) -> list[str]:
    """Return the tables of a record, in the order of the pack."""
    return [table.name for table in policy.tables.values() if not table.pack]


def _parts(text: str, position: int, sets: bool, wrong: Problem) -> tuple[int, list[str]]:
    """Read values between slashes, up to the column or the end."""
    parts: list[str] = []
    while True:
        quoted = _QUOTED.match(text, position)
        if quoted:
            parts.append(re.sub(r"\\(.)", r"\1", quoted[1]))
            position = quoted.end()
        else:
            end = position
            # A value may hold points, as `25.D` does: the column is what stands before the first `=`.
            while end < len(text) and text[end] != "/" and not (sets and _CELL.match(text, end)):
                end += 1
            parts.append(text[position:end].strip())
            position = end
        if text[position : position + 1] != "/":
            break
        position += 1
    if parts == [""]:
        return position, []
    if "" in parts:
        raise RecordError(wrong)
    return position, parts


# ------------------------------------------------------------------------------------- which row is meant


def readings_of(policy: Policy, address: Address, place: Place) -> list[dict[str, Term]]:
    """Return the ways to read an address as values of key columns, those that are likelier first in a list.

    Values in the order of the key are likelier than others, and a value that the pack's tables know than one
    that they do not; only the likeliest ways are returned.

    Raises:
        RecordError: a value fits no column.
    """
    table = address.table
    columns = key_columns(policy, table)
    if len(address.parts) > len(columns):
        have, take = len(address.parts), len(columns)
        message = f"the address has {have} values; a row of `{table.name}` is told by {take}"
        raise RecordError(Problem(message, place, f"write `{address_form(policy, table)}`"))
    ways = [
        (known, dict(zip(order, terms, strict=True)))
        for order in permutations(columns, len(address.parts))
        if (terms := _terms(policy, table, order, address.parts)) is not None
        for known in [_known(policy, table, order, terms)]
    ]
    if not ways:
        raise RecordError(_misfit(policy, table, address.parts, place))
    best = max(known for known, _ in ways)
    likely = [way for known, way in ways if known == best]
    return [way for way in likely if _in_order(columns, way)] or likely


def other_ways(policy: Policy, address: Address) -> Iterator[dict[str, Term]]:
    """Yield every way to read an address, likely or not."""
    for order in permutations(key_columns(policy, address.table), len(address.parts)):
        terms = _terms(policy, address.table, order, address.parts)
        if terms is not None:
            yield dict(zip(order, terms, strict=True))


def _terms(policy: Policy, table: Table, order: Sequence[str], parts: Sequence[str]) -> list[Term] | None:
    terms: list[Term] = []
    for name, part in zip(order, parts, strict=True):
        try:
            term = parse_cell(table.columns[name], part, citing(policy))
        except CellError:
            return None
        if term is None:
            return None
        terms.append(term)
    return terms


def _known(policy: Policy, table: Table, order: Sequence[str], terms: Sequence[Term]) -> int:
    """Count the values that occur where their columns refer to, minus those that do not."""
    count = 0
    for name, term in zip(order, terms, strict=True):
        target = table.columns[name].references
        if target is not None and policy.tables[target[0]].pack:
            count += 1 if term in pack_values(policy, policy.tables[target[0]], target[1]) else -1
    return count


def _in_order(columns: Sequence[str], way: Mapping[str, Term]) -> bool:
    places = [columns.index(name) for name in way]
    return places == sorted(places)


def _misfit(policy: Policy, table: Table, parts: Sequence[str], place: Place) -> Problem:
    """Say which value of an address fits no column of the key."""
    columns = key_columns(policy, table)
    form = f"write `{address_form(policy, table)}`"
    for part in parts:
        errors: list[tuple[str, CellError]] = []
        for name in columns:
            try:
                parse_cell(table.columns[name], part, citing(policy))
            except CellError as error:
                errors.append((name, error))
        if len(errors) == len(columns):
            close = next((e.help for _, e in errors if e.help and e.help.startswith("did you mean")), None)
            if len(columns) == 1:
                return Problem(errors[0][1].message, place, errors[0][1].help, field=errors[0][0])
            listed = ", ".join(f"`{name}`" for name in columns)
            message = f"`{visible(part)}` is no value of {listed}, the key of `{table.name}`"
            return Problem(message, place, close or form)
    shown = "/".join(visible(part) for part in parts)
    return Problem(f"`{shown}` is no key of `{table.name}`", place, form)
