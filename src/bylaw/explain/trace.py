"""Which rules fire under an answer set, what they rest on, and which exceptions keep others from firing.

Where an explanation tells one conclusion in full, a trace tells all of them at once and without words: next
to the answer set, taken as facts, stand companions of every rule, and the grounder finds their instances.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import HeadAtom, add_facts, head_atoms
from bylaw.engine.symbols import symbol_of
from bylaw.explain.conditions import ANY, Condition, Form, conditions_of, opened, variables_of, written_tuple
from bylaw.explain.limit_sides import LimitSides, Seen, local_literals, renamed
from bylaw.policy.model import Policy, Rule
from bylaw.policy.patterns import Pattern

_FRESH = "_A"


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


@dataclass(frozen=True, slots=True)
class _Template:
    """An atom of a rule, as far as it can be matched: a value, the name of a variable, or None."""

    name: str
    args: tuple[clingo.Symbol | str | None, ...]

    def bind(self, goal: clingo.Symbol) -> dict[str, clingo.Symbol] | None:
        """Return the variables that a goal gives a value, None if the atom cannot be the goal."""
        bound: dict[str, clingo.Symbol] = {}
        for own, want in zip(self.args, goal.arguments, strict=True):
            if own is None or want == ANY:
                continue
            value = bound.setdefault(own, want) if isinstance(own, str) else own
            if value != want:
                return None
        return bound

    def goal(self, bound: dict[str, clingo.Symbol]) -> clingo.Symbol:
        """Return the atom with the variables that have a value, ANY for the others."""
        args = [bound.get(own, ANY) if isinstance(own, str) else ANY if own is None else own for own in self.args]
        return clingo.Function(self.name, args)


@dataclass(frozen=True, slots=True)
class _Route:
    """A rule with one of its heads.

    Args:
        key: what the names of its companions end with.
        needs: the atoms that its body asks for.
        elements: names of companions that tell what aggregates and conditional literals rest on.
        exceptions: names of companions that tell what alone keeps the rule from firing.
        readings: the readings that it belongs to.
    """

    rule: Rule
    key: str
    head: _Template
    needs: tuple[_Template, ...]
    elements: tuple[str, ...]
    exceptions: tuple[str, ...]
    readings: tuple[clingo.Symbol, ...]


class Tracer:
    """Traces answer sets of one policy.

    Args:
        policy: whose rules they are.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.sides = LimitSides(policy)
        self.routes: dict[tuple[str, int], list[_Route]] = {}
        self.by_rule: dict[int, list[_Route]] = {}
        depends = policy.encoding.depends
        self.circular = {
            name for name in depends if any(name in policy.encoding.reached_from(one) for one in depends[name])
        }
        lines: list[str] = []
        for rule in policy.encoding.rules:
            for n, head in enumerate(head_atoms(rule)):
                route, text = _route(rule, head, f"{rule.number}_{n}")
                self.routes.setdefault((route.head.name, len(route.head.args)), []).append(route)
                self.by_rule.setdefault(rule.number, []).append(route)
                lines += text
        self._text = "\n".join([*lines, *self.sides.lines])

    def trace(self, atoms: Iterable[clingo.Symbol]) -> Trace:
        """Return how the rules fare under an answer set."""
        known = list(atoms)
        control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
        add_facts(control, known)
        control.add("base", [], self._text)
        control.ground([("base", [])])
        return Trace(self, control, known)


class Trace:
    """How the rules of a policy fare under one answer set; made by `Tracer.trace`."""

    def __init__(self, tracer: Tracer, control: clingo.Control, atoms: Iterable[clingo.Symbol]) -> None:
        self._tracer = tracer
        self._control = control  # the atoms are read from it as they are needed
        self._atoms: dict[tuple[str, int], dict[clingo.Symbol, None]] = {}
        for atom in atoms:
            self._atoms.setdefault((atom.name, len(atom.arguments)), {})[atom] = None
        self._firings: dict[tuple[str, int], dict[clingo.Symbol, list[_Firing]]] = {}
        self._rank: dict[clingo.Symbol, int] = {}

    def fires(self, rule: Rule) -> bool:
        """Whether a rule derives something."""
        return any(True for route in self._tracer.by_rule[rule.number] for _ in self._told(f"_f{route.key}", 4))

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
        known = self._atoms.get((goal.name, len(goal.arguments)), {})
        if goal in known:
            return [goal]
        wanted = [(n, want) for n, want in enumerate(goal.arguments) if want != ANY]
        return [atom for atom in known if all(atom.arguments[n] == want for n, want in wanted)]

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

    def seen(self) -> Seen:
        """Return the figures that stand below, at and above each limit."""
        return self._tracer.sides.read(self._told)

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
                for head, exception in self._told(name, 2):
                    if _is(head, goal):
                        yield True, exception

    def _taken(self, route: _Route) -> bool:
        return all(reading in self._atoms.get(("reading", 2), {}) for reading in route.readings)

    def _told(self, name: str, arity: int) -> Iterator[list[clingo.Symbol]]:
        for one in self._control.symbolic_atoms.by_signature(name, arity):
            yield one.symbol.arguments

    def _of(self, atom: clingo.Symbol) -> list[_Firing]:
        """Return the instances that derive an atom; those of a predicate are read together."""
        signature = (atom.name, len(atom.arguments))
        if signature not in self._firings:
            by_head: dict[clingo.Symbol, list[_Firing]] = {}
            for route in self._tracer.routes.get(signature, ()):
                for head, firing in self._read(route):
                    by_head.setdefault(head, []).append(firing)
            self._firings[signature] = by_head
        return self._firings[signature].get(atom, [])

    def _read(self, route: _Route) -> Iterator[tuple[clingo.Symbol, _Firing]]:
        parts: dict[clingo.Symbol, list[tuple[clingo.Symbol, clingo.Symbol]]] = {}
        for name in route.elements:
            for theta, used, denied in self._told(name, 3):
                parts.setdefault(theta, []).append((used, denied))
        for head, used, denied, theta in self._told(f"_f{route.key}", 4):
            more = parts.get(theta, ())
            yield (
                head,
                _Firing(
                    route.rule.number,
                    (*used.arguments, *(atom for own, _ in more for atom in own.arguments)),
                    (*denied.arguments, *(atom for _, own in more for atom in own.arguments)),
                ),
            )

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
            atom for (name, _), atoms in self._atoms.items() if name in circular for atom in atoms if self._of(atom)
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
                match.name not in self._tracer.circular or self._rank.get(match, level) < level for match in matches
            )
            for matches in map(self.matches, firing.used)
            if matches
        )


def _is(atom: clingo.Symbol, goal: clingo.Symbol) -> bool:
    return all(want in (ANY, have) for want, have in zip(goal.arguments, atom.arguments, strict=True))


def _route(rule: Rule, head: HeadAtom, key: str) -> tuple[_Route, list[str]]:
    """Take a rule apart and write its companions."""
    conditions = conditions_of(rule, head)
    theta = dict.fromkeys(variables_of(head.atom))
    for condition in conditions:
        theta.update(dict.fromkeys(condition.variables))
    shared = written_tuple(theta)
    texts, used, denied = [], [], []
    for n, condition in enumerate(conditions):
        text, atom = _named(condition, n)
        texts.append(text)
        if condition.form is Form.ATOM:
            (denied if condition.sign is Sign.Negation else used).append(atom)
    needed = [*texts, str(head.atom)] if rule.choice else texts
    told = f"_f{key}({head.atom},{written_tuple(used)},{written_tuple(denied)},{shared})"
    lines = [_rule(told, needed)]
    elements, exceptions = [], []
    for n, condition in enumerate(conditions):
        for m, literals in enumerate(local_literals(condition.node)):
            name = f"_e{key}_{n}_{m}"
            elements.append(name)
            own, parts = _literals(literals)
            lines.append(_rule(f"{name}({shared},{parts})", [f"_f{key}(_,_,_,{shared})", *own]))
        for m, (atom, literals) in enumerate(_denials(condition, theta)):
            name = f"_x{key}_{n}_{m}"
            exceptions.append(name)
            others = [text for k, text in enumerate(texts) if k != n]
            own, _ = _literals(literals)
            shown = _fresh(atom, "x")
            lines.append(_rule(f"{name}({head.atom},{shown})", [*others, *own, shown]))
    needs, readings = [], []
    for condition in conditions:
        if condition.form is not Form.ATOM or condition.sign is Sign.Negation:
            continue
        template = _template(condition.atom.symbol)
        if template is None:
            continue
        needs.append(template)
        if template.name == "reading" and not any(arg is None or isinstance(arg, str) for arg in template.args):
            readings.append(template.goal({}))
    own_head = _template(head.atom)
    assert own_head is not None  # the loader takes no other heads
    route = _Route(
        rule, key, own_head, tuple(needs), tuple(elements), tuple(exceptions), tuple(readings)
    )
    return route, lines


def _rule(head: str, body: Iterable[str]) -> str:
    text = "; ".join(body)
    return f"{head} :- {text}." if text else f"{head}."


def _named(condition: Condition, n: int) -> tuple[str, str]:
    """Return a condition and the atom it speaks of, each `_` of a plain atom under a name of its own."""
    if condition.form is not Form.ATOM:
        return condition.text, ""
    if condition.sign is Sign.NoSign:
        text = _fresh(condition.atom, f"{n}")
        return text, text
    return condition.text, opened(condition.atom, None)


def _fresh(node: ast.AST, suffix: str) -> str:
    """Write a node with a name for each `_`."""
    count = 0

    class Named(ast.Transformer):
        def visit_Variable(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
            nonlocal count
            if node.name != "_":
                return node
            count += 1
            return ast.Variable(node.location, f"{_FRESH}{suffix}_{count}")

    return str(Named()(node))


def _literals(literals: Iterable[ast.AST]) -> tuple[list[str], str]:
    """Write literals as a body, and the atoms among them as two arguments: those so and those denied."""
    texts, used, denied = [], [], []
    for n, literal in enumerate(literals):
        plain = literal.sign == Sign.NoSign
        is_atom = literal.atom.ast_type == ASTType.SymbolicAtom
        text = _fresh(literal, f"l{n}") if plain and is_atom else str(literal)
        texts.append(text)
        if is_atom:
            atom = text if plain else opened(literal.atom, None)
            (denied if literal.sign == Sign.Negation else used).append(atom)
    return texts, f"{written_tuple(used)},{written_tuple(denied)}"


def _denials(condition: Condition, shared: Container[str]) -> Iterator[tuple[ast.AST, list[ast.AST]]]:
    """Yield the atoms that a condition denies, with the literals that pose the case."""
    if condition.form is Form.ATOM and condition.sign is Sign.Negation:
        yield condition.atom, []
    elif condition.form is Form.EACH:
        literal = condition.node.literal
        if literal.sign == Sign.Negation and literal.atom.ast_type == ASTType.SymbolicAtom:
            yield renamed(literal.atom, shared), [renamed(one, shared) for one in condition.node.condition]


def _template(term: ast.AST) -> _Template | None:
    """Return an atom's term as a template, None if it is no plain function."""
    if term.ast_type == ASTType.SymbolicTerm:
        return _Template(term.symbol.name, ())
    if term.ast_type != ASTType.Function:
        return None
    args: list[clingo.Symbol | str | None] = []
    for argument in term.arguments:
        if argument.ast_type == ASTType.SymbolicTerm:
            args.append(argument.symbol)
        elif argument.ast_type == ASTType.Variable and argument.name != "_":
            args.append(argument.name)
        elif argument.ast_type == ASTType.Function and not argument.arguments:
            args.append(clingo.Function(argument.name))
        else:
            args.append(None)
    return _Template(term.name, tuple(args))
