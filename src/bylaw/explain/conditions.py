"""The conditions of a rule, and how each of them fares under a substitution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import HeadAtom
from bylaw.explain.templates import ANY, Template, template_of
from bylaw.policy.model import Rule

OPERATORS = {
    ast.ComparisonOperator.GreaterThan: ">",
    ast.ComparisonOperator.LessThan: "<",
    ast.ComparisonOperator.LessEqual: "<=",
    ast.ComparisonOperator.GreaterEqual: ">=",
    ast.ComparisonOperator.NotEqual: "!=",
    ast.ComparisonOperator.Equal: "=",
}
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
FUNCTIONS = ("#count", "#sum", "#sum+", "#min", "#max")


class Form(StrEnum):
    """The form of a condition."""

    ATOM = "atom"
    COMPARISON = "comparison"
    AGGREGATE = "aggregate"
    EACH = "each"
    OTHER = "other"


@dataclass(frozen=True)
class Condition:
    """One condition in the body of a rule; what is read of its syntax tree is read once.

    Args:
        form: what it is.
        node: its syntax tree.
        sign: whether it is negated, once or twice.
        variables: those that the rule shares; local ones of aggregates and the like are not among them.
        hidden: whether it is not written in the rule but comes from matching the head.
    """

    form: Form
    node: ast.AST
    sign: Sign
    variables: tuple[str, ...]
    hidden: bool = False

    @cached_property
    def text(self) -> str:
        """The condition as clingo writes it."""
        return str(self.node)

    @cached_property
    def atom(self) -> ast.AST:
        """The atom under the sign."""
        return self.node if self.form is Form.EACH else self.node.atom

    @cached_property
    def template(self) -> Template | None:
        """Of an ATOM, its term; None if it is no plain function."""
        return template_of(self.atom.symbol) if self.form is Form.ATOM else None

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """Of a COMPARISON, the relations between its terms."""
        if self.form is not Form.COMPARISON:
            return ()
        return tuple(OPERATORS[guard.comparison] for guard in self.atom.guards)

    @cached_property
    def sides(self) -> tuple[str | None, str | None] | None:
        """Of a COMPARISON of two terms, the variables that they are; None for one that is no variable."""
        if self.form is not Form.COMPARISON or len(self.relations) != 1:
            return None
        return _variable(self.atom.term), _variable(self.atom.guards[0].term)

    @cached_property
    def bounds(self) -> tuple[str, ...]:
        """Of an AGGREGATE, the variables that it is compared with."""
        if self.form is not Form.AGGREGATE:
            return ()
        named = (_variable(guard.term) for guard in (self.atom.left_guard, self.atom.right_guard) if guard)
        return tuple(name for name in named if name is not None)

    @cached_property
    def function(self) -> str:
        """Of an AGGREGATE, how its elements are put together."""
        aggregate = self.atom.ast_type == ASTType.BodyAggregate
        return FUNCTIONS[self.atom.function] if aggregate else "#count"

    @cached_property
    def weights(self) -> tuple[tuple[str, Template], ...]:
        """Of an AGGREGATE, each variable that leads a tuple, with each atom that it may come from."""
        if self.form is not Form.AGGREGATE or self.atom.ast_type != ASTType.BodyAggregate:
            return ()
        return tuple(
            (element.terms[0].name, atom)
            for element in self.atom.elements
            if element.terms and element.terms[0].ast_type == ASTType.Variable
            for literal in element.condition
            if literal.atom.ast_type == ASTType.SymbolicAtom
            and (atom := template_of(literal.atom.symbol)) is not None
        )

    @cached_property
    def composed(self) -> bool:
        """Of an AGGREGATE, whether it is a sum of what is reckoned for each element, such as `W * H`."""
        if not self.function.startswith("#sum"):
            return False
        weights = [element.terms[0] for element in self.atom.elements if element.terms]
        return bool(weights) and all(one.ast_type == ASTType.BinaryOperation for one in weights)

    @cached_property
    def products(self) -> tuple[tuple[tuple[str, Template], ...], ...]:
        """Of an AGGREGATE, for each of its elements the two variables that its weight multiplies.

        With each comes the atom that it is taken from; nothing for an element with another weight.
        """
        if self.form is not Form.AGGREGATE or self.atom.ast_type != ASTType.BodyAggregate:
            return ()
        return tuple(map(_multiplied, self.atom.elements))


def _multiplied(element: ast.AST) -> tuple[tuple[str, Template], ...]:
    weight = element.terms[0] if element.terms else None
    if weight is None or weight.ast_type != ASTType.BinaryOperation:
        return ()
    names = [_variable(weight.left), _variable(weight.right)]
    if weight.operator_type != ast.BinaryOperator.Multiplication or None in names:
        return ()
    atoms = [
        atom
        for literal in element.condition
        if literal.sign == Sign.NoSign
        and literal.atom.ast_type == ASTType.SymbolicAtom
        and (atom := template_of(literal.atom.symbol)) is not None
    ]
    found = [(name, atom) for name in names if name for atom in atoms[::-1] if name in atom.args]
    return tuple(dict(found).items()) if len(dict(found)) == len(names) else ()


def _variable(term: ast.AST) -> str | None:
    return term.name if term.ast_type == ASTType.Variable else None


@dataclass(slots=True)
class Element:
    """A contribution to an aggregate: its tuple, and the atoms of its condition with their signs."""

    terms: tuple[clingo.Symbol, ...]
    atoms: tuple[tuple[bool, clingo.Symbol], ...]
    position: int


@dataclass(slots=True)
class Case:
    """One case of a condition that has to hold in each: the atom asked for and what poses the case."""

    met: bool
    positive: bool
    atom: clingo.Symbol | None
    posed_by: tuple[tuple[bool, clingo.Symbol], ...]


@dataclass(slots=True)
class Outcome:
    """How one condition fares under one substitution.

    Args:
        atom: of an ATOM condition, instantiated; ANY where it is left open.
        sides: of a COMPARISON, the values of its terms.
        value: of an AGGREGATE.
        guards: of an AGGREGATE, (relation, value) with the aggregate's value on the left.
    """

    condition: Condition
    met: bool
    atom: clingo.Symbol | None = None
    sides: tuple[clingo.Symbol, ...] = ()
    value: clingo.Symbol | None = None
    guards: tuple[tuple[str, clingo.Symbol], ...] = ()
    elements: list[Element] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


@dataclass(slots=True)
class Instance:
    """A rule under one substitution: as far as its variables could be bound.

    Args:
        binding: values by variable.
        outcomes: of the conditions that could be looked at, in the order of the rule.
        complete: whether all variables are bound.
        head: what the rule derives; None if it is a choice or no plain function.
    """

    rule: Rule
    binding: Mapping[str, clingo.Symbol]
    outcomes: list[Outcome]
    complete: bool
    head: Template | None

    unmet: list[Outcome] = field(init=False)
    """The conditions that fail."""
    supports: bool = field(init=False)
    """Whether every condition is met."""

    def __post_init__(self) -> None:
        self.unmet = [outcome for outcome in self.outcomes if not outcome.met]
        self.supports = self.complete and not self.unmet

    def used(self) -> Iterator[clingo.Symbol]:
        """Yield the atoms that a supporting instance rests on positively."""
        for outcome in self.outcomes:
            plain = outcome.condition.form is Form.ATOM and outcome.condition.sign is not Sign.Negation
            if plain and outcome.atom is not None:
                yield outcome.atom
            for element in outcome.elements:
                yield from (atom for positive, atom in element.atoms if positive)
            for case in outcome.cases:
                yield from (atom for positive, atom in case.posed_by if positive)
                if case.positive and case.met and case.atom is not None:
                    yield case.atom


def variables_of(node: object) -> list[str]:
    """Return the names of the variables in a syntax tree, in order, without `_`."""
    found: dict[str, None] = {}

    def walk(part: object) -> None:
        if isinstance(part, ast.AST):
            if part.ast_type == ASTType.Variable:
                if part.name != "_":
                    found.setdefault(part.name)
                return
            for key in part.child_keys:
                walk(getattr(part, key))
        elif isinstance(part, list | tuple | ast.ASTSequence):
            for one in part:
                walk(one)

    walk(node)
    return list(found)


def contains(node: object, *types: ASTType) -> bool:
    """Whether a syntax tree has a node of one of some types."""
    if isinstance(node, ast.AST):
        return node.ast_type in types or any(contains(getattr(node, key), *types) for key in node.child_keys)
    if isinstance(node, list | tuple | ast.ASTSequence):
        return any(contains(part, *types) for part in node)
    return False


def solvable(term: ast.AST) -> bool:
    """Whether clingo can solve `value = term` for the variables of the term."""
    if term.ast_type in (ASTType.Variable, ASTType.SymbolicTerm):
        return True
    if term.ast_type == ASTType.Function:
        return all(solvable(argument) for argument in term.arguments)
    if term.ast_type == ASTType.BinaryOperation and term.operator_type in (
        ast.BinaryOperator.Plus,
        ast.BinaryOperator.Minus,
        ast.BinaryOperator.Multiplication,
    ):
        sides = (term.left, term.right)
        constant = [side for side in sides if not variables_of(side)]
        other = [side for side in sides if variables_of(side)]
        if term.operator_type == ast.BinaryOperator.Multiplication and any(str(c) == "0" for c in constant):
            return False
        return len(other) <= 1 and all(solvable(side) and len(variables_of(side)) == 1 for side in other)
    return not variables_of(term)


def opened(node: ast.AST, bound: Iterable[str] | None) -> str:
    """Write an atom as a term, with ANY for each argument that is not known.

    Args:
        bound: the variables that have a value; None if all have. `_` never has.
    """
    known = None if bound is None else set(bound)

    def unknown(term: ast.AST) -> bool:
        if term.ast_type == ASTType.Variable:
            return term.name == "_" or (known is not None and term.name not in known)
        return any(unknown(part) for key in term.child_keys for part in _parts(getattr(term, key)))

    class Opened(ast.Transformer):
        def visit_Function(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
            arguments = [
                ast.SymbolicTerm(term.location, ANY) if unknown(term) else term for term in node.arguments
            ]
            return ast.Function(node.location, node.name, arguments, node.external)

    return str(Opened()(node.symbol))


def _parts(child: object) -> Iterator[ast.AST]:
    if isinstance(child, ast.AST):
        yield child
    elif isinstance(child, list | tuple | ast.ASTSequence):
        yield from (one for one in child if isinstance(one, ast.AST))


def conditions_of(rule: Rule, head: HeadAtom) -> list[Condition]:
    """Return the conditions of a rule for one of its heads, in the order of the rule."""
    nodes = [*rule.node.body, *head.conditions]
    shared = set(variables_of(head.atom))
    for node in nodes:
        if node.ast_type == ASTType.Literal:
            kind = node.atom.ast_type
            if kind in (ASTType.SymbolicAtom, ASTType.Comparison):
                shared.update(variables_of(node))
            elif kind in (ASTType.BodyAggregate, ASTType.Aggregate):
                shared.update(
                    variables_of([g.term for g in (node.atom.left_guard, node.atom.right_guard) if g])
                )
    return [condition_of(node, shared) for node in nodes]


def condition_of(node: ast.AST, shared: set[str], hidden: bool = False) -> Condition:
    """Return a body literal as a condition; `shared` are the variables of the rule outside local scopes."""
    own = tuple(name for name in variables_of(node) if name in shared)
    if node.ast_type == ASTType.ConditionalLiteral:
        if not node.condition:  # `p(X) :` without a condition, and the way a plain literal may arrive
            return condition_of(node.literal, shared, hidden)
        return Condition(Form.EACH, node, Sign.NoSign, own, hidden)
    kind = node.atom.ast_type
    form = {
        ASTType.SymbolicAtom: Form.ATOM,
        ASTType.Comparison: Form.COMPARISON,
        ASTType.BodyAggregate: Form.AGGREGATE,
        ASTType.Aggregate: Form.AGGREGATE,
    }.get(kind, Form.OTHER)
    return Condition(form, node, Sign(node.sign), own, hidden)


def written_tuple(names: Iterable[str]) -> str:
    """Write names as a tuple of clingo, also if there is one or none."""
    return "(" + "".join(f"{name}," for name in names) + ")"


def signatures(node: object) -> Iterator[tuple[str, int]]:
    """Yield the name and arity of each atom in a syntax tree."""
    if isinstance(node, ast.AST):
        if node.ast_type == ASTType.SymbolicAtom:
            symbol = node.symbol
            for term in symbol.arguments if symbol.ast_type == ASTType.Pool else [symbol]:
                if term.ast_type == ASTType.Function:
                    yield term.name, len(term.arguments)
            return
        for key in node.child_keys:
            yield from signatures(getattr(node, key))
    elif isinstance(node, list | tuple | ast.ASTSequence):
        for part in node:
            yield from signatures(part)
