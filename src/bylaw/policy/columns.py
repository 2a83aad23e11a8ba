"""Read the columns of a table declaration and check what each says against the pack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bylaw.errors import Problem, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.model import Limit
from bylaw.policy.schemas import NAME, Bound, ColumnModel
from bylaw.policy.validation import validate_map
from bylaw.tables.cells import CellError, parse_cell
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Constant

Limits = Mapping[str, Limit | None] | None

_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DATE)


def read_columns(
    document: Document, loc: Loc, limits: Limits, problems: list[Problem]
) -> dict[str, Column | None]:
    """Return the columns by name; None for one that is declared wrongly.

    Args:
        loc: where the map of columns stands.
        limits: those of the pack, None if they could not be read.
    """
    models = validate_map(ColumnModel, document, loc, problems) or {}
    found: dict[str, Column | None] = {}
    for name, model in models.items():
        here = (*loc, name)
        if not NAME.fullmatch(name):
            help = "a name is lower-case letters, digits and underscores, and starts with a letter"
            problems.append(
                Problem(f"`{name}` is not a name that may stand here", document.key_place(here), help)
            )
        found[name] = None
        if model is None:
            continue
        _check_fit(name, model, document, here, problems)
        column = Column(
            name=name,
            type=model.type,
            required=model.required,
            scale=model.scale if model.type is ColumnType.DECIMAL else 0,
            pattern=model.pattern,
            choices={word: Constant(value) for word, value in model.values.items()},
            references=_reference(model.references),
            unit=model.unit,
            description=model.description,
            place=document.key_place(here),
        )
        if model.type in _NUMBERS:
            column = _bounded(column, model, document, here, limits, problems)
        found[name] = column
    return found


def limits_of(columns: Mapping[str, Column | None]) -> set[str]:
    """Return the limits that bound columns."""
    names = [n for c in columns.values() if c for n in (c.minimum_limit, c.maximum_limit)]
    return {name for name in names if name is not None}


def _reference(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    table, _, column = text.partition(".")
    return table, column


def _check_fit(name: str, model: ColumnModel, document: Document, loc: Loc, problems: list[Problem]) -> None:
    """Report a key that means nothing for the type of the column, and a pattern that is none."""
    kind = model.type
    misfits = {
        "scale": model.scale != 0 and kind is not ColumnType.DECIMAL,
        "min": model.min is not None and kind not in _NUMBERS,
        "max": model.max is not None and kind not in _NUMBERS,
        "pattern": model.pattern is not None and kind is not ColumnType.TEXT,
        "values": bool(model.values) and kind is not ColumnType.CHOICE,
    }
    for key, wrong in misfits.items():
        if wrong:
            place = document.key_place((*loc, key))
            problems.append(Problem(f"`{key}` does not fit column `{name}`, whose type is {kind}", place))
    if kind is ColumnType.CHOICE and not model.values:
        help = "a choice lists its `values`"
        problems.append(Problem(f"column `{name}` has no `values`", document.key_place(loc), help))
    if model.pattern is not None:
        try:
            re.compile(model.pattern)
        except (re.error, RecursionError, OverflowError) as cause:
            place = document.place((*loc, "pattern"))
            problems.append(Problem(f"`{model.pattern}` is not a regular expression: {cause}", place))


def _bounded(
    column: Column, model: ColumnModel, document: Document, loc: Loc, limits: Limits, problems: list[Problem]
) -> Column:
    """Give a column of numbers its bounds."""
    least, least_limit = _bound(column, model.min, document, (*loc, "min"), limits, problems)
    most, most_limit = _bound(column, model.max, document, (*loc, "max"), limits, problems)
    if least is not None and most is not None and least > most:
        place = document.key_place(loc)
        problems.append(Problem(f"`min` of column `{column.name}` is greater than `max`", place))
    return replace(column, minimum=least, maximum=most, minimum_limit=least_limit, maximum_limit=most_limit)


def _bound(
    column: Column, bound: Bound, document: Document, loc: Loc, limits: Limits, problems: list[Problem]
) -> tuple[int | None, str | None]:
    """Return a bound as the rules see it, and the limit it comes from."""
    place = document.place(loc)
    if isinstance(bound, str):
        try:
            value = parse_cell(replace(column, name=str(loc[-1]), required=True), bound)
        except CellError as cause:
            problems.append(Problem(cause.message, place, cause.help))
            return None, None
        return (value, None) if isinstance(value, int) else (None, None)
    if bound is None or limits is None:
        return None, None
    name = bound.name
    if name not in limits:
        problems.append(Problem(f"there is no limit `{name}`", place, did_you_mean(name, limits)))
        return None, name
    limit = limits[name]
    if limit is None:
        return None, name
    if limit.scale != column.scale:
        message = f"limit `{name}` has {limit.scale} decimals and column `{column.name}` {column.scale}"
        problems.append(Problem(message, place, "give both the same `scale`"))
    return limit.value, name
