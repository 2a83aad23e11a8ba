"""A changed record as JSON: the changes, both decisions, what differs, and both reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bylaw.explain.sentences import Sentences
from bylaw.records.changes import Change
from bylaw.report.json_shapes import decision_shape, number_shape, reason_shape, row_shape, undetermined_shape
from bylaw.tables.cells import cell_text
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Term

if TYPE_CHECKING:
    from bylaw.analysis.what_if import Difference, Side, Told, WhatIf


def what_if_shape(
    found: WhatIf, about: Sequence[Difference], reasons: Sequence[tuple[Told, Told]], asked: bool
) -> dict[str, Any]:
    """Return the JSON of `bylaw what-if`.

    Args:
        about: the differences that the reader asked about, or all.
        reasons: before and after; of what was asked about, or else of the first differences.
        asked: whether the reader asked about something.
    """
    shape: dict[str, Any] = {
        "student": found.student,
        "changes": [change_shape(change) for change in found.changes],
        "before": decision_shape(found.before.engine, found.before.records, found.before.decision),
        "after": decision_shape(found.after.engine, found.after.records, found.after.decision),
        "changed": [_difference_shape(found, one) for one in about],
    }
    pairs = [{"before": _told_shape(was), "after": _told_shape(is_)} for was, is_ in reasons]
    if not asked:
        for one, pair in zip(shape["changed"], pairs, strict=False):
            one["why"] = pair
    if pairs:
        shape["why"] = pairs[0]
    return shape


def change_shape(change: Change) -> dict[str, Any]:
    """Return what became of a row, its values as a person writes them."""
    columns = change.table.columns
    shape: dict[str, Any] = {
        "table": change.table.name,
        "action": change.action.value,
        "address": change.address,
        "key": _values(columns, change.key),
    }
    if change.before:
        shape["before"] = _values(columns, change.before)
    if change.after:
        shape["after"] = _values(columns, change.after)
    shape["row"] = row_shape(change.row)
    return shape


def _values(columns: Mapping[str, Column], values: Mapping[str, Term | None]) -> dict[str, Any]:
    return {
        name: _value(columns[name], term)
        for name, term in values.items()
        if name in columns and term is not None
    }


def _value(column: Column, term: Term) -> Any:
    number = column.type in (ColumnType.INTEGER, ColumnType.DECIMAL)
    return number_shape(term, column.scale) if number and isinstance(term, int) else cell_text(column, term)


def _difference_shape(found: WhatIf, one: Difference) -> dict[str, Any]:
    shape: dict[str, Any] = {"predicate": one.predicate.name}
    sides: tuple[tuple[str, Side, Any, Sequence[str]], ...] = (
        ("before", found.before, one.before, one.unknown_before),
        ("after", found.after, one.after, one.unknown_after),
    )
    for name, side, conclusion, unknown in sides:
        if conclusion is not None:
            sentences = Sentences(found.policy, side.decision.atoms)
            shape[name] = str(conclusion.atom)
            shape[f"says_{name}"] = sentences.atom(one.predicate.name, conclusion.args)
            shape[f"status_{name}"] = conclusion.status
            shape[f"provisions_{name}"] = list(conclusion.provisions)
        if unknown:
            shape[f"undetermined_{name}"] = list(unknown)
    return shape


def _told_shape(told: Told) -> dict[str, Any]:
    shape = reason_shape(told.reason)
    if told.unknown:
        shape["undetermined"] = [undetermined_shape(told.reason.predicate, told.unknown)]
    return shape
