"""A policy's rules as one program, with a companion for each rule that can conclude something.

The rules carry no bookkeeping. For a rule `h :- body` with the number 7 that derives a conclusion, the
program holds `_by(7, h) :- body`, so the grounder itself tells which rules derived each conclusion, and `h`
follows from any of these.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import clingo
from clingo import ast

from bylaw.engine.applicable import Given
from bylaw.engine.slices import Slicer
from bylaw.engine.symbols import fact_symbol
from bylaw.errors import PolicyError
from bylaw.policy.grounder import lines_of, problems_of
from bylaw.policy.model import Policy, Rule
from bylaw.policy.syntax import nodes_of, rule_tree
from bylaw.tables.terms import Fact

BY = "_by"
"""The predicate of the companions: `_by(RuleNumber, Conclusion)`."""
UNSHOWN = "#show."
"""Says that no atom is shown. They are read by predicate; that clingo writes each out costs a fifth.

Not where the solver is asked what holds in every answer set, or in some: it tells of shown atoms alone.
"""
TREES_FROM = 3
"""From which grounding on the rules of a program are kept as trees.

Clingo parses a text anew each time, a fifth of what it takes to ground the record of one subject; to make
trees of all rules takes several times as long, which a process that grounds once or twice does not earn back.
"""


@dataclass(frozen=True, slots=True)
class HeadAtom:
    """An atom that a rule may derive, with the conditions that stand beside it in a choice."""

    atom: ast.AST
    conditions: tuple[ast.AST, ...] = ()


def head_atoms(rule: Rule) -> list[HeadAtom]:
    """Return the atoms in the head of a rule, pools of terms taken apart."""
    head = rule.node.head
    found: list[HeadAtom] = []
    if head.ast_type == ast.ASTType.Literal:
        if head.atom.ast_type == ast.ASTType.SymbolicAtom:
            found.append(HeadAtom(head.atom.symbol))
    elif head.ast_type in (ast.ASTType.Aggregate, ast.ASTType.HeadAggregate):
        for element in head.elements:
            literal = element if head.ast_type == ast.ASTType.Aggregate else element.condition
            own = _set_apart(rule.node, literal)
            found.append(HeadAtom(own.literal.atom.symbol, tuple(own.condition)))
    return [
        HeadAtom(term, one.conditions)
        for one in found
        for term in (one.atom.arguments if one.atom.ast_type == ast.ASTType.Pool else [one.atom])
    ]


def _set_apart(rule: ast.AST, element: ast.AST) -> ast.AST:
    """Return an element of a choice that can stand beside the body of its rule.

    A variable of the element alone may have the name of one that is local to an aggregate of the body;
    side by side they would be one variable, so it gets a name of its own.
    """
    shared: set[str] = set()
    local: set[str] = set()
    for literal in rule.body:
        atom = getattr(literal, "atom", None)
        if atom is None:
            local |= _names(literal)
        elif atom.ast_type in (ast.ASTType.BodyAggregate, ast.ASTType.Aggregate):
            local |= _names(literal)
            shared |= {
                name for guard in (atom.left_guard, atom.right_guard) if guard for name in _names(guard)
            }
        else:
            shared |= _names(literal)
    clashing = (_names(element) & local) - shared
    if not clashing:
        return element

    class Renamed(ast.Transformer):
        def visit_Variable(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
            return ast.Variable(node.location, f"_C{node.name}") if node.name in clashing else node

    return Renamed()(element)


def _names(root: ast.AST) -> set[str]:
    """Return the names of the variables in a syntax tree, without `_`."""
    return {n.name for n in nodes_of(root) if n.ast_type == ast.ASTType.Variable and n.name != "_"}


def companions(rule: Rule) -> Iterator[str]:
    """Yield the companions of a rule, one for each atom that it may derive."""
    body = [str(literal) for literal in rule.node.body]
    for head in head_atoms(rule):
        needed = [*body, *(str(condition) for condition in head.conditions)]
        if rule.choice:
            needed.append(str(head.atom))
        yield f"{BY}({rule.number},{head.atom})" + (f" :- {'; '.join(needed)}." if needed else ".")


class Program:
    """The rules of a policy, ready to be grounded with facts.

    Args:
        policy: whose rules they are.
        readings: switches set otherwise than by default.
    """

    def __init__(self, policy: Policy, readings: Mapping[str, str] | None = None) -> None:
        self.policy = policy
        statements = policy.statements(readings)
        self._statements = [fact_symbol(fact) for fact in statements]
        self._slicer = Slicer(policy.encoding, policy.chosen_readings(readings))
        self._stated = self._slicer.given(statements)
        self._reported = {p.name for p in policy.conclusions()}
        self.stratified = not any(rule.choice for rule in policy.encoding.rules)
        """Whether there is one answer set: a checked pack is stratified but for what its rules let choose."""
        self._written = lru_cache(maxsize=64)(self._written_of)
        self._trees = lru_cache(maxsize=64)(lambda lines: [self._tree(line) for line in lines])
        self._tree = cache(rule_tree)
        self._groundings = 0
        self._companions = cache(lambda rule_number: tuple(companions(policy.encoding.rules[rule_number])))

    def ground(
        self, facts: Iterable[Fact], *, attribute: bool = True, wanted: Collection[str] | None = None
    ) -> clingo.Control:
        """Ground the rules with the pack's own statements and the facts of one or more records.

        Only rules that can apply to the facts and that what is wanted rests on are grounded. Where the rules
        leave nothing to choose, the grounding is all there is: it is read and cannot be solved.

        Args:
            facts: of the records.
            attribute: whether the companions are part of the program.
            wanted: the predicates that are asked for; all unless given.

        Raises:
            PolicyError: if clingo refuses a rule or cannot compute a term of it.
        """
        facts = list(facts)
        asked = None if wanted is None else frozenset(wanted)
        lines = self._written(self._slicer.given(facts), asked, attribute)
        given = [*self._statements, *map(fact_symbol, facts)]
        self._groundings += 1
        if self._groundings < TREES_FROM:
            control, messages = ground_text("\n".join(lines), given, solved=not self.stratified)
        else:
            control, messages = ground_trees(self._trees(lines), given, solved=not self.stratified)
        if messages:
            # The rules as they are written tell the places.
            encoding = self.policy.encoding
            _, told = ground_text(encoding.text, given)
            raise PolicyError(problems_of(told or messages, lines_of(encoding, str(self.policy.folder))))
        return control

    def rules(self, facts: Iterable[Fact]) -> tuple[Rule, ...]:
        """Return the rules that can apply to the facts of some records, in the order of the text."""
        return self._slicer.rules((self._stated, self._slicer.given(list(facts))))

    def _written_of(self, recorded: Given, wanted: frozenset[str] | None, attribute: bool) -> tuple[str, ...]:
        rules = self._slicer.rules((self._stated, recorded), wanted)
        reported = self._reported if attribute else ()
        told = {head for rule in rules for head in rule.heads if head[0] in reported}
        chosen = {head for rule in rules if rule.choice for head in rule.heads}
        lines = []
        for rule in rules:
            derives = [head for head in rule.heads if head in told]
            if not derives or not chosen.isdisjoint(derives):
                lines.append(rule.source)
            if derives:
                lines.extend(self._companions(rule.number))
        lines.extend(map(_follows, sorted(told - chosen)))
        return tuple(lines)


def _follows(signature: tuple[str, int]) -> str:
    """Return the rule by which a conclusion follows from each of its companions."""
    name, arity = signature
    atom = f"{name}({','.join(f'A{n}' for n in range(arity))})" if arity else name
    return f"{atom} :- {BY}(_,{atom})."


class _NoSolver(clingo.Observer):
    """Takes the place of the solver and wants to hear of nothing."""


def ground_text(
    text: str, atoms: Iterable[clingo.Symbol], *, solved: bool = True
) -> tuple[clingo.Control, list[str]]:
    """Ground a program with atoms as facts, and return what clingo complains of; nothing if all is well.

    Args:
        solved: whether the grounding is to be solved; it is cheaper if not.
    """
    return _ground(lambda control: control.add("base", [], text), atoms, solved)


def ground_trees(
    trees: Sequence[ast.AST], atoms: Iterable[clingo.Symbol], *, solved: bool = True
) -> tuple[clingo.Control, list[str]]:
    """Ground rules that are parsed already, as `ground_text` does a text."""

    def add(control: clingo.Control) -> None:
        with ast.ProgramBuilder(control) as builder:
            for tree in trees:
                builder.add(tree)

    return _ground(add, atoms, solved)


def _ground(
    add: Callable[[clingo.Control], None], atoms: Iterable[clingo.Symbol], solved: bool
) -> tuple[clingo.Control, list[str]]:
    messages: list[str] = []
    control = clingo.Control(
        ["--warn=no-atom-undefined"], logger=lambda _code, text: messages.append(text), message_limit=50
    )
    if not solved:
        control.register_observer(_NoSolver(), replace=True)
    try:
        if not solved:
            control.add("base", [], UNSHOWN)
        add(control)
        add_facts(control, atoms)
        control.ground([("base", [])])
    except RuntimeError as error:
        messages = messages or [str(error)]
    return control, messages


def add_facts(control: clingo.Control, atoms: Iterable[clingo.Symbol]) -> None:
    """State ground atoms as facts without a detour over text."""
    with control.backend() as backend:
        for atom in atoms:
            backend.add_rule([backend.add_atom(atom)])
