"""A changed record as text: what is changed in it, what follows before and after, and both reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bylaw.analysis.written import written_atom
from bylaw.explain.sentences import Sentences
from bylaw.records.changes import Action, Change
from bylaw.report.decision_text import heading
from bylaw.report.hanging import considered, hangs
from bylaw.report.letter import Letter
from bylaw.report.phrases import (
    FAINT,
    as_of_words,
    assumed,
    cited_sentence,
    listed,
    short_row,
    unknown_tables,
)
from bylaw.report.terminal import Line, Part, line
from bylaw.tables.cells import cell_text

if TYPE_CHECKING:
    from bylaw.analysis.what_if import Difference, Side, Told, WhatIf
    from bylaw.engine.solve import Conclusion

DEPTH = 1


def what_if_page(
    found: WhatIf, about: Sequence[Difference], reasons: Sequence[tuple[Told, Told]]
) -> Iterator[Line]:
    """Yield the page.

    Args:
        about: the differences that the reader asked about, or all.
        reasons: before and after, of those that `explained` names.
    """
    yield from _changes(found)
    yield line()
    yield from _differences(found, about)
    with_it = "With the change" if len(found.changes) == 1 else "With the changes"
    for was, is_ in reasons:
        yield line()
        if not about:
            yield line("Before and now, and why:", "bold")
            yield from _reason(found.after, is_)
            continue
        yield line("Before, and why:", "bold")
        yield from _reason(found.before, was)
        yield line()
        yield line(f"{with_it}, and why:", "bold")
        yield from _reason(found.after, is_)
    if reasons and len(reasons) < len(about):
        yield line()
        pattern = _pattern(found, about[len(reasons)])
        yield line(f"For the reasons of another one name it, such as '{pattern}'.", FAINT, indent=2, hang=2)
    yield from _closing(found, reasons)


def _pattern(found: WhatIf, one: Difference) -> str:
    """Write a difference as the command line names it."""
    conclusion = one.after or one.before
    if conclusion is None:
        return one.predicate.name
    return written_atom(found.policy, one.predicate, conclusion.args)


def _counted(number: int, one: str, several: str) -> str:
    return f"One {one}" if number == 1 else f"{number} {several}"


def _changes(found: WhatIf) -> Iterator[Line]:
    rows = "one row of the record" if len(found.changes) == 1 else f"{len(found.changes)} rows of the record"
    yield line(f"{found.student}, with {rows} changed:", "bold", hang=2)
    for number, change in enumerate(found.changes, 1):
        place = short_row(change.row, found.before.records.source)
        parts = (Part(_change_words(change)), Part(f"  {place}", FAINT, glue=True))
        yield Line(parts, 2, f"{number}.", hang=2)
    was, now = found.before.records.as_of, found.after.records.as_of
    if was is not None and now is not None and was != now:
        told = f"{as_of_words(found.policy, now)} in place of {as_of_words(found.policy, was)}"
        yield line(f"The present, which the rows tell, becomes {told}.", indent=2, hang=2)


def _change_words(change: Change) -> str:
    columns = change.table.columns
    if change.action in (Action.ADDED, Action.REMOVED):
        values = change.after if change.action is Action.ADDED else change.before
        told = [
            f"{name} {cell_text(columns[name], term)}"
            for name, term in values.items()
            if term is not None and name not in change.key
        ]
        what = "added" if change.action is Action.ADDED else "taken out"
        return f"{change.address} is {what}: {listed(told)}." if told else f"{change.address} is {what}."
    told = []
    for name, term in change.after.items():
        now = cell_text(columns[name], term) or "empty"
        was = cell_text(columns[name], change.before.get(name)) or "empty"
        told.append(f"{name} is {now} already" if was == now else f"{name} {now} in place of {was}")
    return f"{change.address}: {listed(told)}."


def _differences(found: WhatIf, about: Sequence[Difference]) -> Iterator[Line]:
    hidden = len(found.differences) - len(about)
    if about:
        yield line("What changes:", "bold")
    elif hidden:
        yield line("What is asked about does not change.", "bold")
    else:
        yield line("Nothing changes: the same follows, by the same provisions.", "bold")
    group = ""
    for one in about:
        if one.predicate.name != group:
            group = one.predicate.name
            yield line(f"{group}:", FAINT, indent=2)
        yield _side_line(found, found.before, one.before, one.unknown_before, "before:")
        yield _side_line(found, found.after, one.after, one.unknown_after, "after: ")
    if hidden:
        others = _counted(hidden, "other thing changes", "other things change")
        yield line(f"{others}; leave the conclusion out to see.", FAINT, indent=2)
        return
    same = len(found.after.decision.reported()) - sum(one.after is not None for one in found.differences)
    if about and same:
        stays = _counted(same, "other conclusion stays as it is", "other conclusions stay as they are")
        yield line(f"{stays}.", FAINT, indent=2)


def _side_line(found: WhatIf, side: Side, one: Conclusion | None, unknown: Sequence[str], mark: str) -> Line:
    if unknown:
        says = f"it cannot be told: {unknown_tables(found.policy, unknown)}."
        return Line((Part(says, "yellow"),), 4, mark)
    if one is None:
        return Line((Part("not so.", FAINT),), 4, mark)
    says = Sentences(found.policy, side.decision.atoms).atom(one.predicate.name, one.args)
    parts = cited_sentence(found.policy, says, one.provisions)
    if one.status == "possible":
        explored = side.decision.explored
        on = f": it {hangs(found.policy, explored.hanging(one.atom))}" if explored else ", not certain"
        parts.append(Part(f" Possible{on}.", "yellow"))
    return Line(tuple(parts), 4, mark)


def _reason(side: Side, told: Told) -> Iterator[Line]:
    if told.unknown:
        says = f"It cannot be told: {unknown_tables(told.engine.policy, told.unknown)}."
        yield line(says, "yellow", indent=2, hang=2)
        return
    letter = Letter(told.engine, side.records, told.decision, depth=DEPTH)
    for one in letter.body(told.reason, negative=told.negative):
        yield Line(one.parts, one.indent + 2 if one.parts else 0, one.mark, one.mark_style, one.hang)


def _closing(found: WhatIf, reasons: Sequence[tuple[Told, Told]]) -> Iterator[Line]:
    side = found.after
    yield line()
    yield from assumed(
        one.assumed for pair in reasons for told in pair for one in told.reason.walk() if one.assumed
    )
    for one in heading(side.engine.applying(side.records, found.student), side.records):
        yield Line(one.parts, 2, hang=2)
    for name, own in (("Before", found.before), ("With it", found.after)):
        if own.decision.explored is not None:
            told = considered(own.decision.explored).replace("Considered", f"{name}, considered", 1)
            yield line(told, FAINT, indent=2, hang=2)
    decides = f"The decision lies with {found.policy.authority}; " if found.policy.authority else ""
    says = f"{decides}nothing in the record itself is changed."
    yield line(says[:1].upper() + says[1:], FAINT, indent=2, hang=2)
