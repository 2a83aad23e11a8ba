"""Which rules fire under an answer set, what they rest on, and which exceptions keep others from firing.

Where an explanation tells one conclusion in full, a trace tells all of them at once and without words: next
to the answer set, taken as facts, stand companions of every rule, and the grounder finds their instances.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import clingo

from bylaw.engine.program import add_facts, head_atoms
from bylaw.engine.symbols import symbol_of
from bylaw.explain.conditions import ANY
from bylaw.explain.limit_sides import LimitSides, Seen, record_predicates
from bylaw.explain.routes import Route, route_of
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


@dataclass(frozen=True, slots=True)
class _Firing:
    """An instance of a rule: what it rests on, and what it asks to be absent."""

    rule: int
    used: tuple[clingo.Symbol, ...]
    denied: tuple[clingo.Symbol, ...]


class Tracer:
    """Traces answer sets of one policy.

    Args:
        policy: whose rules they are.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.sides = LimitSides(policy)
        self.routes: dict[tuple[str, int], list[Route]] = {}
        self.by_rule: dict[int, list[Route]] = {}
        depends = policy.encoding.depends
        self.circular = {
            name
            for name in depends
            if any(name in policy.encoding.reached_from(one) for one in depends[name])
        }
        self.of_record = record_predicates(policy)
        self._texts: dict[str, list[str]] = {}
        for rule in policy.encoding.rules:
            for n, head in enumerate(head_atoms(rule)):
                route, text = route_of(rule, head, f"{rule.number}_{n}")
                self.routes.setdefault((route.head.name, len(route.head.args)), []).append(route)
                self.by_rule.setdefault(rule.number, []).append(route)
                self._texts.setdefault(route.head.name, []).extend(text)
        self._stated: dict[frozenset[clingo.Symbol], _Instances] = {}

    def trace(self, atoms: Iterable[clingo.Symbol], predicates: Container[str] | None = None) -> Trace:
        """Return how the rules fare under an answer set.

        Args:
            atoms: the answer set.
            predicates: only the rules that derive one of these are looked at; all unless given.
        """
        known = list(atoms)
        wanted = [n for n in self._texts if n in self.of_record and (predicates is None or n in predicates)]
        own = _Instances(self._grounded(known, "\n".join([self._text(wanted), *self.sides.lines])))
        key = frozenset(own.atoms("reading", 2))
        if key not in self._stated:
            # What the pack states by itself is the same for every record.
            names = [name for name in self._texts if name not in self.of_record]
            stated = [atom for atom in known if atom.name not in self.of_record]
            self._stated[key] = _Instances(self._grounded(stated, self._text(names)))
        return Trace(self, own, self._stated[key])

    def _text(self, names: Iterable[str]) -> str:
        return "\n".join(line for name in names for line in self._texts[name])

    @staticmethod
    def _grounded(atoms: Iterable[clingo.Symbol], text: str) -> clingo.Control:
        control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
        add_facts(control, atoms)
        control.add("base", [], text)
        control.ground([("base", [])])
        return control


class _Instances:
    """The instances of companions, read from a control as they are needed."""

    def __init__(self, control: clingo.Control) -> None:
        self._control = control
        self._firings: dict[tuple[str, int], dict[clingo.Symbol, list[_Firing]]] = {}
        self._exceptions: dict[str, dict[clingo.Symbol, list[clingo.Symbol]]] = {}

    def told(self, name: str, arity: int) -> Iterator[Sequence[clingo.Symbol]]:
        """Yield the arguments of each atom of a companion."""
        for atom in self.atoms(name, arity):
            yield atom.arguments

    def atoms(self, name: str, arity: int) -> Iterator[clingo.Symbol]:
        """Yield the atoms of a predicate."""
        for one in self._control.symbolic_atoms.by_signature(name, arity):
            yield one.symbol

    def any(self, name: str, arity: int) -> bool:
        """Whether a companion has an atom."""
        return any(True for _ in self._control.symbolic_atoms.by_signature(name, arity))

    def of(self, atom: clingo.Symbol, routes: Iterable[Route]) -> list[_Firing]:
        """Return the instances that derive an atom; those of a predicate are read together."""
        signature = (atom.name, len(atom.arguments))
        if signature not in self._firings:
            by_head: dict[clingo.Symbol, list[_Firing]] = {}
            for route in routes:
                for head, firing in self._read(route):
                    by_head.setdefault(head, []).append(firing)
            self._firings[signature] = by_head
        return self._firings[signature].get(atom, [])

    def exceptions(self, name: str) -> Mapping[clingo.Symbol, list[clingo.Symbol]]:
        """Return, for what a rule would derive, the atoms that alone keep it from firing."""
        if name not in self._exceptions:
            by_head: dict[clingo.Symbol, list[clingo.Symbol]] = {}
            for head, exception in self.told(name, 2):
                by_head.setdefault(head, []).append(exception)
            self._exceptions[name] = by_head
        return self._exceptions[name]

    def _read(self, route: Route) -> Iterator[tuple[clingo.Symbol, _Firing]]:
        parts: dict[clingo.Symbol, list[tuple[clingo.Symbol, clingo.Symbol]]] = {}
        for name in route.elements:
            for theta, used, denied in self.told(name, 3):
                parts.setdefault(theta, []).append((used, denied))
        for head, used, denied, theta in self.told(f"_f{route.key}", 4):
            more = parts.get(theta, ())
            own_used = (*used.arguments, *(atom for own, _ in more for atom in own.arguments))
            own_denied = (*denied.arguments, *(atom for _, own in more for atom in own.arguments))
            yield head, _Firing(route.rule.number, own_used, own_denied)


class Trace:
    """How the rules of a policy fare under one answer set; made by `Tracer.trace`."""

    def __init__(self, tracer: Tracer, own: _Instances, stated: _Instances) -> None:
        self._tracer = tracer
        self._own = own
        self._stated = stated
        self._atoms: dict[tuple[str, int], dict[clingo.Symbol, None]] = {}
        self._index: dict[
            tuple[str, int, tuple[int, ...]], dict[tuple[clingo.Symbol, ...], list[clingo.Symbol]]
        ] = {}
        self._rank: dict[clingo.Symbol, int] = {}

    def atoms(self, name: str, arity: int) -> Collection[clingo.Symbol]:
        """Return the atoms of a predicate in the answer set."""
        return self._known(name, arity)

    def _known(self, name: str, arity: int) -> dict[clingo.Symbol, None]:
        """Return the atoms of a predicate, read when they are first asked for."""
        if (name, arity) not in self._atoms:
            self._atoms[name, arity] = dict.fromkeys(self._own.atoms(name, arity))
        return self._atoms[name, arity]

    def _home(self, name: str) -> _Instances:
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
        known = self._known(goal.name, len(goal.arguments))
        if goal in known:
            return [goal]
        args = goal.arguments
        given = tuple(n for n, want in enumerate(args) if want != ANY)
        if not known or len(given) == len(args):
            return []
        key = (goal.name, len(args), given)
        if key not in self._index:
            by_values: dict[tuple[clingo.Symbol, ...], list[clingo.Symbol]] = {}
            for atom in known:
                own = atom.arguments
                by_values.setdefault(tuple(own[n] for n in given), []).append(atom)
            self._index[key] = by_values
        return self._index[key].get(tuple(args[n] for n in given), [])

    def behind(self, present: Iterable[clingo.Symbol], absent: Iterable[clingo.Symbol] = ()) -> Support:
        """Return what stands behind atoms that are so and goals that are not.

        What a rule denies is followed to the rules that fail there, and what alone keeps a rule from
        firing, its exception, to the rules that derive it.
        """
        found = Support()
        failed: set[clingo.Symbol] = set()
        todo = [(True, atom) for atom in present] + [(False, goal) for goal in absent]
        while todo:
            so, goal = todo.pop()
            if not so:
                if goal not in failed:
                    failed.add(goal)
                    todo += self._below_absent(goal, found)
                continue
            for atom in self.matches(goal):
                if atom not in found.atoms:
                    found.atoms.add(atom)
                    todo += self._below_present(atom, found)
        return found

    def candidates(self, goal: clingo.Symbol) -> set[int]:
        """Return the numbers of the rules in force that could conclude a goal."""
        routes = self._tracer.routes.get((goal.name, len(goal.arguments)), ())
        return {r.rule.number for r in routes if self._taken(r) and r.head.bind(goal) is not None}

    def seen(self) -> Seen:
        """Return the figures that stand below, at and above each limit."""
        return self._tracer.sides.read(self._own.told)

    def _below_present(self, atom: clingo.Symbol, found: Support) -> Iterator[tuple[bool, clingo.Symbol]]:
        for firing in self._founded(atom):
            found.rules.add(firing.rule)
            yield from ((True, used) for used in firing.used)
            yield from ((False, denied) for denied in firing.denied)

    def _below_absent(self, goal: clingo.Symbol, found: Support) -> Iterator[tuple[bool, clingo.Symbol]]:
        for route in self._tracer.routes.get((goal.name, len(goal.arguments)), ()):
            bound = route.head.bind(goal)
            if bound is None or not self._taken(route):
                continue
            found.failing.add(route.rule.number)
            for need in route.needs:
                part = need.goal(bound)
                if not self.matches(part):
                    yield False, part
            for name in route.exceptions:
                for head, exceptions in self._home(goal.name).exceptions(name).items():
                    if _is(head, goal):
                        yield from ((True, exception) for exception in exceptions)

    def _taken(self, route: Route) -> bool:
        return all(reading in self._known("reading", 2) for reading in route.readings)

    def _of(self, atom: clingo.Symbol) -> list[_Firing]:
        routes = self._tracer.routes.get((atom.name, len(atom.arguments)), ())
        return self._home(atom.name).of(atom, routes) if routes else []

    def _founded(self, atom: clingo.Symbol) -> list[_Firing]:
        """Return the instances that derive an atom without resting on it themselves."""
        firings = self._of(atom)
        if len(firings) < 2 or atom.name not in self._tracer.circular:
            return firings
        if not self._rank:
            self._rank_circular()
        rank = self._rank.get(atom, 0)
        return [one for one in firings if self._rests_below(one, rank)] or firings

    def _rank_circular(self) -> None:
        """Rank the atoms of predicates that depend on themselves by a least fixpoint."""
        circular = self._tracer.circular
        waiting = {
            atom
            for name, arity in self._tracer.routes
            if name in circular
            for atom in self._known(name, arity)
            if self._of(atom)
        }
        level = 0
        while waiting:
            level += 1
            ready = [a for a in waiting if any(self._rests_below(one, level) for one in self._of(a))]
            if not ready:
                break
            self._rank.update(dict.fromkeys(ready, level))
            waiting.difference_update(ready)

    def _rests_below(self, firing: _Firing, level: int) -> bool:
        """Whether all that an instance rests on is ranked below a level."""
        return all(
            any(
                match.name not in self._tracer.circular or self._rank.get(match, level) < level
                for match in matches
            )
            for matches in map(self.matches, firing.used)
            if matches
        )


def _is(atom: clingo.Symbol, goal: clingo.Symbol) -> bool:
    return all(want in (ANY, have) for want, have in zip(goal.arguments, atom.arguments, strict=True))
