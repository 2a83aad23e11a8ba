"""What a database, a spreadsheet or a Parquet file has in a cell, as the text that a file would have."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from bylaw.files.csv import visible
from bylaw.files.sheet import Unreadable
from bylaw.tables.cells import CellError
from bylaw.tables.schema import Column, ColumnType

_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)


def text_of(column: Column, value: object) -> str:
    """Return the text of a cell, for `parse_cell` to read.

    No value (NULL) is an empty cell. Numbers are written exactly, days as 2021-09-30.

    Args:
        column: what the cell has to hold.
        value: a text, number, truth value, day, or None.

    Raises:
        CellError: the value is of a kind that the column cannot hold without a guess: a number where an id
            is declared, since zeros before it would be lost; a time of day where a day is.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bool):
        if column.type is not ColumnType.BOOLEAN:
            raise _unfit(column, f"the truth value {str(value).lower()}", "translate it with `values`")
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return _number(column, value)
    if isinstance(value, date):
        return _day(column, value)
    raise _unreadable(column, value)


def code_of(column: Column, value: object) -> str:
    """Return the text by which a translation knows a value, as `plain_text` writes it.

    Raises:
        CellError: the value cannot be taken at its word, or is of a kind that is not read.
    """
    if value is None or isinstance(value, str | UUID | int | float | Decimal | date):
        return plain_text(value)
    raise _unreadable(column, value)


def plain_text(value: object) -> str:
    """Return a value as the keys of a translation are written: `62.5`, `true`, `2021-09-30`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return _digits(value) or str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if _midnight(value) else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def _number(column: Column, value: float | Decimal) -> str:
    digits = _digits(value)
    if digits is None:
        raise _unfit(column, f"{value}, which is no number", None)
    if column.type in _NUMBERS:
        return digits
    if column.type is ColumnType.TEXT:
        help_line = (
            "zeros before it may be lost: keep the column as text, "
            "or let the mapping say how many `digits` it has"
        )
        raise _unfit(column, f"the number {digits}; text is needed", help_line)
    if column.type is ColumnType.DATE:
        raise _unfit(column, f"the number {digits}; a date is needed", "keep the column as dates")
    raise _unfit(column, f"the number {digits}", "translate it with `values`")


def _digits(value: float | Decimal) -> str | None:
    """Write a number with digits and a point only, None if it is none; a float as the shortest that is it."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return None
    # Not `normalize`, which would round to the precision of the context.
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(column: Column, value: date) -> str:
    if column.type is not ColumnType.DATE:
        raise _unfit(column, f"the date {plain_text(value)}", "keep the column as it is to be read")
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            help_line = "which day it is depends on the place: store days, or let a view give them"
            raise _unfit(column, f"{visible(value.isoformat(sep=' '))}, a time with its zone", help_line)
        if not _midnight(value):
            help_line = "nothing is cut here: store days, or let a view give them"
            raise _unfit(column, f"{visible(value.isoformat(sep=' '))}, which has a time of day", help_line)
        return value.date().isoformat()
    return value.isoformat()


def _midnight(value: datetime) -> bool:
    return value.tzinfo is None and (value.hour, value.minute, value.second, value.microsecond) == (
        0,
        0,
        0,
        0,
    )


def _unreadable(column: Column, value: object) -> CellError:
    if isinstance(value, Unreadable):
        return CellError(f"`{column.name}` {value.what}", value.help)
    return _unfit(column, f"of the kind `{type(value).__name__}`, which is not read", None)


def _unfit(column: Column, what: str, help_line: str | None) -> CellError:
    return CellError(f"`{column.name}` is {what}", help_line)
