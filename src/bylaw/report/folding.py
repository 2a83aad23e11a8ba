"""Shortening reasons for a reader: what only defines a word folds into the step that uses the word."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bylaw.explain.reason import Kind, Reason
from bylaw.explain.sentences import ALL_RELATIONS
from bylaw.policy.model import Role
from bylaw.report.grounds import deciding, defeated, figures_behind, idle
from bylaw.report.merging import (
    absorb,
    bare,
    bounded,
    join_figures,
    joined_routes,
    nearest_figure,
    once,
    plain,
    tellable,
    unheaded,
)
from bylaw.report.retelling import originals_of, unhidden

if TYPE_CHECKING:
    from bylaw.policy.model import Policy

MANY = 5
"""Cases of the same kind that hold are listed up to this number."""
MANY_ENTRIES = 15
"""The entries of a sum are listed up to this number."""
DEEP_IN_SUM = 1
"""How far below a contribution to a sum what is told elsewhere is told again."""
MANY_WAYS = 3
"""The ways to what is not so are told in one sentence up to this number."""
_BARE = re.compile(r"-?\d+ is [a-z ]+ -?\d+")
_SIDES = re.compile(rf"(.+) is (?:{'|'.join(ALL_RELATIONS)}) (.+)")
_OPEN = re.compile(r"[(,]_[,)]")


class Folding:
    """Folds the reasons of one policy.

    Left out is what a reader takes for granted: limits, which the comparison with them says; rows of the
    pack's own tables; further down than the conditions of the outcome itself, exceptions that do not apply;
    and what is told already. A definition takes the rows of what it rests on, and where it rests on one
    figure, that figure. No condition that failed is left out, and no reading of the text.

    Args:
        reckoned: the atoms that are told as contributions to a figure, in the words of the rules; sums of
            these are told without them.
    """

    def __init__(self, policy: Policy, reckoned: Collection[str] = ()) -> None:
        self.policy = policy
        self._reckoned = reckoned
        self.shortened = False
        self._originals: dict[str, Reason] = {}

    def fold(self, reason: Reason) -> Reason:
        """Return a reason in short; `shortened` tells whether anything was left out."""
        self._originals = originals_of(reason)
        return self._fold(unhidden(reason), 0)

    def below(self, reason: Reason) -> Reason:
        """Return a reason in short as it is told somewhere below an outcome."""
        return self._fold(reason, 2)

    def _fold(self, reason: Reason, level: int, *, of_outcome: bool = False, within: int = -1) -> Reason:
        """Return a reason in short.

        Args:
            level: how far below the outcome it stands; the outcome is 0.
            of_outcome: whether it is a condition of an outcome, also of one that another rests on.
            within: how far below a contribution to a sum it stands; 0 for one itself, less for what is not.
        """
        reason = self._whole(reason, level, within)
        below = level if reason.kind is Kind.ROUTE or lists_several(reason) else level + 1
        own = (
            of_outcome if reason.kind is Kind.ROUTE else (self._outcome(reason) and reason.holds) or not level
        )
        inner = within + 1 if within >= 0 or reason.kind is Kind.SUM else -1
        children = [self._fold(one, below, of_outcome=own, within=inner) for one in reason.because]
        telling = {id(child) for child, own in zip(children, reason.because, strict=True) if self._tells(own)}
        vain = self._in_vain(reason, children)
        children = self._compared(reason, children)
        kept = [
            child
            for child in children
            if not any(child is one for one in vain)
            and not self._granted(
                reason, child, below, tells=id(child) in telling or self._tells(child), of_outcome=own
            )
        ]
        beside = (reason, *kept) if below > 1 else ()
        kept = [child for child in kept if not _evident(child, beside)]
        if below > 1:
            kept = [child for child in kept if not self._of_present(child, reason)]
        self.shortened = self.shortened or len(kept) < len(reason.because)
        folded = replace(reason, because=kept, idle=len(vain))
        if reason.kind is Kind.SUM and kept and all(one.about in self._reckoned for one in kept):
            folded = replace(folded, because=[])
        elif reason.kind is Kind.SUM and len(kept) > MANY_ENTRIES:
            counted = "" if reason.value is not None and reason.value.of else f" ({len(kept)} entries)"
            folded = replace(folded, says=f"{folded.says}{counted}", because=[])
        if reason.kind is Kind.ELEMENT:
            folded.says = once(folded.says)
        if reason.repeated:
            folded.because = []
        if level == 0:
            return folded
        if not reason.holds and reason.met:
            ways = sum(one.kind is Kind.ROUTE for one in reason.because)
            return self._exception(folded, ways, own=level == 1 or of_outcome)
        if reason.kind is Kind.EACH and reason.met and len(kept) > MANY:
            folded.because = []
        if self._folds(reason):
            folded = nearest_figure(self._take_rows(folded))
            readings = [one for one in folded.because if one.predicate == "reading"]
            others = [one for one in folded.because if one.predicate != "reading"]
            outcome = others and others[0].met and self._outcome(others[0])
            if len(others) == 1 and not outcome and tellable(folded, others[0]):
                folded = absorb(folded, others[0])
                folded.because = [*folded.because, *readings]
        told = joined_routes(folded.because)
        folded.because = unheaded(folded, told)
        return folded

    def _whole(self, reason: Reason, level: int, within: int) -> Reason:
        """Return a reason as it is to be folded.

        What contributes to a sum and is told elsewhere is told again, so that all contributions are alike;
        of several ways to a step that no provision states, one is enough.

        Args:
            within: how far below a contribution it stands; 0 for one itself, less for what is below none.
        """
        about = reason.about if reason.kind is Kind.ELEMENT else reason.atom
        original = self._originals.get(about) if reason.repeated and 0 <= within <= DEEP_IN_SUM else None
        if original is not None and (not within or self._role(reason) is Role.DEFINITION):
            because = [*original.because, *reason.because]
            reason = replace(reason, repeated=False, because=because, evidence=original.evidence)
        routes = reason.because
        several = len(routes) > 1 and all(one.kind is Kind.ROUTE and one.met for one in routes)
        if level and several and self._folds(reason) and not any(one.provisions for one in routes):
            known = [one for one in routes if any(own.repeated for own in one.because)]
            reason = replace(reason, because=(known or routes)[0].because)
        return reason

    def _in_vain(self, reason: Reason, children: Sequence[Reason]) -> list[Reason]:
        """Return the exceptions that do not apply for nothing but what failed beside them."""
        if reason.met and reason.kind is Kind.ROUTE:
            return []
        failed = {one.atom for one in reason.because if not one.met and not one.holds}
        if not failed:
            return []
        return [
            child
            for child, own in zip(children, reason.because, strict=True)
            if own.met and not own.holds and idle(own, failed)
        ]

    def _role(self, reason: Reason) -> Role | None:
        known = self.policy.predicates.get(reason.predicate)
        return known.role if known else None

    def _outcome(self, reason: Reason) -> bool:
        return reason.kind is Kind.ATOM and self._role(reason) in (Role.CONCLUSION, Role.FINDING)

    def _folds(self, reason: Reason) -> bool:
        """Tell whether a reason is a step on the way, not an outcome of its own."""
        if reason.kind in (Kind.ELEMENT, Kind.COMPARISON):
            return True
        return reason.kind is Kind.ATOM and self._role(reason) is Role.DEFINITION

    def _exception(self, reason: Reason, ways: int, *, own: bool) -> Reason:
        """Shorten an exception that does not apply to its sentence and what decides it.

        Of the conditions of an outcome, one for which several figures decide tells each of them, and one that
        asks for several things names the rows behind each.

        Args:
            ways: how many rules could have made it apply, also those of which nothing is told.
            own: whether it is a condition of an outcome.
        """
        decides = deciding(reason) if ways <= MANY_WAYS else []
        short = replace(reason, because=[], more=0)
        told = [replace(absorb(short, one), because=[]) for one in decides]
        further = [one for one in told if one.says != reason.says]
        if further:
            before = f"{reason.says}: "
            texts = "; ".join(one.says.removeprefix(before) for one in further)
            short.says = f"{reason.says}; {texts}" if reason.value else f"{before}{texts}"
        if told:
            facts = [one for one in reason.because if plain(one)]
            short.value = reason.value or told[0].value
            short.provisions = tuple(dict.fromkeys(pid for one in told for pid in one.provisions))
            short.evidence = tuple(dict.fromkeys(row for one in (*told, *facts) for row in one.evidence))
        figures = figures_behind(reason) if own and not decides else []
        stands = [one for one in defeated(reason) if self._tells(replace(one, met=True))] if not told else []
        if stands:
            short.because = [replace(one, because=[], met=True) for one in stands]
        elif figures:
            short.because = [replace(one, because=[], met=True) for one in figures]
        elif own and not decides and _OPEN.search(reason.atom):
            failed = [one for route in reason.because for one in route.because if not one.met]
            shown = {one.says: replace(one, because=[], met=True) for one in failed if one.evidence}
            short.because = list(shown.values())
        return short

    def _compared(self, parent: Reason, children: Sequence[Reason]) -> list[Reason]:
        """Join a figure with the comparison it stands in, and leave out what only gives the bound."""
        joined = list(children)
        for comparison in children:
            if comparison.kind is not Kind.COMPARISON or comparison.because or comparison.predicate:
                continue
            told = join_figures(comparison, joined)
            if told is None:
                self._cite_bound(comparison, parent, children)
                continue
            figure, sentence = told
            bound = [
                (one, own)
                for one, own in zip(children, parent.because, strict=True)
                if one is not figure
                and one.met
                and one.holds
                and not self._of_record(one)
                and one.kind is Kind.ATOM
                and figure in joined
                and one in joined
                and comparison.says.endswith(_last_figure(one.says))
            ]
            cited = [
                *figure.provisions,
                *comparison.provisions,
                *(p for _, own in bound for p in own.provisions),
            ]
            whole = replace(
                figure,
                says=sentence,
                met=comparison.met,
                value=comparison.value,
                provisions=tuple(dict.fromkeys(cited)),
                repeated=figure.repeated and not bound,
            )
            gone = [comparison, *(one for one, _ in bound)]
            joined = [
                whole if one is figure else one for one in joined if not any(one is other for other in gone)
            ]
        return joined

    def _of_present(self, comparison: Reason, parent: Reason) -> bool:
        """Tell whether a reason only says that something recorded does not lie after the present."""
        clock = self.policy.clock.predicate if self.policy.clock else None
        value = comparison.value
        if comparison.kind is not Kind.COMPARISON or not comparison.met or value is None or value.unit:
            return False
        if comparison.predicate or comparison.because or value.relation not in ("<", "<="):
            return False
        sides = _SIDES.fullmatch(comparison.says)
        present = [one.says for one in parent.because if one.predicate == clock]
        return sides is not None and any(one.endswith(sides[2]) for one in present)

    def _cite_bound(self, comparison: Reason, parent: Reason, children: Sequence[Reason]) -> None:
        """Let a comparison that failed, which it changes, cite what states its bound."""
        if comparison.met or comparison.provisions or comparison.value is None:
            return
        states = [
            own
            for child, own in zip(children, parent.because, strict=True)
            if child is not comparison and own.met and own.holds and not self._of_record(own)
            if comparison.says.endswith(_last_figure(own.says))
        ]
        comparison.provisions = tuple(dict.fromkeys(pid for own in states for pid in own.provisions))

    def _granted(self, parent: Reason, reason: Reason, level: int, *, tells: bool, of_outcome: bool) -> bool:
        """Tell whether a reader takes a reason for granted.

        Args:
            tells: whether it tells anything of the record, before it was shortened.
            of_outcome: whether it is a condition of an outcome.
        """
        if reason.kind is Kind.ROUTE and level > 1:
            return not any(one.evidence or one.value for one in reason.walk())
        # The comparison behind a test that is told with the same figure and bound.
        alone = reason.kind is Kind.COMPARISON and not reason.predicate and not reason.because
        if alone and bounded(parent) and reason.value == parent.value and reason.met == parent.holds:
            return True
        # Where the vocabulary names the figure, the numbers behind it are on a scale of the rules' own.
        own_scale = reason.value is not None and (reason.value.unit is None or reason.value.of)
        if reason.kind is Kind.SUM and bounded(parent) and own_scale:
            return True
        if reason.kind is Kind.COMPARISON and reason.met is parent.met and bounded(parent) and bare(reason):
            return True
        if not reason.met or reason.kind in (Kind.ROUTE, Kind.ELEMENT):
            return False
        if reason.predicate == "limit":
            return True
        if reason.predicate == "reading":
            return False
        if level <= 1:
            return reason.kind is Kind.STATED
        if not reason.holds:
            told = reason.evidence or reason.because
            return not told and not (of_outcome and self._outcome(reason))
        if reason.kind is Kind.SUM and not reason.because and not bounded(reason):
            return True
        if reason.repeated and self._role(reason) is Role.DEFINITION:
            return True
        return not tells

    def _tells(self, reason: Reason) -> bool:
        """Tell whether anything in a reason is of the record, a reading, or a figure against a bound."""
        if not reason.met:
            return True
        if not reason.holds:  # an exception that does not apply: what is below it only says why not
            return bool(reason.evidence)
        return (
            reason.predicate == "reading"
            or reason.supposed
            or (bounded(reason) and not self._of_pack(reason))
            or self._role(reason) in (Role.CONCLUSION, Role.FINDING)
            or any(self._row_of_record(row.table) for row in reason.evidence)
            or any(self._tells(child) for child in reason.because)
        )

    def _of_record(self, reason: Reason) -> bool:
        return any(self._row_of_record(row.table) for one in reason.walk() for row in one.evidence)

    def _of_pack(self, reason: Reason) -> bool:
        """Tell whether a reason rests on rows of the pack's own tables and on no others."""
        return any(one.evidence for one in reason.walk()) and not self._of_record(reason)

    def _row_of_record(self, table: str) -> bool:
        known = self.policy.tables.get(table)
        return known is None or not known.pack

    def _take_rows(self, parent: Reason) -> Reason:
        """Let a step, which it changes, carry the rows of the plain facts below it in their place."""
        facts = [child for child in parent.because if plain(child)]
        if not facts or not (parent.met or parent.holds):
            failed = any(not child.met for child in parent.because)
            parent.because = [one for one in parent.because if not (failed and plain(one))]
            return parent
        rows = [row for one in facts for row in one.evidence if self._row_of_record(row.table)]
        assumed = filter(None, [parent.assumed, *(one.assumed for one in facts)])
        parent.assumed = "; ".join(dict.fromkeys(assumed))
        parent.because = [child for child in parent.because if not plain(child)]
        parent.evidence = tuple(dict.fromkeys([*parent.evidence, *rows]))
        return parent


def lists_several(reason: Reason) -> bool:
    """Tell whether a reason only lists several outcomes that were asked for at once."""
    return (
        reason.kind is Kind.ATOM and reason.holds and bool(_OPEN.search(reason.atom)) and bool(reason.because)
    )


def _evident(reason: Reason, beside: Sequence[Reason]) -> bool:
    """Tell whether a reason puts side by side two bare numbers, a value and itself, or two that are told.

    Args:
        beside: what is told beside it, where two values speak for themselves.
    """
    value = reason.value
    if reason.kind is not Kind.COMPARISON or not reason.met or value is None:
        return False
    if reason.predicate or reason.provisions or reason.because or reason.evidence:
        return False
    sides = _SIDES.fullmatch(reason.says)
    told = [own.says for own in beside if own is not reason]
    seen = sides is not None and all(any(side in text for text in told) for side in sides.groups())
    same = value.actual == value.bound
    return same or (value.unit is None and (seen or bool(_BARE.fullmatch(reason.says))))


def _last_figure(text: str) -> str:
    """Return the number and unit that a sentence ends with; a text that nothing ends with if none."""
    words = text.split()
    for start in range(len(words) - 1, max(len(words) - 4, -1), -1):
        if words[start][:1].isdigit():
            return " ".join(words[start:])
    return "\n"
