"""What is open on a record: decisions that an officer may take, and questions of the text that bear on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.applicable import Given
from bylaw.engine.explored import Option
from bylaw.engine.program import HeadAtom, head_atoms
from bylaw.engine.slices import Slicer
from bylaw.engine.worlds import WORLD, Worlds, WorldStates
from bylaw.policy.choices import row_template
from bylaw.policy.model import Policy, Rule
from bylaw.policy.syntax import Atom, atoms_of, bodies_of, constant_of, kind_of, members
from bylaw.policy.syntax import Kind as TermKind
from bylaw.tables.schema import ColumnValue

_OPEN = "_open"
_AWAKE = "_awake"
_MAY = "_may"
_SETTLED = "_settled"
_ALTERNATIVE = "_alternative"


@dataclass(frozen=True, slots=True)
class Scope:
    """What matters for some conclusions.

    Args:
        rules: those they rest on.
        choices: the decisions that bear on them, each with its rule.
        switches: the readings that the rules ask for.
    """

    rules: tuple[Rule, ...]
    choices: tuple[tuple[Rule, HeadAtom], ...]
    switches: tuple[str, ...]


def scope_of(
    policy: Policy, slicer: Slicer, given: frozenset[str], names: Iterable[str], decisions: bool
) -> Scope:
    """Return what matters for the conclusions of some predicates.

    Args:
        slicer: of the policy; with all readings if they are open.
        given: the predicates of the facts of policy and record.
        decisions: whether officers may decide; the situations in which they may then matter as well.
    """
    needed = set(names)
    bearing: list[tuple[Rule, HeadAtom]] = []
    waiting = [(rule, head) for rule in policy.choices for head in head_atoms(rule)] if decisions else []
    decidable = {head.atom.name for _, head in waiting}
    while True:
        rules = slicer.rules([Given(given | decidable)], needed)
        fresh = [(rule, head) for rule, head in waiting if _bears(head, rules)]
        if not fresh:
            break
        bearing += fresh
        waiting = [one for one in waiting if one not in fresh]
        needed.update(name for rule, _ in fresh for name in rule.uses)
    rules = slicer.rules([Given(given | {head.atom.name for _, head in bearing})], needed)
    deciding = {rule.number: rule for rule, _ in bearing}
    used = {name for rule in (*rules, *deciding.values()) for name in _switches(rule)}
    switches = tuple(name for name in policy.readings if name in used)
    return Scope(rules, tuple(sorted(bearing, key=lambda one: one[0].number)), switches)


def _switches(rule: Rule) -> Iterator[str]:
    """Yield the readings that a rule asks for."""
    if "reading" not in rule.uses:
        return
    if rule.source.count("reading(") == len(rule.switches):
        yield from (name for name, _ in rule.switches)
        return
    for one in bodies_of(rule.node):
        if one.atom.name == "reading":
            yield from _names(one.atom)


def _bears(head: HeadAtom, asking: Sequence[Rule]) -> bool:
    """Whether a decision could be a fact that some rule asks for."""
    name = head.atom.name
    return any(
        one.atom.name == name and all(map(_may_agree, head.atom.arguments, one.atom.args))
        for rule in asking
        if name in rule.uses
        for one in bodies_of(rule.node)
    )


def _may_agree(first: ast.AST, second: ast.AST) -> bool:
    """Whether two terms may stand for the same value: unless both are values, and others."""
    fixed = (TermKind.INTEGER, TermKind.TEXT, TermKind.CONSTANT)
    sides = [list(members(first)), list(members(second))]
    if any(kind_of(term) not in fixed for side in sides for term in side):
        return True
    return not {str(term) for term in sides[0]}.isdisjoint(str(term) for term in sides[1])


class Openings:
    """Finds what is open in the worlds of a program.

    Args:
        policy: whose choices and readings they are.
        program: it is given the statements that tell what is open.
        scope: what matters.
        settled: readings that were chosen and stay so.
    """

    def __init__(
        self, policy: Policy, program: Worlds, scope: Scope, *, readings: bool, settled: Iterable[str]
    ) -> None:
        self.policy = policy
        self._program = program
        self._choices = {choice.number: choice for choice, _ in scope.choices}
        self._keys = {name: _key_positions(policy, name) for name in self.inputs(scope, readings=False)}
        self._settled = frozenset(settled)
        self._switches = scope.switches if readings else ()
        for choice, head in scope.choices:
            program.add(self._situation(choice, head), _OPEN, 4)
        if self._switches:
            self._add_switches(scope.rules)

    @staticmethod
    def inputs(scope: Scope, *, readings: bool) -> list[str]:
        """Return the predicates whose facts differ from world to world."""
        decided = dict.fromkeys(head.atom.name for _, head in scope.choices)
        return [*decided, *(("reading", _SETTLED) if readings else ())]

    def shared(self) -> list[clingo.Symbol]:
        """Return what the statements need in all worlds."""
        return [
            clingo.Function(_ALTERNATIVE, [clingo.Function(name), clingo.Function(value)])
            for name in self._switches
            for value in self.policy.readings[name].readings
        ]

    def own(self, options: Iterable[Option]) -> list[clingo.Symbol]:
        """Return what the statements need in a world, beside its facts: which readings are settled there."""
        if not self._switches:
            return []
        settled = {clingo.Function(name) for name in self._settled}
        settled |= {one.point.arguments[0] for one in options if one.kind == "reading"}
        return [clingo.Function(_SETTLED, [name]) for name in settled]

    def found(
        self, states: WorldStates, world: int, facts: frozenset[clingo.Symbol], options: Sequence[Option]
    ) -> list[Option]:
        """Return what is open in a world besides what is settled there, in a stable order.

        Args:
            facts: those of the varying inputs in the world.
            options: by which it differs from the record at hand.
        """
        settled = {option.point for option in options}
        opened = [*self._decisions(states, world, facts), *self._readings(states, world, facts)]
        return [option for option in opened if option.point not in settled]

    def _decisions(
        self, states: WorldStates, world: int, facts: frozenset[clingo.Symbol]
    ) -> Iterator[Option]:
        by_key: dict[clingo.Symbol, list[clingo.Symbol]] = {}
        for fact in facts:
            if fact.name in self._keys:
                by_key.setdefault(self._point(fact), []).append(fact)
        seen: set[clingo.Symbol] = set()
        for told in sorted(states.told(world, _OPEN)):
            number, atom, pending = told.arguments
            choice, point = self._choices[number.number], self._point(atom)
            recorded = by_key.get(point, [])
            if atom in seen or any(fact not in pending.arguments for fact in recorded):
                continue  # the record has the decision already
            seen.add(atom)
            yield Option("decision", point, atom, tuple(recorded), choice.provisions)

    def _readings(self, states: WorldStates, world: int, facts: frozenset[clingo.Symbol]) -> Iterator[Option]:
        awake = {told.arguments[0].name for told in states.told(world, _AWAKE)}
        chosen = {fact.arguments[0].name: fact for fact in facts if fact.name == "reading"}
        for name in self._switches:
            if name not in awake or name in self._settled:
                continue
            reading = self.policy.readings[name]
            for value in reading.readings:
                atom = clingo.Function("reading", [clingo.Function(name), clingo.Function(value)])
                if atom != chosen[name]:
                    point = clingo.Function("reading", [clingo.Function(name)])
                    yield Option("reading", point, atom, (chosen[name],), reading.provisions)

    def _point(self, atom: clingo.Symbol) -> clingo.Symbol:
        return clingo.Function(atom.name, [atom.arguments[n] for n in self._keys[atom.name]])

    def _situation(self, choice: Rule, head: HeadAtom) -> str:
        """Write a statement that tells where a decision may be taken, and the facts that wait for it."""
        literals = [*choice.node.body, *head.conditions]
        body = [self._program.written(literal) for literal in literals]
        waiting = [
            str(atom.node)
            for literal in literals
            if literal.ast_type == ASTType.Literal and literal.sign == Sign.NoSign
            for atom in atoms_of(literal)
            if atom.name == head.atom.name
        ]
        listed = "".join(f"{atom}," for atom in waiting)
        told = f"{_OPEN}({WORLD},{choice.number},{head.atom},({listed}))"
        return f"{told} :- {'; '.join([*body, f'_world({WORLD})'])}."

    def _add_switches(self, rules: Sequence[Rule]) -> None:
        """Add statements that tell which readings bear on a world.

        A reading bears on it if a rule that asks for it would apply in some way of reading what is not
        settled. One that does not changes nothing there, alone or together with others that do not.
        """
        add, world = self._program.add, f"_world({WORLD})"
        add(f"{_MAY}({WORLD},X,V) :- reading({WORLD},X,V).", _AWAKE, 2)
        add(f"{_MAY}({WORLD},X,V) :- {_ALTERNATIVE}(X,V), {world}, not {_SETTLED}({WORLD},X).", _AWAKE, 2)
        for rule in rules:
            if "reading" not in rule.uses:
                continue
            body: list[str] = [world]
            names: dict[str, None] = {}
            for literal in rule.node.body:
                atoms = _asked_readings(literal) if "reading(" in str(literal) else []
                names |= {name: None for atom in atoms for name in _names(atom)}
                if not atoms:
                    body.append(self._program.written(literal))
                elif literal.ast_type == ASTType.Literal and literal.atom.ast_type == ASTType.SymbolicAtom:
                    if literal.sign != Sign.Negation:
                        body.append(f"{_MAY}({WORLD},{','.join(map(str, literal.atom.symbol.arguments))})")
                else:  # within an aggregate or a condition: it is taken to bear on every world
                    body = [world]
                    break
            for name in names:
                add(f"{_AWAKE}({WORLD},{name}) :- {'; '.join(body)}.", _AWAKE, 2)


def _asked_readings(literal: ast.AST) -> list[Atom]:
    """Return the readings that a literal of a body asks for, also deep within it."""
    found: list[Atom] = []

    class Finder(ast.Transformer):
        def visit_SymbolicAtom(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
            found.extend(atom for atom in atoms_of(node) if atom.name == "reading")
            return node

    Finder()(literal)
    return found


def _names(atom: Atom) -> list[str]:
    return [name for name in map(constant_of, members(atom.args[0])) if name is not None]


def _key_positions(policy: Policy, predicate: str) -> tuple[int, ...]:
    """Return which arguments of a decision tell what it is about: those of the key of its table."""
    found = row_template(policy.tables, predicate)
    assert found is not None  # the pack was refused otherwise
    table, template = found
    return tuple(
        n for n, arg in enumerate(template.args) if isinstance(arg, ColumnValue) and arg.column in table.key
    )


def chosen_readings(options: Iterable[Option]) -> Mapping[str, str]:
    """Return the readings among some options."""
    return {
        option.atom.arguments[0].name: option.atom.arguments[1].name
        for option in options
        if option.kind == "reading"
    }
