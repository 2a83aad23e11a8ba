"""The conditions of a rule side by side: which variables they bind, and which terms a comparison relates."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import head_atoms
from bylaw.explain.conditions import FUNCTIONS, OPERATORS, opened, signatures, variables_of
from bylaw.policy.model import Rule

AGGREGATES = (ASTType.BodyAggregate, ASTType.Aggregate)


@dataclass(frozen=True, slots=True)
class Part:
    """An atom of a body that has to be so.

    Args:
        at: its position in the body.
        node: its term.
        plain: for each argument, the variable that it is, or None.
    """

    at: int
    node: ast.AST
    text: str
    name: str
    plain: tuple[str | None, ...]
    variables: frozenset[str]


@dataclass(slots=True)
class Body:
    """Literals that stand side by side.

    Args:
        literals: the conditions of a rule, perhaps with those of one element of an aggregate.
        looked_at: the positions of the literals that are examined here.
    """

    literals: list[ast.AST]
    looked_at: frozenset[int]
    texts: list[str] = field(init=False)
    parts: list[Part] = field(init=False)
    bound: set[str] = field(init=False)
    """The variables that have a value."""
    aliases: dict[str, ast.AST] = field(init=False, default_factory=dict)
    """The terms that variables stand for: `X = H + 1`."""
    binders: set[int] = field(init=False, default_factory=set)
    """The positions of equations that give a variable its value."""

    def __post_init__(self) -> None:
        self.texts = [str(literal) for literal in self.literals]
        self.parts = [part for n, one in enumerate(self.literals) for part in _part(n, one)]
        self.bound = {name for part in self.parts for name in part.variables}
        waiting = {n for n, one in enumerate(self.literals) if _equation(one) is not None}
        grown = True
        while grown:
            grown = False
            for n in sorted(waiting):
                if self._solve(n, self.literals[n]):
                    waiting.discard(n)
                    grown = True

    def _solve(self, n: int, literal: ast.AST) -> bool:
        """Bind the variables that an equation gives a value."""
        for one, other in _equation(literal) or ():
            names = set(variables_of(one)) - self.bound
            if not names:
                continue
            if other is not None:
                if not set(variables_of(other)) <= self.bound:
                    continue
                if one.ast_type == ASTType.Variable:
                    self.aliases[one.name] = other
            self.binders.add(n)
            self.bound |= names
            return True
        return False

    def others(self, n: int) -> list[str]:
        """Return the texts of all literals but one."""
        return [text for k, text in enumerate(self.texts) if k != n]

    def linked_to(self, names: Iterable[str], predicates: Container[str]) -> bool:
        """Whether variables hang together with an atom of some predicates."""
        linked = set(names)
        groups = [
            (
                {name for name in variables_of(one) if name in self.bound},
                any(name in predicates for name, _ in signatures(one)),
            )
            for one in self.literals
        ]
        grown = True
        while grown:
            grown = False
            for own, speaks in groups:
                if own & linked:
                    if speaks:
                        return True
                    grown = grown or not own <= linked
                    linked |= own
        return False


def bodies(rule: Rule) -> list[Body]:
    """Return the body of a rule, then one more for each element of its aggregates and the like.

    In these the conditions of the element stand beside those of the rule that they depend on.
    """
    found: list[Body] = []
    seen: set[tuple[str, ...]] = set()
    for head in head_atoms(rule):
        nodes = [_named(_unwrapped(node), n) for n, node in enumerate([*rule.node.body, *head.conditions])]
        whole = Body(nodes, frozenset(range(len(nodes))))
        if tuple(whole.texts) in seen:
            continue
        seen.add(tuple(whole.texts))
        found.append(whole)
        shared = whole.bound | set(variables_of(head.atom))
        for n, node in enumerate(nodes):
            for m, literals in enumerate(local_literals(node)):
                local = [_named(renamed(one, shared), f"{n}_{m}_{k}") for k, one in enumerate(literals)]
                outer = _without(nodes, n, shared)
                here = range(len(outer), len(outer) + len(local))
                found.append(Body([*outer, *local], frozenset(here)))
    return found


def _unwrapped(node: ast.AST) -> ast.AST:
    """Return a plain literal that arrives as a condition that has to hold in each case."""
    return node.literal if node.ast_type == ASTType.ConditionalLiteral and not node.condition else node


def _without(nodes: Sequence[ast.AST], n: int, shared: set[str]) -> list[ast.AST]:
    """Return literals without one of them, and without those that cannot stand without it."""
    kept = [node for k, node in enumerate(nodes) if k != n]
    while True:
        bound = Body(kept, frozenset()).bound
        safe = [node for node in kept if (set(variables_of(node)) & shared) <= bound]
        if len(safe) == len(kept):
            return kept
        kept = safe


def _part(n: int, literal: ast.AST) -> Iterator[Part]:
    if literal.ast_type != ASTType.Literal or literal.sign != Sign.NoSign:
        return
    if literal.atom.ast_type == ASTType.SymbolicAtom and literal.atom.symbol.ast_type == ASTType.Function:
        term = literal.atom.symbol
        plain = tuple(
            argument.name if argument.ast_type == ASTType.Variable else None for argument in term.arguments
        )
        yield Part(n, term, str(term), term.name, plain, frozenset(variables_of(term)))


def _equation(literal: ast.AST) -> list[tuple[ast.AST, ast.AST | None]] | None:
    """Return the sides that `=` may bind, each with the term it gets; None for the value of an aggregate."""
    if literal.ast_type != ASTType.Literal or literal.sign != Sign.NoSign:
        return None
    atom = literal.atom
    if atom.ast_type == ASTType.Comparison and len(atom.guards) == 1:
        if OPERATORS[atom.guards[0].comparison] != "=":
            return None
        sides = (atom.term, atom.guards[0].term)
        return [sides, sides[::-1]]
    if atom.ast_type in AGGREGATES:
        guards = [guard for guard in (atom.left_guard, atom.right_guard) if guard]
        equal = [(g.term, None) for g in guards if OPERATORS[g.comparison] == "="]
        return [pair for pair in equal if pair[0].ast_type == ASTType.Variable] or None
    return None


def renamed(node: ast.AST, kept: Container[str], prefix: str = "_L") -> ast.AST:
    """Return a node whose variables have a prefix, but for some that keep their names."""

    class Renamed(ast.Transformer):
        def visit_Variable(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
            if node.name == "_" or node.name in kept:
                return node
            return ast.Variable(node.location, f"{prefix}{node.name}")

    made: ast.AST = Renamed()(node)
    return made


def fresh(node: ast.AST, suffix: str | int) -> ast.AST:
    """Return a node with a name for each `_`."""
    count = 0

    class Named(ast.Transformer):
        def visit_Variable(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
            nonlocal count
            if node.name != "_":
                return node
            count += 1
            return ast.Variable(node.location, f"_A{suffix}_{count}")

    made: ast.AST = Named()(node)
    return made


def _named(node: ast.AST, suffix: str | int) -> ast.AST:
    """Name each `_` of an atom that has to be so; elsewhere it stands for anything."""
    plain = node.ast_type == ASTType.Literal and node.sign == Sign.NoSign
    return fresh(node, suffix) if plain and node.atom.ast_type == ASTType.SymbolicAtom else node


def local_literals(node: ast.AST) -> Iterator[list[ast.AST]]:
    """Yield the literals of each element of an aggregate, or of a condition that holds in each case."""
    if node.ast_type == ASTType.ConditionalLiteral:
        if node.condition:
            yield [node.literal, *node.condition]
    elif node.atom.ast_type in AGGREGATES:
        for element in node.atom.elements:
            if element.ast_type == ASTType.ConditionalLiteral:
                yield [element.literal, *element.condition]
            else:
                yield list(element.condition)


def pairs(literal: ast.AST) -> Iterator[tuple[ast.AST, ast.AST, list[str]]]:
    """Yield the terms that a comparison relates, two by two, and what is left of it without them."""
    atom = literal.atom
    terms = [atom.term, *(guard.term for guard in atom.guards)]
    signs = [OPERATORS[guard.comparison] for guard in atom.guards]
    written = [f"{terms[n]} {sign} {terms[n + 1]}" for n, sign in enumerate(signs)]
    for n in range(len(signs)):
        rest = [text for k, text in enumerate(written) if k != n] if literal.sign == Sign.NoSign else []
        yield terms[n], terms[n + 1], rest


def guarded(literal: ast.AST) -> Iterator[tuple[ast.AST, str, list[str]]]:
    """Yield each bound of an aggregate, a text that gives `_V` its value, and what is left of it."""
    atom = literal.atom
    if atom.ast_type == ASTType.BodyAggregate:
        inner = "; ".join(map(str, atom.elements))
        text = f"{FUNCTIONS[atom.function]} {{ {inner} }}"
    else:
        inner = "; ".join(
            f"{n},{opened(e.literal.atom, None)} : {', '.join(map(str, [e.literal, *e.condition]))}"
            for n, e in enumerate(atom.elements)
        )
        text = f"#count {{ {inner} }}"
    guards = [(guard, left) for guard, left in ((atom.left_guard, True), (atom.right_guard, False)) if guard]
    for guard, _ in guards:
        rest = [
            f"{other.term} {OPERATORS[other.comparison]} {text}"
            if left
            else f"{text} {OPERATORS[other.comparison]} {other.term}"
            for other, left in guards
            if other is not guard and literal.sign == Sign.NoSign
        ]
        yield guard.term, f"_V = {text}", rest


@dataclass(frozen=True, slots=True)
class Share:
    """A variable in a sum or difference.

    Args:
        sign: 1 where the term grows with it, -1 where it falls.
        scaled: whether it is multiplied.
    """

    variable: str
    sign: int
    scaled: bool = False


def shares(term: ast.AST, aliases: dict[str, ast.AST], _depth: int = 0) -> list[Share]:
    """Return the variables of a term that it grows or falls with; what they stand for is looked through."""
    kind = term.ast_type
    if kind == ASTType.Variable:
        own = [Share(term.name, 1)]
        if term.name in aliases and _depth < 8:
            own += shares(aliases[term.name], aliases, _depth + 1)
        return own
    if kind == ASTType.UnaryOperation and term.operator_type == ast.UnaryOperator.Minus:
        return [Share(s.variable, -s.sign, s.scaled) for s in shares(term.argument, aliases, _depth)]
    if kind != ASTType.BinaryOperation:
        return []
    left, right = (shares(side, aliases, _depth) for side in (term.left, term.right))
    operator = term.operator_type
    if operator == ast.BinaryOperator.Plus:
        return left + right
    if operator == ast.BinaryOperator.Minus:
        return left + [Share(s.variable, -s.sign, s.scaled) for s in right]
    if operator == ast.BinaryOperator.Multiplication:
        return [Share(s.variable, s.sign, True) for s in left + right]
    if operator == ast.BinaryOperator.Division:
        return [Share(s.variable, s.sign, True) for s in left]
    return []
