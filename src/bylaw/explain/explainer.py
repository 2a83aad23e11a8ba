"""Why something follows from a record, and why something does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import clingo
from clingo.ast import Sign

from bylaw.engine.solve import Decision, Engine
from bylaw.engine.symbols import symbol_of
from bylaw.explain.comparisons import Comparisons
from bylaw.explain.conditions import Form, Instance, Outcome
from bylaw.explain.narrate import Narrator
from bylaw.explain.prober import Prober
from bylaw.explain.reach import record_predicates
from bylaw.explain.reason import Kind, Reason
from bylaw.explain.reckoning import Reckoner
from bylaw.explain.sums import Sums
from bylaw.explain.survey import MOST_INSTANCES, Below, Depth, Step, Survey, step_of
from bylaw.explain.templates import ANY
from bylaw.explain.workshop import Workshop
from bylaw.policy.model import Role
from bylaw.policy.patterns import Pattern

MANY_INSTANCES = 4
"""From how many on a condition that fails in each, since nothing of the kind is so, is told once."""

_WORKSHOPS: WeakKeyDictionary[Engine, Workshop] = WeakKeyDictionary()
"""The probes of each engine's rules, for as long as it is in use."""


def _workshop_of(engine: Engine) -> Workshop:
    if engine not in _WORKSHOPS:
        policy = engine.policy
        _WORKSHOPS[engine] = Workshop(policy.encoding.rules, record_predicates(policy))
    return _WORKSHOPS[engine]


class Explainer:
    """Explains one decision.

    Args:
        engine: that made it.
        decision: the decision.
        absent_depth: how many steps a reason follows what is *not* so; 0 only names it.
    """

    def __init__(self, engine: Engine, decision: Decision, *, absent_depth: int = 3) -> None:
        self.decision = decision
        self.policy = engine.policy
        self._prober = Prober(_workshop_of(engine), decision.atoms)
        self._absent_depth = absent_depth
        clock = engine.policy.clock.predicate if engine.policy.clock else None
        outcomes = {one.name for one in engine.policy.predicates.values() if one.role is Role.CONCLUSION}
        self._survey = Survey(engine.policy.encoding, decision.facts, self._prober, clock, outcomes)
        self._narrator = Narrator(engine.policy, decision, self._prober.lookup)
        self._comparisons = Comparisons(self._narrator)
        self._sums = Sums(self._narrator)
        self._order = {pid: n for n, pid in enumerate(engine.policy.provisions)}
        self.reckoner = Reckoner(self._prober, self._narrator, self._sums, tuple(engine.policy.provisions))

    def goal(self, pattern: Pattern) -> clingo.Symbol:
        """Return a pattern as a goal: ANY for what is left open; the subject is filled in where it stands."""
        args: list[clingo.Symbol] = []
        for (_, kind), given in zip(pattern.predicate.args, pattern.args, strict=True):
            if given is not None:
                args.append(symbol_of(given))
            elif kind == self.policy.subject and not args:
                args.append(clingo.String(self.decision.subject))
            else:
                args.append(ANY)
        return clingo.Function(pattern.predicate.name, args)

    def matches(self, pattern: Pattern) -> list[clingo.Symbol]:
        """Return the atoms of the answer set that a pattern means, sorted."""
        return self._prober.matches(self.goal(pattern))

    def is_so(self, atom: clingo.Symbol) -> bool:
        """Whether an atom is in the answer set."""
        return self._prober.holds(atom)

    def said(self, atom: clingo.Symbol) -> str:
        """Return the sentence of an atom, whether or not it is so."""
        return self._narrator.sentences.symbol(atom)

    def why(self, pattern: Pattern) -> Reason:
        """Return why what a pattern means is so; if it is not, why not.

        Where several atoms match, the reason has one child for each.
        """
        goal = self.goal(pattern)
        matches = self._prober.matches(goal)
        if not matches:
            return self.why_not(pattern)
        depth = Depth(self._absent_depth, Below.OUTCOME)
        self._survey.look([(atom, Step.DEEP, depth) for atom in matches])
        told: set[clingo.Symbol] = set()
        reasons = [self._present(atom, told, depth) for atom in matches]
        if len(reasons) == 1:
            return reasons[0]
        says = "; ".join(reason.says for reason in reasons)
        provisions = self._in_order(pid for reason in reasons for pid in reason.provisions)
        return Reason(
            Kind.ATOM,
            self._narrator.written(goal),
            says,
            True,
            predicate=goal.name,
            provisions=provisions,
            because=reasons,
        )

    def why_not(self, pattern: Pattern) -> Reason:
        """Return why what a pattern means is not so, with each rule that could have concluded it.

        If it is so, the reason says so and why.
        """
        goal = self.goal(pattern)
        if self._prober.holds(goal):
            return self.why(pattern)
        depth = Depth(max(self._absent_depth, 1) + 2, Below.OUTCOME)
        self._survey.look([(goal, Step.ABSENT, depth)])
        return self._absent(goal, set(), depth, root=True)

    def routes_to(self, goals: Sequence[clingo.Symbol]) -> list[tuple[Reason, list[int]]]:
        """Return why each of some atoms is not so, by the rules that concern the case only; maybe none.

        Beside each rule stands how many of its conditions fail, or could not be looked at, at the nearest.
        """
        depth = Depth(max(self._absent_depth, 1) + 2, Below.OUTCOME)
        self._survey.look([(goal, Step.ABSENT, depth) for goal in goals])
        found = []
        for goal in goals:
            lacking: dict[tuple[str, int] | None, int] = {}
            for one in self._survey.instances.get(goal, ()):
                if not self._survey.beside_the_case(one):
                    seen = sum(not outcome.condition.hidden for outcome in one.outcomes)
                    lacks = len(one.unmet) + max(0, len(one.rule.node.body) - seen)
                    place = self._narrator.rule_place(one.rule)
                    lacking[place] = min(lacks, lacking.get(place, lacks))
            reason = self._absent(goal, set(), depth, root=True)
            reason.because = [route for route in reason.because if route.rule in lacking]
            found.append((reason, [lacking[route.rule] for route in reason.because]))
        return found

    # ---------------------------------------------------------------------------------------- what is so

    def _present(
        self, atom: clingo.Symbol, told: set[clingo.Symbol], depth: Depth, deep: bool = True
    ) -> Reason:
        """Return the reason of an atom that is so."""
        given = self.decision.facts.get(atom)
        if given:
            return self._narrator.given(atom, given)
        reason = self._narrator.derived(atom, True)
        founded = self._survey.ranks.founded(atom)
        reason.provisions = self._in_order(pid for one in founded for pid in one.rule.provisions)
        if not deep or atom in told or not founded:
            reason.repeated = deep and atom in told
            return reason
        told.add(atom)
        by_rule: dict[int, list[Instance]] = {}
        for instance in founded:
            by_rule.setdefault(instance.rule.number, []).append(instance)
        if len(by_rule) == 1:
            reason.because = self._conditions(founded, told, depth)
            reason.rule = self._narrator.rule_place(founded[0].rule)
        else:
            for instances in by_rule.values():
                route = self._narrator.route(atom, instances[0].rule, True)
                route.because = self._conditions(instances, told, depth)
                reason.because.append(route)
        return reason

    def _in_order(self, provisions: Iterable[str]) -> tuple[str, ...]:
        once = dict.fromkeys(provisions)
        return tuple(sorted(once, key=lambda pid: self._order.get(pid, len(self._order))))

    # ------------------------------------------------------------------------------------ what is not so

    def _absent(
        self, goal: clingo.Symbol, told: set[clingo.Symbol], depth: Depth, root: bool = False
    ) -> Reason:
        """Return the reason of an atom, or of any that match a goal, that is not so."""
        if not self._prober.derivable(goal):
            return self._narrator.not_given(goal)
        reason = self._narrator.derived(goal, False)
        if goal in told:
            reason.repeated = True
            return reason
        if depth.steps <= 0:
            return reason
        told.add(goal)
        for group in self._survey.routes(self._survey.instances.get(goal, ())):
            shown = self._survey.nearest(group)
            route = self._narrator.route(goal, group[0].rule, False)
            route.because = self._conditions(shown, told, depth, taken=False)
            alike = sum(not one.met for one in route.because) <= len(shown[0].unmet)
            if not alike and not self._nowhere(shown):
                route.more = len(self._survey.fewest(group)) - len(shown)
            reason.because.append(route)
        if len(reason.because) == 1 and not root:
            only = reason.because[0]
            reason.because, reason.rule, reason.provisions = only.because, only.rule, only.provisions
            reason.more = only.more
        elif root or all(route.provisions for route in reason.because):
            # Of a word that a definition of no provision defines too, none of the others is its ground.
            reason.provisions = self._in_order(p for route in reason.because for p in route.provisions)
        return reason

    # ---------------------------------------------------------------------------------------- conditions

    def _conditions(
        self,
        instances: Sequence[Instance],
        told: set[clingo.Symbol],
        depth: Depth,
        taken: bool = True,
    ) -> list[Reason]:
        """Return the reasons for the conditions of one rule, those of several substitutions merged."""
        found: dict[tuple[str, bool, bool], Reason] = {}
        nowhere = {} if taken else self._nowhere(instances)
        for instance in instances:
            for reason in self._conditions_of(instance, told, depth, taken, nowhere):
                found.setdefault((reason.says, reason.holds, reason.met), reason)
        reasons = list(found.values())
        if not taken:
            reasons.sort(key=lambda reason: reason.met)
        return reasons

    def _nowhere(self, instances: Sequence[Instance]) -> dict[int, clingo.Symbol]:
        """Find the conditions that fail under each of many substitutions, since nothing of the kind is so.

        Returns:
            By the position of such a condition, what is not so of anything: `excluded("S1",2020,_)`.
        """
        if len(instances) < MANY_INSTANCES:
            return {}
        found = {}
        for n, outcome in enumerate(instances[0].outcomes):
            atoms = [one.outcomes[n].atom for one in instances if n < len(one.outcomes)]
            failing = all(n < len(one.outcomes) and not one.outcomes[n].met for one in instances)
            plain = outcome.condition.form is Form.ATOM and outcome.condition.sign is Sign.NoSign
            if not failing or not plain or outcome.atom is None:
                continue
            columns = zip(*(atom.arguments for atom in atoms if atom is not None), strict=True)
            general = [column[0] if len(set(column)) == 1 else ANY for column in columns]
            goal = clingo.Function(outcome.atom.name, general)
            if ANY in general and not self._prober.holds(goal):
                found[n] = goal
        return found

    def _conditions_of(
        self,
        instance: Instance,
        told: set[clingo.Symbol],
        depth: Depth,
        taken: bool,
        nowhere: Mapping[int, clingo.Symbol],
    ) -> list[Reason]:
        hosts = self._survey.hosts(instance)
        decisive = self._survey.decisive(instance, taken)
        reasons: list[Reason] = []
        for n, outcome in enumerate(instance.outcomes):
            if outcome.condition.hidden:
                if not outcome.met:
                    reasons.append(self._comparisons.other_value(instance, n))
                continue
            if n in hosts.folded:
                continue
            form, deep = outcome.condition.form, n in decisive
            if n in nowhere:
                reasons.append(self._unseen(nowhere[n]))
            elif form is Form.ATOM and outcome.atom is not None:
                if self._other_sense(outcome):
                    reasons.append(self._comparisons.not_as_asked(outcome))
                else:
                    reasons += self._atom_conditions(outcome, told, depth, deep)
            elif form is Form.COMPARISON:
                host = hosts.host_of.get(n)
                reason = self._comparisons.of(instance, n, hosts)
                if host is not None:
                    figure = self._atom_condition(instance.outcomes[host], told, depth, host in decisive)
                    self._graft(reason, figure)
                reasons.append(reason)
            elif form is Form.AGGREGATE:
                reason = self._sums.aggregate(instance, n, hosts)
                for element in outcome.elements:
                    parts = [self._signed(so, atom, told, depth, deep) for so, atom in element.atoms]
                    reason.because.append(self._sums.element(instance, n, element, parts))
                reasons.append(reason)
            elif form is Form.EACH:
                if not outcome.cases and len(instance.outcomes) > 1:
                    continue  # nothing is asked where there is no case
                reason = self._sums.each(instance, n)
                for case in outcome.cases:
                    if case.atom is not None and (outcome.met or not case.met):
                        child = self._signed(case.positive, case.atom, told, depth, deep, met=case.met)
                        reason.because.append(child)
                reasons.append(reason)
            else:
                reasons.append(self._comparisons.plain(instance, n))
        return reasons

    def _unseen(self, goal: clingo.Symbol) -> Reason:
        """Tell that nothing of a kind is so, where each one by itself would say no more."""
        reason = self._absent(goal, set(), Depth(0))
        reason.met = False
        return reason

    def _atom_conditions(
        self, outcome: Outcome, told: set[clingo.Symbol], depth: Depth, deep: bool
    ) -> list[Reason]:
        """Return the reason of a condition on an atom; of an exception that defeats, each atom that does."""
        assert outcome.atom is not None
        plain = outcome.condition.sign is not Sign.Negation
        if outcome.met and plain and deep and depth.below is Below.OUTCOME:
            return self._each_match(outcome, told, depth)
        if outcome.met or plain:
            return [self._atom_condition(outcome, told, depth, deep)]
        matches = self._prober.matches(outcome.atom)
        reasons = [self._signed(False, one, told, depth, deep, met=False) for one in matches[:MOST_INSTANCES]]
        reasons[-1].more = max(0, len(matches) - MOST_INSTANCES)
        return reasons

    def _each_match(self, outcome: Outcome, told: set[clingo.Symbol], depth: Depth) -> list[Reason]:
        """Return the reason of each atom that meets a condition of an outcome, as each missing course."""
        assert outcome.atom is not None
        matches = sorted(self._prober.matches(outcome.atom), key=self._survey.ranks.or_last)
        shown = [replace(outcome, atom=one) for one in matches[:MOST_INSTANCES]] or [outcome]
        reasons = [self._atom_condition(one, told, depth, True) for one in shown]
        reasons[-1].more = max(0, len(matches) - MOST_INSTANCES)
        return reasons

    def _atom_condition(self, outcome: Outcome, told: set[clingo.Symbol], depth: Depth, deep: bool) -> Reason:
        assert outcome.atom is not None
        positive = outcome.condition.sign is not Sign.Negation
        reason = self._signed(positive, outcome.atom, told, depth, deep, met=outcome.met)
        self._narrator.stated_provision(reason, outcome.atom)
        return reason

    def _signed(
        self,
        positive: bool,
        atom: clingo.Symbol,
        told: set[clingo.Symbol],
        depth: Depth,
        deep: bool,
        met: bool = True,
    ) -> Reason:
        """Return the reason of a condition on an atom, under `not` or plain."""
        outcome = atom.name in self._survey.outcomes
        step, below = step_of(positive, met, depth, deep, outcome=outcome)
        if step is Step.ABSENT:
            reason = self._absent(atom, told, below)
        else:
            match = min(self._prober.matches(atom), key=self._survey.ranks.or_last, default=atom)
            reason = self._present(match, told, depth, deep=step is Step.DEEP)
        reason.met = met
        return reason

    def _other_sense(self, outcome: Outcome) -> bool:
        """Whether an atom with open arguments says more than its condition: `p(X, X)` is not `p(_, _)`."""
        assert outcome.atom is not None
        positive = outcome.condition.sign is not Sign.Negation
        return self._prober.holds(outcome.atom) is not (outcome.met is positive)

    def _graft(self, reason: Reason, host: Reason) -> None:
        """Put what is behind a figure under the comparison it stands in."""
        reason.because = host.because
        reason.evidence = host.evidence
        reason.assumed = host.assumed
        reason.rule = host.rule
        reason.repeated = host.repeated
        reason.provisions = self._in_order([*host.provisions, *reason.provisions])
