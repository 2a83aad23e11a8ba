"""Telling what a rule asks of several things together: sums, counts, and conditions on each case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clingo import SymbolType
from clingo.ast import Sign

from bylaw.engine.symbols import Symbol
from bylaw.explain.conditions import Condition, Element, Instance, Outcome
from bylaw.explain.hosts import Hosts
from bylaw.explain.narrate import Narrator
from bylaw.explain.reason import Kind, Reason, Value
from bylaw.explain.sentences import OPPOSITE, RELATIONS, number, stands
from bylaw.explain.templates import Template
from bylaw.policy.model import ArgType, Limit

_NUMBER = SymbolType.Number


@dataclass(frozen=True, slots=True)
class Product:
    """What a contribution of two factors adds to a sum."""

    factor: Value
    weight: Value
    value: Value

    @property
    def text(self) -> str:
        """The product as it is reckoned: `3.70 times 3 credit hours are 11.10`."""
        factor, weight, value = (
            number(one.actual, one.scale, one.unit) for one in (self.factor, self.weight, self.value)
        )
        return f"{factor} × {weight} = {value}"


class Sums:
    """Tells the aggregates of one decision.

    Args:
        narrator: of the atoms that they put together.
    """

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self._policy = narrator.policy

    # ---------------------------------------------------------------------------------------- aggregates

    def aggregate(self, instance: Instance, n: int, hosts: Hosts) -> Reason:
        """Tell an aggregate: its value, what is asked of it, and that its elements follow."""
        outcome = instance.outcomes[n]
        function = outcome.condition.function
        value = outcome.value
        reason = Reason(Kind.SUM, outcome.condition.text, "", outcome.met, met=outcome.met)
        weight = self._weight_type(outcome.condition)
        counted = len(outcome.elements)
        limit = self._policy.limits.get(hosts.limit_of.get(n, ""))
        if value is None or value.type is not _NUMBER:
            reason.says = "there is nothing to reckon with"
            if limit:
                reason.says += f" against {self._narrator.bound(limit)}"
                reason.provisions = (limit.provision,)
            return reason
        kind = self._assigned_type(instance, outcome) or weight
        own = kind if kind is not None and (kind.unit or kind.scale) else None
        if own is None and limit is None and (shown := self._by_figure(instance, outcome)) is not None:
            return shown
        measured = own or limit or kind  # what is compared with a limit is measured as the limit is
        unit = measured.unit if measured else None
        scale = measured.scale if measured else 0
        plain = function == "#count" or measured is not None
        reason.value = Value(value.number, unit=unit, scale=scale)
        figure = number(value.number, scale, unit)
        if function == "#count":
            reason.says = f"there {'is' if value.number == 1 else 'are'} {figure}"
        elif function in ("#min", "#max"):
            reason.says = f"the {'least' if function == '#min' else 'greatest'} is {figure}"
        else:
            reason.says = (
                f"together {figure}"
                if plain
                else f"reckoned over {counted} {'entry' if counted == 1 else 'entries'}"
            )
        asked = [(relation, bound.number) for relation, bound in outcome.guards if bound.type is _NUMBER]
        if asked and not (len(asked) == 1 and asked[0][0] == "=" and outcome.met):
            self._asked_of(reason, outcome, asked, limit, plain=plain)
            if limit:
                reason.provisions = (limit.provision,)
        return reason

    def _by_figure(self, instance: Instance, outcome: Outcome) -> Reason | None:
        """Tell a sum on a scale of the rules' own by the figure that is shown for what the rule concludes.

        None where the vocabulary names no such figure, or its rounding puts it on another side of the bound
        than the sum.
        """
        if instance.head is None or not outcome.condition.composed or len(outcome.guards) != 1:
            return None
        goal = instance.head.goal(dict(instance.binding))
        tested = self._narrator.tested(goal)
        if tested is None:
            return None
        value, figure, relation, bound = tested
        if outcome.guards[0][0] != value.relation or outcome.condition.sign is not Sign.NoSign:
            return None
        if value.bound is None or stands(value.actual, value.relation, value.bound) is not outcome.met:
            return None
        says = f"{self._narrator.said(goal, outcome.met)}: {figure}, {relation} {bound}"
        return Reason(Kind.SUM, outcome.condition.text, says, outcome.met, met=outcome.met, value=value)

    def _asked_of(
        self,
        reason: Reason,
        outcome: Outcome,
        asked: Sequence[tuple[str, int]],
        limit: Limit | None,
        *,
        plain: bool,
    ) -> None:
        """Add to an aggregate what it is compared with; of two bounds, the one that it fails comes first."""
        assert reason.value is not None
        actual, unit, scale = reason.value.actual, reason.value.unit, reason.value.scale
        negated = outcome.condition.sign is Sign.Negation
        so = [
            (relation if stands(actual, relation, bound) else OPPOSITE[relation], relation, bound)
            for relation, bound in asked
        ]
        if len(so) > 1:  # told is what is so: a bound that fails, or both where both are kept
            failing = [one for one in so if one[0] != one[1]]
            so = failing[:1] or so
        first = so[0]
        if len(so) == 1:
            relation = OPPOSITE[first[1]] if negated else first[1]
            reason.value = Value(actual, relation, first[2], unit, scale)
        if plain:
            bounds = [
                f"{RELATIONS[said]} "
                + (
                    self._narrator.bound(limit)
                    if limit and limit.value == bound
                    else number(bound, scale, unit)
                )
                for said, _, bound in so
            ]
            reason.says += f", {' and '.join(bounds)}"

    def element(self, instance: Instance, n: int, element: Element, parts: Sequence[Reason]) -> Reason:
        """Tell one contribution: what it is and, where the reader knows the unit, how much it adds."""
        condition = instance.outcomes[n].condition
        main = next((part for part in parts if part.holds and part.kind is not Kind.STATED), None)
        main = main or (parts[0] if parts else None)
        reason = Reason(
            Kind.ELEMENT,
            ", ".join(str(term) for term in element.terms),
            main.says if main else ", ".join(str(term) for term in element.terms),
            True,
        )
        if main is not None:
            reason.about = main.atom
            reason.predicate = main.predicate
            reason.provisions = main.provisions
            reason.rule = main.rule
            reason.evidence = main.evidence
            reason.repeated = main.repeated
            reason.assumed = main.assumed
            reason.because = [*main.because, *(part for part in parts if part is not main)]
        weight = self._weight_type(condition)
        summed = condition.function != "#count"
        if summed and weight is not None and element.terms and element.terms[0].type is _NUMBER:
            reason.value = Value(element.terms[0].number, unit=weight.unit, scale=weight.scale)
            reason.says += f" ({number(element.terms[0].number, weight.scale, weight.unit)})"
        elif summed and (product := self.product(condition, element)) is not None:
            reason.value = product.value
            reason.says += f": {product.text}"
        return reason

    def product(self, condition: Condition, element: Element) -> Product | None:
        """Return what a contribution of two factors adds.

        None where it has no two factors, or the reader has no measure for one of them.
        """
        products = condition.products
        factors: list[tuple[int, ArgType]] = []
        for variable, template in products[element.position] if element.position < len(products) else ():
            kind = self._narrator.type_in(template, variable)
            at = template.args.index(variable)
            given = next((atom for so, atom in element.atoms if so and _fits(template, atom)), None)
            if kind is None or given is None or given.arguments[at].type is not _NUMBER:
                return None
            if not (kind.scale or kind.unit):
                return None
            factors.append((given.arguments[at].number, kind))
        if len(factors) != 2 or element.terms[0].type is not _NUMBER:
            return None
        (one, kind), (other, weight) = factors
        return Product(
            Value(one, unit=kind.unit, scale=kind.scale),
            Value(other, unit=weight.unit, scale=weight.scale),
            Value(element.terms[0].number, scale=kind.scale + weight.scale),
        )

    def _weight_type(self, condition: Condition) -> ArgType | None:
        """Return the type of what an aggregate adds up, if it is a plain variable of a declared type."""
        for variable, atom in condition.weights:
            kind = self._narrator.type_in(atom, variable)
            if kind is not None:
                return kind
        return None

    def _assigned_type(self, instance: Instance, outcome: Outcome) -> ArgType | None:
        """Return the type of the first variable that an aggregate is compared with."""
        bounds = outcome.condition.bounds
        return self._narrator.type_of(instance, bounds[0]) if bounds else None

    def each(self, instance: Instance, n: int) -> Reason:
        """Tell a condition that has to hold in each of several cases."""
        outcome = instance.outcomes[n]
        all_cases, failed = len(outcome.cases), sum(not case.met for case in outcome.cases)
        if not all_cases:
            says = "there is no case to look at, so nothing stands against it"
        elif failed:
            says = f"this has to hold in each of {all_cases}; it fails in {failed}"
        else:
            says = f"this holds in each of {all_cases}"
        return Reason(
            Kind.EACH,
            outcome.condition.text,
            says,
            outcome.met,
            met=outcome.met,
            value=Value(all_cases - failed, "=", all_cases),
        )


def _fits(template: Template, atom: Symbol) -> bool:
    """Whether an atom of a contribution is the one that a template of its condition stands for."""
    return (
        atom.name == template.name
        and len(atom.arguments) == len(template.args)
        and template.bind(atom) is not None
    )
