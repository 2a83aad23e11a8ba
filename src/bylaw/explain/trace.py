"""Which rules fire under an answer set, what they rest on, and which exceptions keep others from firing.

Where an explanation tells one conclusion in full, a trace tells all of them at once and without words: next
to the answer set, taken as facts, stand companions of every rule, and the grounder finds their instances.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

import clingo

from bylaw.engine.program import add_facts, head_atoms
from bylaw.engine.symbols import fact_symbol, symbol_of
from bylaw.explain.atom_table import AtomReader, AtomTable, Goal, Names, Row
from bylaw.explain.instances import Firing, Instances, ReadyRoute
from bylaw.explain.limit_sides import LimitSides, Seen
from bylaw.explain.reach import record_predicates
from bylaw.explain.routes import Route, Signature, route_of
from bylaw.explain.templates import ANY, Template
from bylaw.policy.model import Policy, Rule
from bylaw.policy.patterns import Pattern


@dataclass(slots=True)
class Support:
    """What stands behind some atoms that are so, and others that are not.

    Args:
        atoms: what is so and used: derived atoms and facts.
        rules: the numbers of the rules that fire and are used.
        failing: the numbers of the rules that could have concluded what is not so.
    """

    atoms: set[clingo.Symbol] = field(default_factory=set)
    rules: set[int] = field(default_factory=set)
    failing: set[int] = field(default_factory=set)


_Text = tuple[frozenset[Signature], str]
"""The predicates that a rule cannot do without, and its companions."""


class Tracer:
    """Traces answer sets of one policy.

    Args:
        policy: whose rules they are.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.sides = LimitSides(policy)
        self.names = Names()
        self.paths: dict[tuple[str, int], list[ReadyRoute]] = {}
        self.by_rule: dict[int, list[Route]] = {}
        depends = policy.encoding.depends
        self.circular = {
            name
            for name in depends
            if any(name in policy.encoding.reached_from(one) for one in depends[name])
        }
        self.of_record = record_predicates(policy)
        self._texts: dict[str, list[_Text]] = {}
        for rule in policy.encoding.rules:
            for n, head in enumerate(head_atoms(rule)):
                route, text = route_of(rule, head, f"{rule.number}_{n}")
                self.paths.setdefault((route.head.name, len(route.head.args)), []).append(self._path(route))
                self.by_rule.setdefault(rule.number, []).append(route)
                needs = frozenset((need.name, len(need.args)) for need in route.needs)
                self._texts.setdefault(route.head.name, []).append((needs, "\n".join(text)))
        self._stated: dict[tuple[str, ...], Instances] = {}

    def _path(self, route: Route) -> ReadyRoute:
        def ready(template: Template) -> tuple[int | str | None, ...]:
            return tuple(self.names.of(a) if isinstance(a, clingo.Symbol) else a for a in template.args)

        head = ready(route.head)
        needs = tuple(((need.name, len(need.args)), ready(need)) for need in route.needs)
        written = (one for args in (head, *(args for _, args in needs)) for one in args)
        fixed: dict[int | str | None, int] = {one: one for one in written if isinstance(one, int)}
        return ReadyRoute(route, head, needs, fixed)

    def trace(
        self, atoms: Iterable[clingo.Symbol], predicates: Container[str] | None = None, *, sides: bool = True
    ) -> Trace:
        """Return how the rules fare under an answer set.

        Args:
            atoms: the answer set.
            predicates: only the rules that derive one of these are looked at; all unless given.
            sides: whether the sides of limits are asked for.
        """
        known = list(atoms)
        wanted = [n for n in self._texts if n in self.of_record and (predicates is None or n in predicates)]
        present = {(atom.name, len(atom.arguments)) for atom in known}
        lines = self.sides.lines if sides else ()
        control = self._grounded(known, "\n".join([self._text(wanted, present), *lines]))
        names = AtomReader(self.names)
        own = Instances(control, names)
        return Trace(self, names, own, self._stated_by({a.name: b.name for a, b in own.told("reading", 2)}))

    def _stated_by(self, readings: Mapping[str, str]) -> Instances:
        """Return the instances of the rules on what the pack states, which are the same for every record.

        Args:
            readings: those that the rules looked at.
        """
        taken = {one.name: readings.get(one.name, one.default) for one in self.policy.readings.values()}
        key = tuple(taken.values())
        if key not in self._stated:
            own = [r for r in self.policy.encoding.rules if not any(n in self.of_record for n, _ in r.heads)]
            facts = [fact_symbol(fact) for fact in self.policy.statements(taken)]
            control = self._grounded(facts, "\n".join(rule.source for rule in own))
            atoms = [one.symbol for one in control.symbolic_atoms]
            names = [name for name in self._texts if name not in self.of_record]
            text = self._text(names, {(atom.name, len(atom.arguments)) for atom in atoms})
            self._stated[key] = Instances(self._grounded(atoms, text), AtomReader(self.names))
        return self._stated[key]

    def _text(self, names: Iterable[str], present: Set[tuple[str, int]]) -> str:
        """Write the companions of the rules that have all the predicates that they ask for."""
        return "\n".join(text for name in names for needs, text in self._texts[name] if needs <= present)

    @staticmethod
    def _grounded(atoms: Iterable[clingo.Symbol], text: str) -> clingo.Control:
        control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
        add_facts(control, atoms)
        control.add("base", [], text)
        control.ground([("base", [])])
        return control


class Trace:
    """How the rules of a policy fare under one answer set; made by `Tracer.trace`."""

    def __init__(self, tracer: Tracer, names: AtomReader, own: Instances, stated: Instances) -> None:
        self._tracer = tracer
        self._names = names
        self._own = own
        self._stated = stated
        self._tables: dict[tuple[str, int], AtomTable[int, clingo.Symbol]] = {}
        self._in_force: dict[str, bool] = {}
        self._goals: dict[clingo.Symbol, tuple[Goal, ...]] = {}
        self._rank: dict[Goal, int] = {}
        self._leads: Set[Signature] | None = None

    def atoms(self, name: str, arity: int) -> Collection[clingo.Symbol]:
        """Return the atoms of a predicate in the answer set."""
        return self._table(name, arity).rows.values()

    def _table(self, name: str, arity: int) -> AtomTable[int, clingo.Symbol]:
        """Return the atoms of a predicate, read when they are first asked for."""
        found = self._tables.get((name, arity))
        if found is None:
            rows = {self._names.row(atom): atom for atom in self._own.atoms(name, arity)}
            found = self._tables[name, arity] = AtomTable(rows)
        return found

    def _home(self, name: str) -> Instances:
        """Return where the instances of the rules for a predicate are."""
        return self._own if name in self._tracer.of_record else self._stated

    def fires(self, rule: Rule) -> bool:
        """Whether a rule derives something."""
        return any(
            self._home(route.head.name).any(f"_f{route.key}", 4)
            for route in self._tracer.by_rule[rule.number]
        )

    def in_force(self, rule: Rule) -> bool:
        """Whether a rule belongs to no reading, or to one that is taken."""
        return any(map(self._taken, self._tracer.by_rule[rule.number]))

    def goal(self, pattern: Pattern, subject: str) -> clingo.Symbol:
        """Return a pattern as a goal: ANY for what is left open; the subject is filled in where it stands."""
        args = [ANY if term is None else symbol_of(term) for term in pattern.args]
        if args and args[0] == ANY and pattern.predicate.args[0][1] == self._tracer.policy.subject:
            args[0] = clingo.String(subject)
        return clingo.Function(pattern.predicate.name, args)

    def matches(self, goal: clingo.Symbol) -> list[clingo.Symbol]:
        """Return the atoms of the answer set that match a goal."""
        name, args = self._names.goal(goal)
        table = self._table(name, len(args))
        return [table.rows[row] for row in table.matching(args)]

    def behind(
        self,
        present: Iterable[clingo.Symbol],
        absent: Iterable[clingo.Symbol] = (),
        *,
        failing: bool = True,
    ) -> Support:
        """Return what stands behind atoms that are so and goals that are not.

        What a rule denies is followed to the rules that fail there, and what alone keeps a rule from
        firing, its exception, to the rules that derive it.

        Args:
            present: atoms that are so.
            absent: goals that are not.
            failing: whether the rules that fail are asked for. Without them only what can lead to an
                exception is followed, and the atoms and the rules that are used are the same.
        """
        found = Support()
        leads = None if failing else self._leading()
        followed: set[Goal] = set()
        used: set[Goal] = set()
        failed: set[Goal] = set()
        todo = [(True, self._names.goal(atom)) for atom in present]
        todo += [(False, self._names.goal(goal)) for goal in absent]
        while todo:
            so, goal = todo.pop()
            if not so:
                if goal not in failed:
                    failed.add(goal)
                    todo += self._below_absent(goal, found, leads)
                continue
            if goal in followed:
                continue
            followed.add(goal)
            name, args = goal
            table = self._table(name, len(args))
            for row in table.matching(args):
                if (name, row) not in used:
                    used.add((name, row))
                    found.atoms.add(table.rows[row])
                    todo += self._below_present(name, row, found, leads)
        return found

    def candidates(self, goal: clingo.Symbol) -> set[int]:
        """Return the numbers of the rules in force that could conclude a goal."""
        name, args = self._names.goal(goal)
        return {
            path.route.rule.number
            for path in self._tracer.paths.get((name, len(args)), ())
            if self._taken(path.route) and path.bind(args) is not None
        }

    def seen(self) -> Seen:
        """Return the figures that stand below, at and above each limit."""
        return self._tracer.sides.read(self._own.told)

    def _leading(self) -> Set[Signature]:
        """Return the predicates whose absence can lead to an exception by way of the rules that fail."""
        if self._leads is None:
            askers: dict[Signature, set[Signature]] = {}
            leads: set[Signature] = set()
            for signature, paths in self._tracer.paths.items():
                home = self._home(signature[0])
                for path in paths:
                    if self._taken(path.route):
                        for need, _ in path.needs:
                            askers.setdefault(need, set()).add(signature)
                        if any(home.any(own, 2) for own in path.route.exceptions):
                            leads.add(signature)
            todo = list(leads)
            while todo:
                more = askers.get(todo.pop(), set()) - leads
                leads |= more
                todo += more
            self._leads = leads
        return self._leads

    def _below_present(
        self, name: str, row: Row, found: Support, leads: Set[Signature] | None
    ) -> Iterator[tuple[bool, Goal]]:
        for firing in self._founded(name, row):
            found.rules.add(firing.rule)
            for part in firing.used:
                yield from ((True, goal) for goal in self._parts(part))
            if leads is not None and leads.isdisjoint(firing.denies):
                continue
            for part in firing.denied:
                for goal in self._parts(part):
                    if leads is None or (goal[0], len(goal[1])) in leads:
                        yield False, goal

    def _below_absent(
        self, goal: Goal, found: Support, leads: Set[Signature] | None
    ) -> Iterator[tuple[bool, Goal]]:
        name, args = goal
        for path in self._tracer.paths.get((name, len(args)), ()):
            if not self._taken(path.route):
                continue
            bound = path.bind(args)
            if bound is None:
                continue
            found.failing.add(path.route.rule.number)
            for part, wanted in path.needed(bound, leads):
                if not self._table(*part).matches(wanted):
                    yield False, (part[0], wanted)
            for own in path.route.exceptions:
                table = self._home(name).exceptions(own)
                for row in table.matching(args):
                    yield from ((True, exception) for exception in table.rows[row])

    def _parts(self, tuple_: clingo.Symbol) -> tuple[Goal, ...]:
        """Return the atoms in a tuple as goals."""
        found = self._goals.get(tuple_)
        if found is None:
            found = self._goals[tuple_] = tuple(map(self._names.goal, tuple_.arguments))
        return found

    def _taken(self, route: Route) -> bool:
        taken = self._in_force.get(route.key)
        if taken is None:
            taken = all(self.matches(reading) for reading in route.readings)
            self._in_force[route.key] = taken
        return taken

    def _of(self, name: str, row: Row) -> list[Firing]:
        paths = self._tracer.paths.get((name, len(row)), ())
        return self._home(name).of(name, row, paths) if paths else []

    def _founded(self, name: str, row: Row) -> list[Firing]:
        """Return the instances that derive an atom without resting on it themselves."""
        firings = self._of(name, row)
        if len(firings) < 2 or name not in self._tracer.circular:
            return firings
        if not self._rank:
            self._rank_circular()
        rank = self._rank.get((name, row), 0)
        return [one for one in firings if self._rests_below(one, rank)] or firings

    def _rank_circular(self) -> None:
        """Rank the atoms of predicates that depend on themselves by a least fixpoint."""
        circular = self._tracer.circular
        waiting = {
            (name, row)
            for name, arity in self._tracer.paths
            if name in circular
            for row in self._table(name, arity).rows
            if self._of(name, row)
        }
        level = 0
        while waiting:
            level += 1
            ready = [a for a in waiting if any(self._rests_below(one, level) for one in self._of(*a))]
            if not ready:
                break
            self._rank.update(dict.fromkeys(ready, level))
            waiting.difference_update(ready)

    def _rests_below(self, firing: Firing, level: int) -> bool:
        """Whether all that an instance rests on is ranked below a level."""
        for name, args in (goal for part in firing.used for goal in self._parts(part)):
            rows = self._table(name, len(args)).matching(args)
            if rows and not any(
                name not in self._tracer.circular or self._rank.get((name, row), level) < level
                for row in rows
            ):
                return False
        return True
