"""Aggregates whose tuples do not carry what makes their elements several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bylaw.analysis.lint.findings import Finding, Source
from bylaw.policy.model import ArgType, Base, Predicate
from bylaw.policy.syntax import atoms_of, nodes_of, variable_of


def keyless(
    source: Source, predicates: Mapping[str, Predicate | None], types: Mapping[str, ArgType | None]
) -> Iterator[Finding]:
    """Yield the elements of sums and counts that fall together where their figures are equal."""
    for rule in source.read.rules:
        for node in nodes_of(rule.node):
            if node.ast_type.name != "BodyAggregate":
                continue
            function = str(node).partition("#")[2].partition(" ")[0]
            if function not in ("sum", "sum+", "count"):
                continue
            for element in node.elements:
                kinds = _kinds(element, predicates, types)
                if _keyless(list(element.terms), element, function, kinds):
                    shown = ", ".join(str(term) for term in element.terms)
                    message = f"equal figures count once: the tuple `{shown}` of `#{function}` has no key"
                    help = "add what the figure belongs to: `H, C : hours(C, H)`"
                    yield Finding("L102", message, source.read.place(element.terms[0]), help)


def _keyless(terms: list[Any], element: Any, function: str, kinds: Mapping[str, ArgType]) -> bool:
    """Whether nothing but figures tells an element from another one.

    The weight of a sum is no key. A key is a variable that is no amount; a constant is none.
    """
    keys = terms if function == "count" else terms[1:]
    if not terms:
        return False
    variables = {variable_of(node) for term in keys for node in nodes_of(term)} - {None}
    if any(name not in kinds or not _amount(kinds[name]) for name in variables if name):
        return False
    return any(variable_of(node) or str(node) == "_" for one in element.condition for node in nodes_of(one))


def _kinds(
    element: Any, predicates: Mapping[str, Predicate | None], types: Mapping[str, ArgType | None]
) -> dict[str, ArgType]:
    """Return the types of the variables in the condition of an element."""
    found: dict[str, ArgType] = {}
    for literal in element.condition:
        for atom in atoms_of(literal):
            predicate = predicates.get(atom.name)
            if predicate is None or predicate.arity != atom.arity:
                continue
            for (_, type_name), term in zip(predicate.args, atom.args, strict=True):
                name, type_ = variable_of(term), types.get(type_name)
                if name is not None and type_ is not None:
                    found.setdefault(name, type_)
    return found


def _amount(type_: ArgType) -> bool:
    return type_.base is Base.INTEGER and (type_.unit is not None or type_.scale > 0)
