"""Take clingo's syntax tree of a rule apart: its atoms, their arguments, and how each occurs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

import clingo
from clingo.ast import AST, ASTSequence, ASTType, Sign, parse_string

from bylaw.tables.terms import Constant, Term, Text

_AGGREGATES = (ASTType.Aggregate, ASTType.BodyAggregate, ASTType.HeadAggregate)


@dataclass(frozen=True, slots=True)
class Atom:
    """An atom of a rule, one for each member of a pool.

    Args:
        args: the terms it stands with.
        node: what its place is taken from.
        classical: whether it stands behind `-`.
    """

    name: str
    args: tuple[AST, ...]
    node: AST
    classical: bool = False

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.args)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An atom in a body.

    Args:
        positive: whether more of it only gives more; false behind `not`, in aggregates and conditions.
        scope: which element of an aggregate or condition it stands in; 0 outside of them.
    """

    atom: Atom
    positive: bool
    scope: int


class Kind(Enum):
    """What a term is."""

    VARIABLE = auto()
    INTEGER = auto()
    TEXT = auto()
    CONSTANT = auto()
    COMPUTED = auto()
    """A number that is computed, or an interval."""
    COMPOUND = auto()
    """A tuple or a function of terms."""
    OTHER = auto()


def rule_tree(source: str) -> AST:
    """Return the syntax tree of one rule that clingo has read before."""
    found: list[AST] = []
    parse_string(source, found.append)
    return next(node for node in found if node.ast_type == ASTType.Rule)


def kind_of(term: AST) -> Kind:
    """Return what a term is."""
    kind = term.ast_type
    if kind == ASTType.Variable:
        return Kind.VARIABLE
    if kind in (ASTType.BinaryOperation, ASTType.UnaryOperation, ASTType.Interval):
        return Kind.COMPUTED
    if kind == ASTType.Function:
        return Kind.COMPOUND
    if kind != ASTType.SymbolicTerm:
        return Kind.OTHER
    symbol = term.symbol
    if symbol.type == clingo.SymbolType.Number:
        return Kind.INTEGER
    if symbol.type == clingo.SymbolType.String:
        return Kind.TEXT
    if symbol.type != clingo.SymbolType.Function:
        return Kind.OTHER
    return Kind.CONSTANT if symbol.name and not symbol.arguments else Kind.COMPOUND


def constant_of(term: AST) -> str | None:
    """Return the name of a constant, None for any other term."""
    return str(term) if kind_of(term) is Kind.CONSTANT else None


def fixed_of(term: AST) -> Term | None:
    """Return the number, text or constant that a term is, None for any other term."""
    kind = kind_of(term)
    if kind is Kind.INTEGER:
        return int(term.symbol.number)
    if kind is Kind.TEXT:
        return Text(term.symbol.string)
    return Constant(str(term)) if kind is Kind.CONSTANT else None


def variable_of(term: AST) -> str | None:
    """Return the name of a variable, None for `_` and any other term."""
    return str(term) if kind_of(term) is Kind.VARIABLE and term.name != "_" else None


def shape_refusal(rule: AST) -> tuple[AST, str, str] | None:
    """Return what in the form of a rule a pack may not hold: the node, a message and a help line."""
    head = rule.head
    for part in nodes_of(rule):
        if part.ast_type == ASTType.TheoryAtom:
            return part, "theory atoms (`&`) are not allowed in a pack", "rules are plain clingo"
    if head.ast_type == ASTType.Disjunction:
        message = "a head with alternatives or a condition is not allowed in a pack"
        return head, message, "a head is one atom, or a choice in braces"
    if head.ast_type == ASTType.Literal:
        if head.atom.ast_type != ASTType.SymbolicAtom:
            message = "constraints are not allowed in a pack"
            return rule, message, "derive a finding that says what is wrong"
        if head.sign != Sign.NoSign:
            return head, "a head behind `not` is not allowed in a pack", "derive it, or a finding"
    return None


def atoms_of_head(rule: AST) -> list[Atom]:
    """Return the atoms that a rule may derive."""
    return [atom for literal, _ in _head_literals(rule.head) for atom in atoms_of(literal)]


def is_choice(rule: AST) -> bool:
    """Return whether a rule permits rather than derives."""
    return rule.head.ast_type in (ASTType.Aggregate, ASTType.HeadAggregate)


def conditions_of(rule: AST) -> list[list[Atom]]:
    """Return the plain atoms of a body, one list a literal: the members of a pool are alternatives."""
    plain = (
        literal
        for literal in rule.body
        if literal.ast_type == ASTType.Literal and literal.sign == Sign.NoSign
    )
    return [atoms for literal in plain if (atoms := atoms_of(literal))]


def bodies_of(rule: AST) -> list[Occurrence]:
    """Return every atom that a rule asks for, those of its head's conditions included."""
    found: list[Occurrence] = []
    scope = 0
    for _, condition in _head_literals(rule.head):
        scope += 1
        for literal in condition:
            found.extend(_occurrences(literal, scope, monotone=True))
    for literal in rule.body:
        if literal.ast_type == ASTType.ConditionalLiteral:
            scope += 1
            found.extend(_occurrences(literal.literal, scope, monotone=True))
            for condition_literal in literal.condition:
                found.extend(_occurrences(condition_literal, scope, monotone=False))
            continue
        atom = literal.atom
        if atom.ast_type in _AGGREGATES:
            for element in atom.elements:
                scope += 1
                for inner in _element_literals(element):
                    found.extend(_occurrences(inner, scope, monotone=False))
            continue
        found.extend(_occurrences(literal, 0, monotone=True))
    return found


def head_scopes(rule: AST) -> list[tuple[Atom, int]]:
    """Return the atoms of the head with their scope, as `bodies_of` numbers it."""
    if rule.head.ast_type == ASTType.Literal:
        return [(atom, 0) for atom in atoms_of(rule.head)]
    found: list[tuple[Atom, int]] = []
    for number, (literal, _) in enumerate(_head_literals(rule.head), start=1):
        found.extend((atom, number) for atom in atoms_of(literal))
    return found


def atoms_of(literal: AST) -> list[Atom]:
    """Return the atoms of a literal: none for a comparison, several for a pool."""
    atom = literal.atom if literal.ast_type == ASTType.Literal else literal
    if atom.ast_type != ASTType.SymbolicAtom:
        return []
    found: list[Atom] = []
    todo: list[tuple[AST, bool]] = [(atom.symbol, False)]
    while todo:
        term, classical = todo.pop()
        if term.ast_type == ASTType.Function:
            found.append(Atom(term.name, tuple(term.arguments), term, classical))
        elif term.ast_type == ASTType.Pool:
            todo.extend((member, classical) for member in reversed(term.arguments))
        elif term.ast_type == ASTType.UnaryOperation:
            todo.append((term.argument, True))
        elif term.ast_type == ASTType.SymbolicTerm:
            found.append(Atom(term.symbol.name, (), term, classical))
    return found


def members(term: AST) -> list[AST]:
    """Return the terms that an argument may be: the members of a pool, else itself."""
    found: list[AST] = []
    todo = [term]
    while todo:
        one = todo.pop()
        if one.ast_type == ASTType.Pool:
            todo.extend(reversed(one.arguments))
        else:
            found.append(one)
    return found


def nodes_of(root: AST) -> Iterator[AST]:
    """Go through a tree without recursion, for terms may be deep."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        for key in node.child_keys:
            child = getattr(node, key)
            if isinstance(child, AST):
                todo.append(child)
            elif isinstance(child, ASTSequence):
                todo.extend(child)


def _head_literals(head: AST) -> list[tuple[AST, Iterable[AST]]]:
    """Return the literals of a head with the conditions beside each."""
    if head.ast_type == ASTType.Literal:
        return [(head, ())]
    if head.ast_type == ASTType.Aggregate:
        return [(element.literal, element.condition) for element in head.elements]
    if head.ast_type == ASTType.HeadAggregate:
        return [(element.condition.literal, element.condition.condition) for element in head.elements]
    if head.ast_type == ASTType.Disjunction:
        return [(element.literal, element.condition) for element in head.elements]
    return []


def _element_literals(element: AST) -> list[AST]:
    if element.ast_type == ASTType.ConditionalLiteral:
        return [element.literal, *element.condition]
    return list(element.condition)


def _occurrences(literal: AST, scope: int, *, monotone: bool) -> Iterator[Occurrence]:
    plain = literal.ast_type != ASTType.Literal or literal.sign == Sign.NoSign
    for atom in atoms_of(literal):
        yield Occurrence(atom, monotone and plain, scope)
