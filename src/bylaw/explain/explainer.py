"""Why something follows from a record, and why something does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from weakref import WeakKeyDictionary

import clingo
from clingo.ast import ASTType, Sign

from bylaw.engine.solve import Decision, Engine
from bylaw.engine.symbols import symbol_of
from bylaw.explain.conditions import ANY, Form, Instance, Outcome
from bylaw.explain.narrate import Narrator
from bylaw.explain.prober import Prober
from bylaw.explain.reason import Kind, Reason
from bylaw.explain.workshop import Workshop
from bylaw.policy.patterns import Pattern

MOST_INSTANCES = 6
"""How many substitutions of one rule a why-not shows."""


_WORKSHOPS: WeakKeyDictionary[Engine, Workshop] = WeakKeyDictionary()
"""The probes of each engine's rules, for as long as it is in use."""


def _workshop_of(engine: Engine) -> Workshop:
    if engine not in _WORKSHOPS:
        _WORKSHOPS[engine] = Workshop(engine.policy.encoding.rules)
    return _WORKSHOPS[engine]


class Step(StrEnum):
    """How far an atom is explained."""

    DEEP = "deep"
    """It is so, and all behind it is told."""
    NAMED = "named"
    """It is so; its provisions are told and what it says, not what is behind it."""
    ABSENT = "absent"
    """It is not so."""


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
        self._instances: dict[clingo.Symbol, list[Instance]] = {}
        self._rank: dict[clingo.Symbol, int] = {}
        self._narrator = Narrator(engine.policy, decision, self._prober)
        self._from_record = frozenset(
            fact.predicate for table in self.policy.tables.values() if not table.pack for fact in table.facts
        ) | ({self.policy.clock.predicate} if self.policy.clock else frozenset())
        self._order = {pid: n for n, pid in enumerate(engine.policy.provisions)}

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
        self._survey([(atom, Step.DEEP, self._absent_depth) for atom in matches])
        told: set[clingo.Symbol] = set()
        reasons = [self._present(atom, told, self._absent_depth) for atom in matches]
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
        depth = max(self._absent_depth, 1) + 2
        self._survey([(goal, Step.ABSENT, depth)])
        return self._absent(goal, set(), depth, root=True)

    def routes_to(self, goals: Sequence[clingo.Symbol]) -> list[tuple[Reason, list[int]]]:
        """Return why each of some atoms is not so, by the rules that concern the case only; maybe none.

        Beside each rule stands how many of its conditions fail, or could not be looked at, at the nearest.
        """
        depth = max(self._absent_depth, 1) + 2
        self._survey([(goal, Step.ABSENT, depth) for goal in goals])
        found = []
        for goal in goals:
            lacking: dict[tuple[str, int] | None, int] = {}
            for one in self._instances.get(goal, ()):
                if not self._beside_the_case(one):
                    seen = sum(not outcome.condition.hidden for outcome in one.outcomes)
                    lacks = len(one.unmet) + max(0, len(one.rule.node.body) - seen)
                    place = self._narrator.rule_place(one.rule)
                    lacking[place] = min(lacks, lacking.get(place, lacks))
            reason = self._absent(goal, set(), depth, root=True)
            reason.because = [route for route in reason.because if route.rule in lacking]
            found.append((reason, [lacking[route.rule] for route in reason.because]))
        return found

    # --------------------------------------------------------------------------------- what is looked at

    def _survey(self, roots: Iterable[tuple[clingo.Symbol, Step, int]]) -> None:
        """Examine all that an explanation will tell, one call of clingo a level, and rank what is so."""
        seen: dict[tuple[clingo.Symbol, Step], int] = {}
        todo = list(roots)
        while todo:
            fresh = dict.fromkeys(
                goal
                for goal, _, _ in todo
                if goal not in self._instances
                and goal not in self.decision.facts
                and self._prober.derivable(goal)
            )
            self._instances.update(self._prober.examine(list(fresh)))
            following: list[tuple[clingo.Symbol, Step, int]] = []
            for goal, step, depth in todo:
                if seen.get((goal, step), -1) >= depth:
                    continue
                seen[goal, step] = depth
                following += self._below(goal, step, depth)
            todo = following
        self._found()

    def _below(
        self, goal: clingo.Symbol, step: Step, depth: int
    ) -> Iterator[tuple[clingo.Symbol, Step, int]]:
        """Yield what is told below an atom."""
        instances = self._instances.get(goal, [])
        if step is Step.DEEP:
            for instance in instances:
                if instance.supports:
                    yield from self._parts(instance, depth, taken=True)
        elif step is Step.ABSENT and depth > 0:
            for group in self._routes(instances):
                for instance in self._nearest(group):
                    yield from self._parts(instance, depth, taken=False)

    def _parts(
        self, instance: Instance, depth: int, taken: bool
    ) -> Iterator[tuple[clingo.Symbol, Step, int]]:
        decisive = self._decisive(instance, taken)
        for n, outcome in enumerate(instance.outcomes):
            signed: list[tuple[bool, clingo.Symbol, bool]] = []
            if outcome.condition.form is Form.ATOM and outcome.atom is not None:
                signed.append((outcome.condition.sign is not Sign.Negation, outcome.atom, outcome.met))
            signed += [(positive, atom, True) for e in outcome.elements for positive, atom in e.atoms]
            signed += [
                (case.positive, case.atom, case.met)
                for case in outcome.cases
                if case.atom is not None and (outcome.met or not case.met)
            ]
            for positive, atom, met in signed:
                step, below = self._step(positive, met, depth, n in decisive)
                if step is Step.ABSENT:
                    yield atom, step, below
                else:
                    yield from ((match, step, below) for match in self._prober.matches(atom))

    @staticmethod
    def _step(positive: bool, met: bool, depth: int, deep: bool) -> tuple[Step, int]:
        """Tell how far a condition is explained: in full where it decides, by name where it does not."""
        if positive is met:
            return (Step.DEEP if deep else Step.NAMED), depth
        return Step.ABSENT, depth - 1 if positive else min(depth - 1, 1)

    def _routes(self, instances: Iterable[Instance]) -> list[list[Instance]]:
        """Group instances by rule, without rules that do not concern the case if there are others."""
        by_rule: dict[int, list[Instance]] = {}
        for instance in instances:
            by_rule.setdefault(instance.rule.number, []).append(instance)
        groups = list(by_rule.values())
        return [g for g in groups if not all(map(self._beside_the_case, g))] or groups

    @staticmethod
    def _nearest(group: Sequence[Instance]) -> list[Instance]:
        """Return the substitutions that fail in the fewest conditions, up to MOST_INSTANCES."""
        fewest = min(len(instance.unmet) for instance in group)
        return [one for one in group if len(one.unmet) == fewest][:MOST_INSTANCES]

    def _beside_the_case(self, instance: Instance) -> bool:
        """Whether a rule fails for what no record of the subject could change.

        That is a reading that is not taken, a word of the pack alone ("year 1 is one of the clinical
        years"), or a number in the rule beside which the record has another ("placed in year 2").
        """
        return any(
            self._fixed(outcome.atom.name) or self._another_number(outcome)
            for outcome in instance.unmet
            if outcome.condition.form is Form.ATOM
            and outcome.condition.sign is Sign.NoSign
            and outcome.atom is not None
        )

    def _fixed(self, name: str) -> bool:
        return self._from_record.isdisjoint(self.policy.encoding.reached_from(name))

    def _another_number(self, outcome: Outcome) -> bool:
        assert outcome.atom is not None
        written = outcome.condition.atom.symbol.arguments
        numbers = [
            term.ast_type == ASTType.SymbolicTerm and term.symbol.type is clingo.SymbolType.Number
            for term in written
        ]
        if not any(numbers) or len(written) != len(outcome.atom.arguments):
            return False
        args = [
            ANY if number else given for number, given in zip(numbers, outcome.atom.arguments, strict=True)
        ]
        return self._prober.holds(clingo.Function(outcome.atom.name, args))

    # ---------------------------------------------------------------------------------------- what is so

    def _found(self) -> None:
        """Rank atoms by a least fixpoint: an atom rests on atoms of lower rank only."""
        waiting = []
        for atom in self._instances:
            if atom not in self._rank and self._prober.holds(atom) and ANY not in atom.arguments:
                waiting.append(atom)
        level = max(self._rank.values(), default=0)
        while waiting:
            level += 1
            ranked = [atom for atom in waiting if any(map(self._grounded, self._supports(atom)))]
            if not ranked:
                break
            for atom in ranked:
                self._rank[atom] = level
            waiting = [atom for atom in waiting if atom not in self._rank]

    def _supports(self, atom: clingo.Symbol) -> list[Instance]:
        return [instance for instance in self._instances.get(atom, ()) if instance.supports]

    def _grounded(self, instance: Instance, below: int | None = None) -> bool:
        """Whether all that an instance rests on is ranked, below a rank if one is given."""
        for used in instance.used():
            ranks = [self._rank_of(match) for match in self._prober.matches(used)]
            if not any(rank is not None and (below is None or rank < below) for rank in ranks):
                return False
        return True

    def _rank_of(self, atom: clingo.Symbol) -> int | None:
        """Return the rank of an atom; what is given, or stands by itself, has rank 0."""
        if atom in self._rank:
            return self._rank[atom]
        return None if atom in self._instances and atom not in self.decision.facts else 0

    def _rank_or_last(self, atom: clingo.Symbol) -> float:
        """Rank what has none last, so that of several atoms one is told that rests on the fewest."""
        rank = self._rank_of(atom)
        return float("inf") if rank is None else rank

    def _present(
        self, atom: clingo.Symbol, told: set[clingo.Symbol], depth: int, deep: bool = True
    ) -> Reason:
        """Return the reason of an atom that is so."""
        given = self.decision.facts.get(atom)
        if given:
            return self._narrator.given(atom, given)
        reason = self._narrator.derived(atom, True)
        founded = self._founded(atom)
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

    def _founded(self, atom: clingo.Symbol) -> list[Instance]:
        """Return the supports of an atom that do not rest on it: of lower rank where predicates recur."""
        rank = self._rank.get(atom)
        supports = self._supports(atom)
        recurring = {
            used.name
            for one in supports
            for used in one.used()
            if atom.name in self.policy.encoding.reached_from(used.name)
        }

        def below(instance: Instance) -> bool:
            recurs = any(used.name in recurring for used in instance.used())
            return self._grounded(instance, rank if recurs else None)

        return [one for one in supports if below(one)] or supports

    def _in_order(self, provisions: Iterable[str]) -> tuple[str, ...]:
        once = dict.fromkeys(provisions)
        return tuple(sorted(once, key=lambda pid: self._order.get(pid, len(self._order))))

    # ------------------------------------------------------------------------------------ what is not so

    def _absent(
        self, goal: clingo.Symbol, told: set[clingo.Symbol], depth: int, root: bool = False
    ) -> Reason:
        """Return the reason of an atom, or of any that match a goal, that is not so."""
        if not self._prober.derivable(goal):
            return self._narrator.not_given(goal)
        reason = self._narrator.derived(goal, False)
        if goal in told:
            reason.repeated = True
            return reason
        if depth <= 0:
            return reason
        told.add(goal)
        for group in self._routes(self._instances.get(goal, ())):
            nearest = self._nearest(group)
            route = self._narrator.route(goal, group[0].rule, False)
            route.more = max(0, sum(len(o.unmet) == len(nearest[0].unmet) for o in group) - len(nearest))
            route.because = self._conditions(nearest, told, depth, taken=False)
            reason.because.append(route)
        if len(reason.because) == 1 and not root:
            only = reason.because[0]
            reason.because, reason.rule, reason.provisions = only.because, only.rule, only.provisions
        else:
            reason.provisions = self._in_order(p for route in reason.because for p in route.provisions)
        return reason

    # ---------------------------------------------------------------------------------------- conditions

    def _conditions(
        self,
        instances: Sequence[Instance],
        told: set[clingo.Symbol],
        depth: int,
        taken: bool = True,
    ) -> list[Reason]:
        """Return the reasons for the conditions of one rule, those of several substitutions merged."""
        found: dict[tuple[str, bool, bool], Reason] = {}
        for instance in instances:
            for reason in self._conditions_of(instance, told, depth, taken):
                found.setdefault((reason.says, reason.holds, reason.met), reason)
        reasons = list(found.values())
        if not taken:
            reasons.sort(key=lambda reason: reason.met)
        return reasons

    def _conditions_of(
        self, instance: Instance, told: set[clingo.Symbol], depth: int, taken: bool
    ) -> list[Reason]:
        hosts = self._narrator.hosts(instance)
        decisive = self._decisive(instance, taken)
        reasons: list[Reason] = []
        for n, outcome in enumerate(instance.outcomes):
            if outcome.condition.hidden:
                if not outcome.met:
                    reasons.append(self._narrator.other_value(instance, n))
                continue
            if n in hosts.folded:
                continue
            form, deep = outcome.condition.form, n in decisive
            if form is Form.ATOM and outcome.atom is not None:
                if self._other_sense(outcome):
                    reasons.append(self._narrator.not_as_asked(outcome))
                else:
                    reasons.append(self._atom_condition(outcome, told, depth, deep))
            elif form is Form.COMPARISON:
                host = hosts.host_of.get(n)
                reason = self._narrator.comparison(instance, n, host)
                if host is not None:
                    figure = self._atom_condition(instance.outcomes[host], told, depth, host in decisive)
                    self._graft(reason, figure)
                reasons.append(reason)
            elif form is Form.AGGREGATE:
                reason = self._narrator.aggregate(instance, n)
                for element in outcome.elements:
                    parts = [self._signed(so, atom, told, depth, deep) for so, atom in element.atoms]
                    reason.because.append(self._narrator.element(instance, n, element, parts))
                reasons.append(reason)
            elif form is Form.EACH:
                if not outcome.cases and len(instance.outcomes) > 1:
                    continue  # nothing is asked where there is no case
                reason = self._narrator.each(instance, n)
                for case in outcome.cases:
                    if case.atom is not None and (outcome.met or not case.met):
                        child = self._signed(case.positive, case.atom, told, depth, deep, met=case.met)
                        reason.because.append(child)
                reasons.append(reason)
            else:
                reasons.append(self._narrator.plain(instance, n))
        return reasons

    def _decisive(self, instance: Instance, taken: bool) -> set[int]:
        """Return the positions of the conditions that decide: all of a rule taken, else those that fail.

        The figure of a comparison that fails is among them.
        """
        if taken:
            return set(range(len(instance.outcomes)))
        failing = {n for n, outcome in enumerate(instance.outcomes) if not outcome.met}
        return failing | {h for n, h in self._narrator.hosts(instance).host_of.items() if n in failing}

    def _atom_condition(self, outcome: Outcome, told: set[clingo.Symbol], depth: int, deep: bool) -> Reason:
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
        depth: int,
        deep: bool,
        met: bool = True,
    ) -> Reason:
        """Return the reason of a condition on an atom, under `not` or plain."""
        step, below = self._step(positive, met, depth, deep)
        if step is Step.ABSENT:
            reason = self._absent(atom, told, below)
        else:
            match = min(self._prober.matches(atom), key=self._rank_or_last, default=atom)
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
