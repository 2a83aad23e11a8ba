"""Telling the atoms and rules of an explanation: which sentence, which figure, which rows, which citation."""

from __future__ import annotations

from collections.abc import Sequence

import clingo

from bylaw.engine.solve import Decision, assumption_text
from bylaw.engine.symbols import term_of
from bylaw.explain.conditions import Instance
from bylaw.explain.lookup import Lookup
from bylaw.explain.reason import Kind, Reason, Value
from bylaw.explain.sentences import OPPOSITE, RELATIONS, Sentences, number, stands
from bylaw.explain.templates import ANY, Template
from bylaw.policy.model import ArgType, Limit, Policy, Predicate, Rule
from bylaw.tables.schema import Missing
from bylaw.tables.terms import Constant, Fact, Term

_NUMBER = clingo.SymbolType.Number


class Narrator:
    """Tells the steps of one decision.

    Args:
        policy: whose words are used.
        decision: what is explained.
        lookup: the answer set, to look figures up.
    """

    def __init__(self, policy: Policy, decision: Decision, lookup: Lookup) -> None:
        self.policy = policy
        self.decision = decision
        self.sentences = Sentences(policy, decision.atoms)
        self.lookup = lookup
        self._written: dict[clingo.Symbol, str] = {}
        self._said: dict[tuple[clingo.Symbol, bool], str] = {}
        self._terms: dict[clingo.Symbol, Term | None] = {}
        self._absences = {name: absence for absence in decision.absences for name in absence.predicates}

    def written(self, goal: clingo.Symbol) -> str:
        """Write a goal in the words of the rules, `_` for what is left open."""
        if goal == ANY:
            return "_"
        text = self._written.get(goal)
        if text is None:
            text = str(goal)
            deep = "_any" in text or text.count("(") > 1
            if deep and goal.type is clingo.SymbolType.Function:
                text = f"{goal.name}({','.join([self.written(argument) for argument in goal.arguments])})"
            self._written[goal] = text
        return text

    def derived(self, goal: clingo.Symbol, holds: bool) -> Reason:
        """Tell an atom that rules derive, or could have derived, with its figure if it is a test of one."""
        name, _ = self.lookup.parts(goal)
        reason = Reason(Kind.ATOM, self.written(goal), self.said(goal, holds), holds, predicate=name)
        self._tested_figure(reason, goal)
        return reason

    def given(self, atom: clingo.Symbol, facts: Sequence[Fact]) -> Reason:
        """Tell a fact of the record or of the pack."""
        rows = tuple(fact.row for fact in facts if fact.row is not None)
        from_record = any(not self.policy.tables[row.table].pack for row in rows if row.table)
        reason = Reason(
            Kind.RECORD if from_record else Kind.STATED,
            str(atom),
            self.said(atom, True),
            True,
            predicate=self.lookup.parts(atom)[0],
            evidence=rows,
        )
        if not rows and self._of_record(reason.predicate):
            reason.kind, reason.supposed = Kind.RECORD, True
        self.stated_provision(reason, atom)
        return reason

    def _of_record(self, name: str) -> bool:
        """Whether the rows of a record give a predicate."""
        tables = (table for table in self.policy.tables.values() if not table.pack)
        return any(template.predicate == name for table in tables for template in table.facts)

    def not_given(self, goal: clingo.Symbol) -> Reason:
        """Tell that the record, or the pack, has no such fact."""
        name, _ = self.lookup.parts(goal)
        reason = Reason(Kind.RECORD, self.written(goal), self.said(goal, False), False, predicate=name)
        absence = self._absences.get(name)
        if absence and not absence.supplied and absence.meaning is Missing.NONE:
            reason.assumed = assumption_text(absence)
        if name in ("limit", "reading"):
            reason.kind = Kind.STATED
        return reason

    def route(self, goal: clingo.Symbol, rule: Rule, holds: bool) -> Reason:
        """Tell a rule that derives an atom, or could have."""
        first = rule.provisions[0] if rule.provisions else ""
        summary = self.policy.provisions[first].summary if first in self.policy.provisions else ""
        return Reason(
            Kind.ROUTE,
            self.written(goal),
            (rule.comment or summary or self.said(goal, holds)).rstrip("."),
            holds,
            met=holds,
            predicate=self.lookup.parts(goal)[0],
            provisions=rule.provisions,
            rule=self.rule_place(rule),
        )

    def rule_place(self, rule: Rule) -> tuple[str, int]:
        """Return the file, from the pack's folder on, and the line of a rule."""
        return f"{self.policy.folder.name}/{rule.file}", rule.line

    def stated_provision(self, reason: Reason, atom: clingo.Symbol) -> None:
        """Cite the provision that a limit, a reading or a row of the pack's tables states."""
        if reason.predicate in ("limit", "reading") and atom.arguments:
            name = str(atom.arguments[0])
            if reason.predicate == "limit" and name in self.policy.limits:
                reason.provisions = (self.policy.limits[name].provision,)
                return
            if reason.predicate == "reading" and name in self.policy.readings:
                reason.provisions = self.policy.readings[name].provisions
                return
        if reason.kind is Kind.STATED:
            tables = (self.policy.tables[row.table] for row in reason.evidence)
            reason.provisions = tuple(dict.fromkeys(t.provision for t in tables if t.provision))

    def said(self, goal: clingo.Symbol, holds: bool) -> str:
        """Say a goal, or that it is not so."""
        said = self._said.get((goal, holds))
        if said is None:
            name, args = self.lookup.parts(goal)
            said = self.sentences.atom(name, [self._term(argument) for argument in args], holds)
            self._said[goal, holds] = said
        return said

    def _term(self, argument: clingo.Symbol) -> Term | None:
        if argument not in self._terms:
            self._terms[argument] = said_term(argument)
        return self._terms[argument]

    def _tested_figure(self, reason: Reason, goal: clingo.Symbol) -> None:
        """Add the figure that the vocabulary names for a test, with its bound."""
        tested = self.tested(goal)
        if tested is None:
            return
        value, figure, relation, bound = tested
        # A figure that is rounded for the reader may lie on the other side of the bound.
        if reason.holds and value.bound is not None and not stands(value.actual, value.relation, value.bound):
            return
        reason.value = value
        reason.says += f": {figure}, {relation} {bound}"

    def tested(self, goal: clingo.Symbol) -> tuple[Value, str, str, str] | None:
        """Return the figure that the vocabulary names for a test; None if it names none, or there is none.

        With it come the words for the figure, for how it stands to its bound, and for the bound.
        """
        predicate = self.policy.predicates.get(self.lookup.parts(goal)[0])
        if predicate is None or predicate.value is None:
            return None
        spec = predicate.value
        given = self._figure(predicate, goal)
        limit = self.policy.limits.get(spec.bound)
        if given is None or limit is None:
            return None
        actual = given.arguments[-1].number
        unit = limit.unit or (self._last_type(spec.actual).unit)
        met = stands(actual, spec.relation, limit.value)
        relation = spec.relation if met else OPPOSITE[spec.relation]
        return (
            Value(actual, spec.relation, limit.value, unit, limit.scale, str(given)),
            number(actual, limit.scale, unit),
            RELATIONS[relation],
            self.bound(limit),
        )

    def _figure(self, predicate: Predicate, goal: clingo.Symbol) -> clingo.Symbol | None:
        """Look up what gives the figure of a tested atom: same-named arguments, the last one open."""
        assert predicate.value is not None
        target = self.policy.predicates[predicate.value.actual]
        known = {name: arg for (name, _), arg in zip(predicate.args, goal.arguments, strict=True)}
        args = [known.get(name, ANY) for name, _ in target.args[:-1]]
        matches = self.lookup.matches(clingo.Function(target.name, [*args, ANY]))
        if len(matches) != 1 or matches[0].arguments[-1].type is not _NUMBER:
            return None
        return matches[0]

    def _last_type(self, name: str) -> ArgType:
        return self.policy.types[self.policy.predicates[name].args[-1][1]]

    def bound(self, limit: Limit) -> str:
        """Say a limit as a bound, with its provision."""
        return f"{self.sentences.bound(limit)} ({self.policy.cite(limit.provision)})"

    def number(self, kind: ArgType | None, value: int, unit: tuple[str, str] | None, scale: int = 0) -> str:
        """Say a number as its type is said, or with a unit."""
        return self.sentences.term(kind, value) if kind is not None else number(value, scale, unit)

    def type_of(self, instance: Instance, variable: str | None) -> ArgType | None:
        """Return the type of a variable, from where it stands in an atom of the body or in the head."""
        if variable is None:
            return None
        for atom in (*(outcome.condition.template for outcome in instance.outcomes), instance.head):
            kind = self.type_in(atom, variable) if atom is not None else None
            if kind is not None:
                return kind
        return None

    def type_in(self, atom: Template, variable: str) -> ArgType | None:
        """Return the type of a variable from where it stands in an atom."""
        predicate = self.policy.predicates.get(atom.name)
        if variable not in atom.args or predicate is None or predicate.arity != len(atom.args):
            return None
        return self.policy.types[predicate.args[atom.args.index(variable)][1]]


def said_term(argument: clingo.Symbol) -> Term | None:
    """Return an argument to be said; the least or greatest of nothing is said to be none."""
    if argument.type in (clingo.SymbolType.Supremum, clingo.SymbolType.Infimum):
        return Constant("none")
    return None if argument == ANY else term_of(argument)
