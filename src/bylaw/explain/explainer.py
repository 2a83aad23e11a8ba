"""Why something follows from a record, and why something does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import clingo
from clingo.ast import Sign

from bylaw.engine.solve import Decision, Engine
from bylaw.engine.symbols import symbol_of
from bylaw.explain.conditions import ANY, Form, Instance
from bylaw.explain.narrate import Narrator
from bylaw.explain.prober import Prober
from bylaw.explain.reason import Kind, Reason
from bylaw.policy.patterns import Pattern

MOST_INSTANCES = 6
"""How many substitutions of one rule a why-not shows."""


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
        self._prober = Prober(engine.policy.encoding.rules, decision.atoms)
        self._absent_depth = absent_depth
        self._routes: dict[clingo.Symbol, list[Instance]] = {}
        self._rank: dict[clingo.Symbol, int] = {}
        self._narrator = Narrator(engine.policy, decision, self._prober)
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

    def why(self, pattern: Pattern) -> Reason:
        """Return why what a pattern means is so; if it is not, why not.

        Where several atoms match, the reason has one child for each.
        """
        goal = self.goal(pattern)
        matches = self._prober.matches(goal)
        if not matches:
            return self.why_not(pattern)
        self._explore(matches)
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
        return self._absent(goal, set(), max(self._absent_depth, 1) + 2, root=True)

    # ---------------------------------------------------------------------------------------- what is so

    def _explore(self, atoms: Iterable[clingo.Symbol]) -> None:
        """Find the supports of atoms and of all they rest on, and rank those that are founded."""
        todo = [atom for atom in dict.fromkeys(atoms) if atom not in self._routes]
        while todo:
            derived = [
                a for a in todo if a not in self.decision.facts and self._prober.derivable(a) and a != ANY
            ]
            examined = self._prober.examine(derived)
            following: dict[clingo.Symbol, None] = {}
            for atom in todo:
                supports = [one for one in examined.get(atom, ()) if one.supports]
                self._routes[atom] = supports
                for instance in supports:
                    for used in instance.used():
                        for match in self._prober.matches(used):
                            if match not in self._routes:
                                following.setdefault(match)
            todo = list(following)
        self._found()

    def _found(self) -> None:
        """Rank atoms by a least fixpoint: an atom rests on atoms of lower rank only."""
        for atom, supports in self._routes.items():
            if not supports:
                self._rank.setdefault(atom, 0)
        waiting = [atom for atom in self._routes if atom not in self._rank]
        level = 0
        while waiting:
            level += 1
            ranked = [atom for atom in waiting if any(map(self._grounded, self._routes[atom]))]
            if not ranked:
                break
            for atom in ranked:
                self._rank[atom] = level
            waiting = [atom for atom in waiting if atom not in self._rank]

    def _grounded(self, instance: Instance, below: int | None = None) -> bool:
        """Whether all that an instance rests on is ranked, below a rank if one is given."""
        for used in instance.used():
            ranks = [self._rank.get(match) for match in self._prober.matches(used)]
            known = [rank for rank in ranks if rank is not None and (below is None or rank < below)]
            if not known:
                return False
        return True

    def _present(self, atom: clingo.Symbol, told: set[clingo.Symbol], depth: int) -> Reason:
        """Return the reason of an atom that is so."""
        given = self.decision.facts.get(atom)
        if given:
            return self._narrator.given(atom, given)
        reason = self._narrator.derived(atom, True)
        if atom in told:
            reason.repeated = True
            self._cite(reason, self._founded(atom))
            return reason
        told.add(atom)
        if atom not in self._routes:
            self._explore([atom])
        founded = self._founded(atom)
        self._cite(reason, founded)
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
        rank = self._rank.get(atom)
        supports = self._routes.get(atom, [])
        return [one for one in supports if self._grounded(one, rank)] or supports

    def _cite(self, reason: Reason, instances: Sequence[Instance]) -> None:
        reason.provisions = self._in_order(pid for one in instances for pid in one.rule.provisions)

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
        instances = self._prober.examine([goal])[goal]
        by_rule: dict[int, list[Instance]] = {}
        for instance in instances:
            by_rule.setdefault(instance.rule.number, []).append(instance)
        routes = list(by_rule.values())
        read = [r for r in routes if not all(self._other_reading(one) for one in r)]
        for group in read or routes:
            reason.because.append(self._route_not_taken(goal, group, told, depth))
        if len(reason.because) == 1 and not root:
            only = reason.because[0]
            reason.because, reason.rule, reason.provisions = only.because, only.rule, only.provisions
        else:
            reason.provisions = self._in_order(p for route in reason.because for p in route.provisions)
        return reason

    def _other_reading(self, instance: Instance) -> bool:
        """Whether a rule belongs to a reading of the text that is not the one taken."""
        return any(
            not outcome.met
            and outcome.condition.form is Form.ATOM
            and outcome.atom is not None
            and outcome.atom.name == "reading"
            for outcome in instance.outcomes
        )

    def _route_not_taken(
        self, goal: clingo.Symbol, group: list[Instance], told: set[clingo.Symbol], depth: int
    ) -> Reason:
        route = self._narrator.route(goal, group[0].rule, False)
        fewest = min(len(instance.unmet) for instance in group)
        nearest = [instance for instance in group if len(instance.unmet) == fewest]
        route.more = max(0, len(nearest) - MOST_INSTANCES)
        route.because = self._conditions(nearest[:MOST_INSTANCES], told, depth, unmet_first=True)
        return route

    # ---------------------------------------------------------------------------------------- conditions

    def _conditions(
        self,
        instances: Sequence[Instance],
        told: set[clingo.Symbol],
        depth: int,
        unmet_first: bool = False,
    ) -> list[Reason]:
        """Return the reasons for the conditions of one rule, those of several substitutions merged."""
        found: dict[tuple[str, bool, bool], Reason] = {}
        for instance in instances:
            for reason in self._conditions_of(instance, told, depth):
                found.setdefault((reason.says, reason.holds, reason.met), reason)
        reasons = list(found.values())
        if unmet_first:
            reasons.sort(key=lambda reason: reason.met)
        return reasons

    def _conditions_of(self, instance: Instance, told: set[clingo.Symbol], depth: int) -> list[Reason]:
        hosts = self._narrator.hosts(instance)
        reasons: list[Reason] = []
        for n, outcome in enumerate(instance.outcomes):
            if outcome.condition.hidden or n in hosts.folded:
                continue
            form = outcome.condition.form
            if form is Form.ATOM and outcome.atom is not None:
                reasons.append(self._atom_condition(instance, n, told, depth))
            elif form is Form.COMPARISON:
                host = hosts.host_of.get(n)
                reason = self._narrator.comparison(instance, n, host)
                if host is not None:
                    self._graft(reason, self._atom_condition(instance, host, told, depth))
                reasons.append(reason)
            elif form is Form.AGGREGATE:
                reason = self._narrator.aggregate(instance, n)
                for element in outcome.elements:
                    parts = [self._signed(positive, atom, told, depth) for positive, atom in element.atoms]
                    reason.because.append(self._narrator.element(instance, n, element, parts))
                reasons.append(reason)
            elif form is Form.EACH:
                reason = self._narrator.each(instance, n)
                for case in outcome.cases:
                    if case.atom is None or (case.met and not outcome.met):
                        continue
                    child = self._signed(case.positive, case.atom, told, depth, met=case.met)
                    reason.because.append(child)
                reasons.append(reason)
            else:
                reasons.append(self._narrator.plain(instance, n))
        return reasons

    def _atom_condition(self, instance: Instance, n: int, told: set[clingo.Symbol], depth: int) -> Reason:
        outcome = instance.outcomes[n]
        assert outcome.atom is not None
        positive = outcome.condition.sign is not Sign.Negation
        reason = self._signed(positive, outcome.atom, told, depth, met=outcome.met)
        self._narrator.stated_provision(reason, outcome.atom)
        return reason

    def _signed(
        self, positive: bool, atom: clingo.Symbol, told: set[clingo.Symbol], depth: int, met: bool = True
    ) -> Reason:
        """Return the reason of a condition on an atom, under `not` or plain."""
        so = positive is met
        if so:
            match = next(iter(self._prober.matches(atom)), atom)
            if not met or depth > 0:
                reason = self._present(match, told, depth)
            else:
                reason = self._narrator.given(match, self.decision.facts.get(match, ()))
        else:
            unmet = positive
            reason = self._absent(atom, told, depth - 1 if unmet else min(depth - 1, 1))
        reason.met = met
        return reason

    def _graft(self, reason: Reason, host: Reason) -> None:
        """Put what is behind a figure under the comparison it stands in."""
        reason.because = host.because
        reason.evidence = host.evidence
        reason.assumed = host.assumed
        reason.rule = host.rule
        reason.repeated = host.repeated
        reason.provisions = self._in_order([*host.provisions, *reason.provisions])
