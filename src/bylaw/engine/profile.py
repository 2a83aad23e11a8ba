"""What grounds large: the instances of each rule over a sample of records, and the elements of aggregates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import clingo
from clingo import ast
from clingo.ast import ASTType

from bylaw.engine.program import add_facts
from bylaw.engine.solve import Engine
from bylaw.engine.variables import outer_variables, variables_of
from bylaw.policy.model import Rule
from bylaw.records.model import Records

_INSTANCE, _ELEMENT = "_instance", "_element"


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What one rule grounds to.

    Args:
        instances: ways in which its body holds, each of which clingo instantiates.
        elements: elements of the aggregates and conditions in those, each of which is instantiated too.
    """

    rule: Rule
    instances: int
    elements: int

    @property
    def ground(self) -> int:
        """Both together."""
        return self.instances + self.elements


@dataclass(frozen=True, slots=True)
class Profile:
    """What a sample of records grounds to.

    Args:
        subjects: of the sample.
        rules: of those that can apply to the sample, in the order of the text.
        atoms: of each derived predicate.
        facts: given by the pack and the records.
    """

    subjects: tuple[str, ...]
    rules: tuple[RuleCost, ...]
    atoms: dict[str, int]
    facts: int


def profile(engine: Engine, records: Records, subjects: Sequence[str]) -> Profile:
    """Count what the rules ground to for a sample of records, grounded together.

    The counts are those of a second grounding over what follows: each body is evaluated once more, so that
    rules whose conclusions coincide are told apart. What clingo joins and then discards is not counted, and
    of aggregates only the elements in bodies that hold.

    Raises:
        SolveError: a subject has no answer set, or more than one.
    """
    given = list(dict.fromkeys(fact for subject in subjects for fact in records.facts(subject)))
    atoms = engine.answer_set(given, ", ".join(subjects[:3]))
    rules = engine.program.rules(given)
    control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
    add_facts(control, atoms)
    control.add("base", [], "\n".join(line for rule in rules for line in _counters(rule)))
    control.ground([("base", [])])
    counted: dict[tuple[str, int], int] = {}
    for name, arity, _ in control.symbolic_atoms.signatures:
        if name in (_INSTANCE, _ELEMENT):
            for one in control.symbolic_atoms.by_signature(name, arity):
                key = (name, one.symbol.arguments[0].number)
                counted[key] = counted.get(key, 0) + 1
    derived = {head for rule in rules for head in rule.heads}
    return Profile(
        subjects=tuple(subjects),
        rules=tuple(
            RuleCost(r, counted.get((_INSTANCE, r.number), 0), counted.get((_ELEMENT, r.number), 0))
            for r in rules
        ),
        atoms={name: len(atoms.named(name, arity)) for name, arity in sorted(derived)},
        facts=len(given) + len(engine.policy.statements(engine.readings)),
    )


def _counters(rule: Rule) -> Iterator[str]:
    """Yield rules whose atoms are the instances of a rule and the elements of its aggregates."""
    body = list(rule.node.body)
    if not body:
        return
    outer = outer_variables(body)
    text = "; ".join(map(str, body))
    yield f"{_INSTANCE}({rule.number},({','.join(outer)},)) :- {text}."
    for number, (terms, condition) in enumerate(one for literal in body for one in _elements(literal)):
        inner = [name for name in variables_of([*terms, *condition]) if name not in outer]
        told = ",".join([*outer, *dict.fromkeys(inner)])
        whole = "; ".join(map(str, [*body, *condition]))
        yield f"{_ELEMENT}({rule.number},{number},({told},)) :- {whole}."


def _elements(literal: Any) -> list[tuple[list[ast.AST], list[ast.AST]]]:
    """Return the terms and the condition of each element of an aggregate, or of a condition, in a body."""
    if literal.ast_type == ASTType.ConditionalLiteral:
        return [([], [*literal.condition])]
    atom = getattr(literal, "atom", None)
    if atom is None:
        return []
    if atom.ast_type == ASTType.BodyAggregate:
        return [([*one.terms], [*one.condition]) for one in atom.elements]
    if atom.ast_type == ASTType.Aggregate:
        return [([], [one.literal, *one.condition]) for one in atom.elements]
    return []
