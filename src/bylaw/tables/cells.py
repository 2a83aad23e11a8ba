"""Turns one cell into a term, exactly, or says why it cannot be."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date

from bylaw.errors import did_you_mean
from bylaw.files.csv import visible
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Constant, Term, Text

Cite = Callable[[str], str | None]
"""From the name of a limit to the citation of the provision that states it."""

LEAST, GREATEST = -(2**31), 2**31 - 1
"""The whole numbers that clingo can hold."""

MAX_TEXT = 1_000
"""Characters in one cell."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NUMERIC = re.compile(r"[+-]?[0-9][0-9.,:/eE+-]*")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BOM = "\ufeff"


class CellError(ValueError):
    """A cell does not hold what its column asks for.

    Args:
        message: what is wrong, naming the column and the value.
        help: how to mend it.
    """

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def parse_cell(column: Column, text: str, cite: Cite | None = None) -> Term | None:
    """Return the term that a cell stands for, or None if it is empty and may be.

    Args:
        column: what the cell has to hold.
        text: the cell as written; white space around it does not count.
        cite: names the provision of a limit that bounds the column.

    Raises:
        CellError: the text does not fit the column.
    """
    text = _stripped(column, text)
    if not text:
        if column.required:
            raise CellError(f"`{column.name}` is empty", "every row has a value in this column")
        return None
    match column.type:
        case ColumnType.TEXT:
            return _text(column, text)
        case ColumnType.INTEGER:
            return _bounded(column, _integer(column, text), text, cite)
        case ColumnType.DECIMAL:
            return _bounded(column, _decimal(column, text), text, cite)
        case ColumnType.DATE:
            return _bounded(column, _day(column, text), text, cite)
        case ColumnType.CHOICE:
            return _choice(column, text)
        case ColumnType.BOOLEAN:
            return _boolean(column, text)


def parse_value(column: Column, value: object, cite: Cite | None = None) -> Term | None:
    """Return the term that a value from YAML stands for: a text, whole number, truth value or nothing.

    Raises:
        CellError: the value does not fit the column. A bare number is no text, for digits may be lost.
    """
    if value is None:
        return parse_cell(column, "", cite)
    if isinstance(value, str):
        return parse_cell(column, value, cite)
    if isinstance(value, bool):
        word = "yes" if value else "no"
        if column.type is ColumnType.BOOLEAN:
            return parse_cell(column, word, cite)
        help_line = did_you_mean(word, column.choices) if column.type is ColumnType.CHOICE else None
        raise CellError(f"`{column.name}` is {str(value).lower()}; {_wanted(column)} is needed", help_line)
    if isinstance(value, int):
        # Far beyond any column, and str() refuses integers of thousands of digits.
        digits = str(value) if value.bit_length() < 128 else f"{value:#x}"
        if column.type in (ColumnType.INTEGER, ColumnType.DECIMAL):
            if value.bit_length() >= 128:
                raise _too_big(column, digits)
            return parse_cell(column, digits, cite)
        help_line = None
        if column.type is ColumnType.TEXT or digits in column.choices:
            help_line = f'quote it: "{digits}"'
        elif column.type is ColumnType.CHOICE:
            help_line = did_you_mean(digits, column.choices)
        raise CellError(f"`{column.name}` is the number {digits}; {_wanted(column)} is needed", help_line)
    kind = "list" if isinstance(value, list) else "map" if isinstance(value, dict) else type(value).__name__
    raise CellError(f"`{column.name}` is a {kind}; one value is needed")


def written(column: Column, value: int) -> str:
    """Write a number the way the column's cells do: 6350 with scale 2 as 63.50, a day number as a date."""
    if column.type is ColumnType.DATE:
        return date.fromordinal(value).isoformat() if 1 <= value <= date.max.toordinal() else str(value)
    if column.type is ColumnType.DECIMAL and column.scale:
        whole, part = divmod(abs(value), 10**column.scale)
        return f"{'-' * (value < 0)}{whole}.{part:0{column.scale}}"
    return str(value)


def cell_text(column: Column, value: Term | None) -> str:
    """Write a term the way a file has it, so that reading the cell gives the term again.

    Args:
        column: what the cell holds.
        value: None for an empty cell. A term of another kind than the column's is written as it is, for the
            reader of cells to refuse.
    """
    if value is None:
        return ""
    if isinstance(value, int):
        return written(column, value)
    if isinstance(value, Constant):
        words = [word for word, constant in column.choices.items() if constant == value]
        return words[0] if words else value.name
    return value.value


def _stripped(column: Column, text: str) -> str:
    text = text.strip(" \t\r\n")
    if not (text.isascii() and text.isprintable()):
        for char in text:
            if char == _BOM or unicodedata.category(char) in _REFUSED_CATEGORIES:
                what = "a line break" if char in "\r\n\u2028\u2029" else f"U+{ord(char):04X}"
                message = f"`{column.name}` holds {what}, which no cell may"
                raise CellError(message, "write one line of visible characters")
        text = text.strip()
    if len(text) > MAX_TEXT:
        raise CellError(f"`{column.name}` has {len(text):,} characters; the most allowed is {MAX_TEXT:,}")
    return text


def _text(column: Column, text: str) -> Text:
    if column.pattern is not None and not re.fullmatch(column.pattern, text):
        raise CellError(f"`{column.name}` is {_shown(text)}, which does not match `{column.pattern}`")
    return Text(text)


def _integer(column: Column, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        help_line = None if _DECIMAL.fullmatch(text) else _number_help(column, text)
        raise CellError(f"`{column.name}` is {_shown(text)}; a whole number is needed", help_line)
    return _small(column, text, text)


def _decimal(column: Column, text: str) -> int:
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise CellError(f"`{column.name}` is {_shown(text)}; a number is needed", _number_help(column, text))
    sign, whole, part = found[1], found[2], (found[3] or "").rstrip("0")
    if len(part) > column.scale:
        if column.scale == 0:
            raise CellError(f"`{column.name}` is {_shown(text)}; a whole number is needed")
        many = f"{column.scale} decimal{'s' * (column.scale != 1)}"
        raise CellError(
            f"`{column.name}` is {_shown(text)}, which has more than {many}",
            "nothing is rounded here; write the figure that counts",
        )
    return _small(column, sign + whole + part.ljust(column.scale, "0"), text)


def _small(column: Column, digits: str, text: str) -> int:
    # Counting digits first keeps int() away from texts of unbounded length.
    if len(digits.lstrip("+-0")) > 10 or not LEAST <= (value := int(digits)) <= GREATEST:
        raise _too_big(column, text)
    return value


def _too_big(column: Column, text: str) -> CellError:
    scale = column.scale if column.type is ColumnType.DECIMAL else 0
    least, greatest = (written(column, bound) if scale else str(bound) for bound in (LEAST, GREATEST))
    return CellError(f"`{column.name}` is {_shown(text)}; numbers go from {least} to {greatest}")


def _day(column: Column, text: str) -> int:
    found = _DATE.fullmatch(text)
    if not found:
        raise CellError(
            f"`{column.name}` is {_shown(text)}; a date is needed", "a date is written 2021-09-30"
        )
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        help_line = None
        if year and 1 <= month <= 12:
            days = calendar.monthrange(year, month)[1]
            help_line = f"{calendar.month_name[month]} {year} has {days} days"
        raise CellError(f"`{column.name}` is {text}, which is no day of the calendar", help_line) from None


def _choice(column: Column, text: str) -> Constant:
    known = column.choices.get(text)
    if known is not None:
        return known
    same = [word for word in column.choices if word.casefold() == text.casefold()]
    help_line = f"did you mean `{same[0]}`?" if same else did_you_mean(text, column.choices)
    raise CellError(f"`{column.name}` is {_shown(text)}, which is none of its values", help_line)


def _boolean(column: Column, text: str) -> Constant:
    if text not in ("yes", "no"):
        raise CellError(f"`{column.name}` is {_shown(text)}; {_wanted(column)} is needed")
    return Constant(text)


def _bounded(column: Column, value: int, text: str, cite: Cite | None) -> int:
    if column.minimum is not None and value < column.minimum:
        raise _beyond(column, text, "lowest", column.minimum, column.minimum_limit, cite)
    if column.maximum is not None and value > column.maximum:
        raise _beyond(column, text, "highest", column.maximum, column.maximum_limit, cite)
    return value


def _beyond(
    column: Column, text: str, which: str, bound: int, limit: str | None, cite: Cite | None
) -> CellError:
    cited = cite(limit) if cite and limit else None
    if column.type is ColumnType.DATE:
        which = "earliest" if which == "lowest" else "latest"
    suffix = f" ({cited})" if cited else f" (limit `{limit}`)" if limit else ""
    return CellError(f"`{column.name}` is {_shown(text)}; the {which} is {written(column, bound)}{suffix}")


def _wanted(column: Column) -> str:
    return {
        ColumnType.TEXT: "text",
        ColumnType.INTEGER: "a whole number",
        ColumnType.DECIMAL: "a number",
        ColumnType.DATE: "a date",
        ColumnType.CHOICE: "one of its words",
        ColumnType.BOOLEAN: "`yes` or `no`",
    }[column.type]


def _number_help(column: Column, text: str) -> str:
    if not text.isascii() and all(c.isdecimal() or c in "+-.٫" for c in text):
        plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text).replace("٫", ".")
        return f"write it with the digits 0 to 9: {plain}"
    if column.type is ColumnType.DECIMAL and re.fullmatch(r"[+-]?[0-9]+,[0-9]{1,2}", text):
        return f"write {text.replace(',', '.')}, with a point before the decimals"
    return "write digits only, without exponent, unit or thousands mark"


def _shown(text: str) -> str:
    """Quote a value, except one that reads as a number."""
    shown = visible(text)
    return shown if _NUMERIC.fullmatch(shown) else f"`{shown}`"


def scaled(text: str, scale: int, name: str = "value") -> int:
    """Return a number as the rules see it: `2.00` with scale 2 is 200.

    Raises:
        CellError: it is no number, has more decimals than that, or is too large.
    """
    column = Column(name, ColumnType.DECIMAL if scale else ColumnType.INTEGER, scale=scale)
    value = parse_cell(column, text)
    assert isinstance(value, int)  # a required number is read or refused
    return value
