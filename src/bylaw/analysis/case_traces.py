"""What one case of a pack shows: the provisions that it decides, and the sides of limits that it touches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bylaw.analysis.cases import CaseRunner, figures_of
from bylaw.engine.solve import Decision
from bylaw.engine.symbols import Symbol, term_of
from bylaw.explain.trace import Support, Trace, Tracer
from bylaw.policy.cases import Case, Expectation
from bylaw.policy.model import Policy, Rule
from bylaw.tables.cells import CellError, parse_value
from bylaw.tables.schema import Column
from bylaw.tables.terms import Fact

BELOW, AT, ABOVE = -1, 0, 1
"""The sides of a limit."""


@dataclass(frozen=True, slots=True)
class CaseTrace:
    """What a case shows; plain data, so that it can be handed from one process to another.

    Args:
        number: the position of the case in the pack.
        failures: what was expected and what was found; empty if it passed.
        decided: the provisions behind something that the case asserts.
        not_decided: the provisions of rules that could have had a say in it, and have none.
        sides: (limit, side) of the figures that the rules compared with limits.
    """

    number: int
    failures: tuple[str, ...] = ()
    decided: frozenset[str] = frozenset()
    not_decided: frozenset[str] = frozenset()
    sides: frozenset[tuple[str, int]] = frozenset()


class CaseTracer:
    """Runs cases of one policy and traces what they show.

    Args:
        policy: the checked pack.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.tracer = Tracer(policy)
        self._runner = CaseRunner(policy)
        self._reached: dict[str, frozenset[str]] = {}
        self._rules: dict[str, list[Rule]] = {}
        for rule in policy.encoding.rules:
            for provision in rule.provisions:
                self._rules.setdefault(provision, []).append(rule)
        self._users = limit_users(policy)
        self._stating = _stating(policy)
        self._columns = bounded_columns(policy)

    def trace(self, case: Case, number: int = 0) -> CaseTrace:
        """Run a case and tell what it shows; nothing if it fails or is judged by another edition."""
        result, decision = self._runner.outcome(case, whole=True)
        if not result.passed:
            return CaseTrace(number, result.failures)
        if decision is not None and self.policy.edition not in decision.edition.split("; "):
            return CaseTrace(number)
        decided, not_decided = set[str](), set[str]()
        sides = set[tuple[str, int]]()
        for limit, side, beyond in self._of_columns(case):
            sides.add((limit, side))
            provision = self.policy.limits[limit].provision
            if beyond:
                decided.add(provision)
            elif provision not in self._rules:
                not_decided.add(provision)
        if decision is not None:
            traced = self.tracer.trace(decision.atoms, self._asserted(case))
            sides.update((limit, side) for limit, found in traced.seen().items() for side in found)
            sides.update(self._of_values(traced))
            self._judge(case, decision, traced, decided, not_decided)
        return CaseTrace(number, (), frozenset(decided), frozenset(not_decided), frozenset(sides))

    def hangs_on(self, case: Case, reading: str) -> bool:
        """Whether a case passes, and fails where one of its readings is set back to the default."""
        others = {name: value for name, value in case.readings.items() if name != reading}
        return self._runner.run(case).passed and not self._runner.run(replace(case, readings=others)).passed

    # --------------------------------------------------------------------------------------- provisions

    def _judge(
        self, case: Case, decision: Decision, traced: Trace, decided: set[str], not_decided: set[str]
    ) -> None:
        """Add the provisions that a case decides and those that it does not."""
        present, absent = self._goals(case, decision, traced)
        behind = traced.behind(present, absent)
        decided |= provisions_behind(self.policy, behind, decision.facts)
        # What is asserted to be absent is a test of the rules for it, whatever else they do in the record.
        for goal in absent:
            not_decided |= self._of_rules(traced.candidates(goal))
        silent = self._of_rules(behind.failing) | not_decided
        reached = self._asserted(case)
        for provision, rules in self._rules.items():
            own = [rule for rule in rules if any(head in reached for head, _ in rule.heads)]
            if any(map(traced.in_force, own)) and not any(map(traced.fires, own)):
                silent.add(provision)
        for provision, predicates in self._stating.items():
            if provision not in self._rules and not reached.isdisjoint(predicates):
                silent.add(provision)
        for limit, users in self._users.items():
            provision = self.policy.limits[limit].provision
            if provision not in self._rules and not reached.isdisjoint(users):
                silent.add(provision)
        not_decided |= silent - decided

    def _goals(self, case: Case, decision: Decision, traced: Trace) -> tuple[list[Symbol], list[Symbol]]:
        """Return what a case asserts to be so and what not."""
        present: list[Symbol] = []
        absent: list[Symbol] = []
        for expected in case.expect:
            goal = traced.goal(expected.pattern, decision.subject)
            if expected.kind == "absent":
                absent.append(goal)
            elif expected.kind != "undetermined":
                found = traced.matches(goal)
                present += found
                present += (atom for one in found for atom in self._figures(decision, expected, one))
        return present, absent

    def _figures(self, decision: Decision, expected: Expectation, atom: Symbol) -> Iterator[Symbol]:
        args = [term_of(argument) for argument in atom.arguments]
        for name in expected.value:
            for one in figures_of(self.policy, decision, expected, args, name):
                yield one.atom

    def _of_rules(self, numbers: Iterable[int]) -> set[str]:
        return {pid for number in numbers for pid in self.policy.encoding.rules[number].provisions}

    def _asserted(self, case: Case) -> frozenset[str]:
        """Return the predicates that what a case asserts rests on."""
        names = {e.pattern.predicate.name for e in case.expect if e.kind != "undetermined"}
        names |= {name for expected in case.expect for name in expected.value}
        for name in names - self._reached.keys():
            self._reached[name] = self.policy.encoding.reached_from(name)
        return frozenset[str]().union(*(self._reached[name] for name in names))

    # ------------------------------------------------------------------------------------------- limits

    def _of_values(self, traced: Trace) -> Iterator[tuple[str, int]]:
        """Yield the sides on which the figures lie that the vocabulary names for tests."""
        for predicate in self.policy.predicates.values():
            spec = predicate.value
            if spec is None or spec.bound not in self.policy.limits:
                continue
            bound = self.policy.limits[spec.bound].value
            for atom in traced.atoms(spec.actual, self.policy.predicates[spec.actual].arity):
                figure = term_of(atom.arguments[-1])
                if isinstance(figure, int):
                    yield spec.bound, _side(figure, bound)

    def _of_columns(self, case: Case) -> Iterator[tuple[str, int, bool]]:
        """Yield limit and side of the figures in columns that a limit bounds, and whether they pass it."""
        for table, column in self._columns:
            for row in case.rows.get(table, ()):
                figure = _figure(column, row.values)
                for limit, bound, sign in (
                    (column.minimum_limit, column.minimum, -1),
                    (column.maximum_limit, column.maximum, 1),
                ):
                    if figure is not None and limit and bound is not None:
                        side = _side(figure, bound)
                        yield limit, side, side == sign


def provisions_behind(policy: Policy, behind: Support, facts: Mapping[Symbol, Sequence[Fact]]) -> set[str]:
    """Return the provisions of the rules that are used, and of the limits, readings and tables.

    Args:
        facts: by atom, those that the pack states at least.
    """
    found = {pid for number in behind.rules for pid in policy.encoding.rules[number].provisions}
    for atom in behind.atoms:
        if atom.name == "limit":
            found.add(policy.limits[atom.arguments[0].name].provision)
        elif atom.name == "reading":
            found.update(policy.readings[atom.arguments[0].name].provisions)
        for fact in facts.get(atom, ()):
            table = policy.tables.get(fact.row.table) if fact.row else None
            if table is not None and table.pack and table.provision:
                found.add(table.provision)
    return found


def limit_users(policy: Policy) -> Mapping[str, frozenset[str]]:
    """Return, for each limit, the predicates in the heads of the rules that name it."""
    found = {}
    for limit in policy.limits:
        pattern = re.compile(rf"\blimit\({limit}\b")
        rules = [rule for rule in policy.encoding.rules if pattern.search(rule.source)]
        found[limit] = frozenset(name for rule in rules for name, _ in rule.heads)
    return found


def bounded_columns(policy: Policy) -> list[tuple[str, Column]]:
    """Return the columns of the record that limits bound, each with its table."""
    return [
        (table.name, column)
        for table in policy.tables.values()
        if not table.pack
        for column in table.columns.values()
        if column.minimum_limit or column.maximum_limit
    ]


def _stating(policy: Policy) -> dict[str, set[str]]:
    """Return, for each provision that tables of the pack state, the predicates that they give."""
    found: dict[str, set[str]] = {}
    for table in policy.tables.values():
        if table.pack and table.provision:
            found.setdefault(table.provision, set()).update(one.predicate for one in table.facts)
    return found


def _figure(column: Column, values: Mapping[str, object]) -> int | None:
    """Read a figure as if its column had no bounds."""
    free = replace(column, minimum=None, maximum=None, required=False)
    try:
        figure = parse_value(free, values.get(column.name))
    except CellError:
        return None
    return figure if isinstance(figure, int) else None


def _side(figure: int, bound: int) -> int:
    return (figure > bound) - (figure < bound)
