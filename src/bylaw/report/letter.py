"""Reasons as a letter: the outcome, its provision, the figures and rows behind it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bylaw.explain.reason import Kind, Reason
from bylaw.policy.model import Role
from bylaw.report.contrast_text import contrast_text
from bylaw.report.decision_text import heading
from bylaw.report.folding import MANY, Folding, lists_several
from bylaw.report.grounds import measured
from bylaw.report.merging import bounded
from bylaw.report.phrases import (
    FAINT,
    PERMITTED,
    assumed,
    citations,
    cited_sentence,
    idle_words,
    margin,
    permitted,
    row_part,
    sentence,
    unbroken,
    unknown_tables,
)
from bylaw.report.reckoned import NEAR, asked_of, figures_of, reckoned, reckoned_lines
from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.engine.solve import Decision, Engine
    from bylaw.explain.contrast import Contrast
    from bylaw.explain.reckoning import Reckoner
    from bylaw.records.model import Records
    from bylaw.tables.terms import Row

MET = "✓"
NOT_MET = "✗"
BULLET = "-"
AT_THE_END = 3
"""How many conditions a rule has below it where a letter goes no deeper."""


class Letter:
    """Writes the reasons of one decision.

    Args:
        full: whether every step is written, or definitions are folded into what they define.
        depth: levels of reasons below the outcome; None for all.
        atoms: whether atoms stand in place of sentences.
    """

    def __init__(
        self,
        engine: Engine,
        records: Records,
        decision: Decision,
        *,
        full: bool = False,
        depth: int | None = None,
        atoms: bool = False,
    ) -> None:
        self.engine = engine
        self.policy = engine.policy
        self.records = records
        self.decision = decision
        self.full = full
        self.depth = depth
        self.atoms = atoms
        self._cut = False
        self._told: set[tuple[str, bool]] = set()
        self._originals: dict[tuple[str, bool], Reason] = {}
        self._rows: set[Row] = set()
        self._figures: dict[str, bool] = {}

    def page(
        self,
        reason: Reason,
        *,
        negative: bool = False,
        contrast: Contrast | None = None,
        reckoner: Reckoner | None = None,
    ) -> Iterator[Line]:
        """Yield the letter.

        Args:
            negative: whether the reader asked why it is not so.
            contrast: the nearest way to a better outcome, to end with.
            reckoner: what tells how the figures of the letter came about.
        """
        if reckoner is None or self.atoms:
            yield from self.body(reason, negative=negative)
        else:
            folding = Folding(self.policy)
            shown = None if self.full else folding.fold(reason)
            sums = reckoned(self.policy, reckoner, figures_of(shown)) if shown is not None else []
            above = frozenset[str]().union(*(one.about for one in sums))
            if above:
                folding = Folding(self.policy, above)
                shown = folding.fold(reason)
            yield from self._body(reason, shown or reason, negative, cut=folding.shortened)
            figures = dict.fromkeys(self._figures, True) if self.full else self._figures
            sums = reckoned(self.policy, reckoner, figures)
            yield from reckoned_lines(self.policy, self.decision.subject, sums)
        if contrast is not None and not self.atoms:
            told = unbroken(self.policy, contrast_text(self.policy, contrast))
            yield line("What was nearest:", indent=2)
            yield line(told, indent=2, hang=2)
        yield from self.closing(reason)

    def body(self, reason: Reason, *, negative: bool = False) -> Iterator[Line]:
        """Yield the letter without what stands below every letter: by which rules, and on what record."""
        folding = Folding(self.policy)
        shown = reason if self.full else folding.fold(reason)
        yield from self._body(reason, shown, negative, cut=folding.shortened)

    def _body(self, reason: Reason, shown: Reason, negative: bool, *, cut: bool) -> Iterator[Line]:
        self._cut = cut
        self._originals = {
            (one.atom, one.holds): one
            for one in reason.walk()
            if one.kind is Kind.ATOM and one.because and not one.repeated
        }
        self._told.clear()
        self._rows.clear()
        self._figures = dict.fromkeys(asked_of(shown), True)
        yield from self._outcome(shown, negative)
        routes = [child for child in shown.because if child.kind is Kind.ROUTE]
        if shown.holds:
            yield from self._why(shown, routes)
        else:
            yield from self._why_not(shown, routes)

    def undetermined(self, reason: Reason, tables: Sequence[str]) -> Iterator[Line]:
        """Yield the letter that says that it cannot be told, and for want of what."""
        name = reason.predicate or reason.atom
        says = f"It cannot be told whether {name} holds for {self.decision.subject}."
        yield line(says, "bold yellow", hang=2)
        yield line(sentence(unknown_tables(self.policy, tables)), indent=2, hang=2)
        yield from self.closing()

    def _outcome(self, reason: Reason, negative: bool) -> Iterator[Line]:
        style = "bold"
        if lists_several(reason):
            yield line(f"{len(reason.because)} conclusions fit.", style)
        else:
            yield Line(tuple(self._sentence(reason, style)), hang=2)
        if negative and reason.holds:
            yield line("It does follow; these are the reasons.", indent=2)
        elif not negative and not reason.holds:
            yield line("It does not follow; this is where each way to it failed.", indent=2)

    def _why(self, reason: Reason, routes: Sequence[Reason]) -> Iterator[Line]:
        if not routes:
            if not lists_several(reason):
                yield from self._rule(reason.provisions)
            if reason.because and not lists_several(reason):
                yield line("Why:", indent=2)
            yield from self._numbered(reason.because, 2)
            return
        met = [route for route in routes if route.met] or list(routes)
        for route in met:
            if len(met) > 1:
                yield line()
            yield from self._rule(route.provisions or reason.provisions)
            yield line("Why:" if len(met) == 1 else "Why, by this rule:", indent=2)
            yield from self._numbered(route.because, 2)

    def _rule(self, provisions: Sequence[str]) -> Iterator[Line]:
        """Restate the provisions that a rule carries out."""
        known = [self.policy.provisions[one] for one in provisions if one in self.policy.provisions]
        for provision in known:
            name = "The rule" if len(known) == 1 else f"The rule of {provision.cite}"
            yield line(f"{name}: {sentence(provision.summary)}", indent=2, hang=2)

    def _why_not(self, reason: Reason, routes: Sequence[Reason]) -> Iterator[Line]:
        if not routes:
            if reason.because:
                yield from self._numbered(reason.because, 2)
            else:
                yield line("No rule of the regulations leads to it.", indent=2)
            return
        none = "none was met" if len(routes) > 1 else "it was not met"
        yield line(f"Routes considered: {len(routes)}; {none}.", indent=2)
        for number, route in enumerate(routes, 1):
            yield line()
            yield from self._route(number, route)

    def _route(self, number: int, route: Reason) -> Iterator[Line]:
        verdict = Part("met", "green") if route.met and route.holds else Part("not met", "red")
        cited = citations(self.policy, route.provisions)[1:-1]
        name = cited or self._text(route)
        parts = (Part(f"{name}: ", "bold"), verdict, Part(".", "bold"))
        yield Line(parts, indent=2, mark=f"{number}.", hang=2)
        inner = 2 + len(f"{number}. ")
        for provision in route.provisions:
            if provision in self.policy.provisions and not self.atoms:
                summary = self.policy.provisions[provision].summary
                yield line(sentence(summary), FAINT, indent=inner, hang=2)
        for condition in route.because:
            yield from self._condition(condition, inner, 1, marked=True)
        if permitted(route):
            yield line(PERMITTED, indent=inner, hang=2)
        if route.idle:
            yield line(idle_words(route.idle), FAINT, indent=inner, hang=2)

    def _numbered(self, reasons: Sequence[Reason], indent: int) -> Iterator[Line]:
        for number, reason in enumerate(reasons, 1):
            yield from self._condition(reason, indent, 1, mark=f"{number}.")

    def _condition(
        self,
        reason: Reason,
        indent: int,
        level: int,
        *,
        mark: str = BULLET,
        marked: bool = False,
        cited: frozenset[str] = frozenset(),
    ) -> Iterator[Line]:
        """Yield a reason and, down to the depth asked for, those below it.

        Args:
            mark: what stands before it, where it has no sign for met or not met.
            marked: whether it has; what stands below a condition that is met has none.
            cited: the provisions that the reasons above it cite already.
        """
        parts: list[Part] = []
        style = ""
        if marked:
            mark, word, style = (MET, "met", "green") if reason.met else (NOT_MET, "not met", "red")
            if reason.kind is not Kind.ROUTE:  # which says so itself
                parts.append(Part(f"{word}: ", style))
        if reason.repeated and not self.full:
            reason = self._where_it_is_told(reason)
        if reason.value is not None and reason.value.of:
            whole = level <= NEAR or not reason.met or self._figures.get(reason.value.of, False)
            self._figures[reason.value.of] = whole
        below = reason.because
        if self.depth is not None and level + 1 == self.depth and not self._concludes(reason):
            reason = without_ways(reason)
            below = reason.because
        if self.depth is not None and level >= self.depth:
            if _heads(reason, level == self.depth):
                below = [one for one in below if one.met is reason.met]
                reason = replace(reason, more=reason.more + len(below[AT_THE_END:]))
                below = below[:AT_THE_END]
            else:
                below = past_depth(reason, marked=marked, concludes=self._concludes(reason))
                chain = self._concludes(reason) and reason.kind is Kind.ATOM and reason.holds
                chained = [one for one in reason.because if chain and one.holds and self._concludes(one)]
                below += [one for one in chained if not any(one is other for other in below)]
                most = AT_THE_END if reason.holds or not reason.met else len(below)
                reason = replace(reason, more=reason.more + len(below[most:]))
                below = below[:most]
            self._cut = self._cut or len(below) < len(reason.because)
        if below or not reason.because:
            self._told.add((reason.atom, reason.holds))
        parts += self._sentence(reason, cited=cited)
        yield Line(tuple(parts), indent, mark, style)
        for child in below:
            if child.predicate == "reading" and not self.full and (child.atom, True) in self._told:
                continue
            told = marked and not reason.met and not child.met
            yield from self._condition(
                child,
                indent + len(mark) + 1,
                level if _heads(reason, False) else level + 1,
                marked=told,
                cited=frozenset() if self.full else cited.union(reason.provisions),
            )

    def _concludes(self, reason: Reason) -> bool:
        """Tell whether a step is an outcome itself."""
        known = self.policy.predicates.get(reason.predicate)
        return known is not None and known.role in (Role.CONCLUSION, Role.FINDING)

    def _where_it_is_told(self, reason: Reason) -> Reason:
        """Return what a step that is told already refers to, if that was left out of the letter so far."""
        about = (reason.atom, reason.holds)
        if about in self._told or about not in self._originals:
            return replace(reason, repeated=about in self._told)
        original = Folding(self.policy).below(self._originals[about])
        return replace(original, met=reason.met)

    def _sentence(self, reason: Reason, style: str = "", cited: frozenset[str] = frozenset()) -> list[Part]:
        """Return a reason as a sentence: text, citation, and the rows it rests on."""
        text = self._text(reason)
        provisions = [one for one in reason.provisions if one not in cited]
        if reason.predicate == "reading" and not self.full:
            provisions = []
        if reason.kind is Kind.ROUTE:
            further = [Part(f" And {reason.more} more of the kind.", FAINT)] if reason.more else []
            return [Part(unbroken(self.policy, sentence(text)), style), *further]
        if self.atoms:
            parts = [Part(text, style)]
            if provisions:
                parts.append(Part(f" % {', '.join(provisions)}", FAINT))
        else:
            parts = cited_sentence(self.policy, text, provisions, style)
        if not reason.met and reason.value is not None and (figure := margin(reason.value)):
            parts.append(Part(f" {sentence(figure)}"))
        if reason.more:
            parts.append(Part(f" And {reason.more} more of the kind.", FAINT))
        if reason.assumed:
            parts.append(Part(" (assumed)", FAINT))
        if reason.supposed:
            parts.append(Part(" (supposed)", FAINT))
        if reason.repeated:
            parts.append(Part(" (as above)", FAINT))
        rows = [
            row for row in reason.evidence if self.full or reason.kind is Kind.RECORD or row not in self._rows
        ]
        self._rows.update(rows)
        return parts + row_part(rows, self.records.source, self.policy.folder)

    def _text(self, reason: Reason) -> str:
        if self.atoms:
            return reason.atom or reason.says
        text = reason.says or reason.atom
        if reason.kind is Kind.ROUTE:
            under = citations(self.policy, reason.provisions)[1:-1] or "the rule"
            return f"{'by' if reason.met else 'not by'} {under}: {text}"
        return text

    def closing(self, reason: Reason | None = None) -> Iterator[Line]:
        """Yield the end of a letter: what is assumed, by which rules and records, and who decides."""
        yield line()
        yield from assumed(one.assumed for one in reason.walk() if one.assumed) if reason else ()
        from bylaw.explain.sentences import Sentences

        sentences = Sentences(self.policy, self.decision.atoms)
        for one in heading(self.engine, self.records, sentences=sentences):
            yield Line(one.parts, 2, hang=2)
        authority = self.policy.authority
        if authority:
            yield line(
                f"The decision lies with {authority}; this is what the regulations say of the record.",
                FAINT,
                indent=2,
                hang=2,
            )
        if self._cut and not self.atoms:
            yield line("Steps are left out here; `--full` shows them all.", FAINT, indent=2)


def without_ways(reason: Reason) -> Reason:
    """Return a step without the ways to it, if there are several, but with the rows behind them.

    Where nothing is told below these ways, their rules say nothing of the case.
    """
    ways = reason.because
    if len(ways) < 2 or not reason.met or any(one.kind is not Kind.ROUTE or not one.met for one in ways):
        return reason
    rows = [row for one in reason.walk() if one.kind in (Kind.ATOM, Kind.RECORD) for row in one.evidence]
    return replace(reason, because=[], evidence=tuple(dict.fromkeys(rows)))


def past_depth(reason: Reason, *, marked: bool, concludes: bool) -> list[Reason]:
    """Return what is told below a step where a letter goes no deeper: the figures that decide, at any depth.

    Args:
        marked: whether the step says if it is met.
        concludes: whether the step is an outcome itself.
    """
    if reason.kind is Kind.SUM and bounded(reason) and len(reason.because) <= AT_THE_END:
        return [*reason.because]
    if reason.met and not reason.holds:  # an exception that does not apply has below it what decides
        return [*reason.because] if any(map(measured, reason.because)) else []
    if reason.met:
        sums = (one for one in reason.because if one.met and one.kind in (Kind.SUM, Kind.COMPARISON))
        return [one for one in sums if reason.kind is Kind.ATOM and bounded(one) and reason.value is None]
    if not marked or (reason.holds and not concludes):
        return []
    failed = [one for one in reason.because if one.met is reason.holds]
    figures = [one for one in failed if any(measured(own) for own in one.walk())]
    return failed if figures and not reason.holds else figures


def _heads(reason: Reason, last: bool) -> bool:
    """Tell whether a step only heads what is below it: a rule what failed in it, a sum its few entries.

    Args:
        last: whether what is below it would be left out; one step that failed for one cause is not the last.
    """
    if not reason.met:
        sole = len(reason.because) == 1 and not reason.because[0].met and reason.value is None
        return reason.kind is Kind.ROUTE or (last and sole)
    return reason.kind is Kind.SUM and not bounded(reason) and len(reason.because) <= MANY
