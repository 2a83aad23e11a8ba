"""Telling the comparisons of a rule: a figure with its limit, or two values side by side."""

from __future__ import annotations

from clingo import SymbolType
from clingo.ast import ASTType, Sign

from bylaw.engine.program import head_atoms
from bylaw.engine.symbols import Symbol, term_of
from bylaw.explain.conditions import FLIPPED, Instance, Outcome
from bylaw.explain.hosts import Hosts, names_limit
from bylaw.explain.narrate import Narrator, said_term
from bylaw.explain.probes import PARAMETER
from bylaw.explain.reason import Kind, Reason, Value
from bylaw.explain.sentences import OPPOSITE, relation_words, stands
from bylaw.explain.terms import LeftToClingoError, evaluated, value_of

_NUMBER = SymbolType.Number


class Comparisons:
    """Tells the comparisons of one decision.

    Args:
        narrator: of the atoms that they compare.
    """

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self._policy = narrator.policy

    def of(self, instance: Instance, n: int, hosts: Hosts) -> Reason:
        """Tell a comparison: of an atom's figure with a limit where it is one, else of its two sides."""
        outcome = instance.outcomes[n]
        positive = outcome.condition.sign is not Sign.Negation
        text = _written_sides(outcome)
        sides = outcome.condition.sides
        if sides is None or len(outcome.sides) != 2 or any(s.type is not _NUMBER for s in outcome.sides):
            said = self._within(instance, outcome) or self._same_or_other(instance, outcome, sides)
            says = said or (text if outcome.met else f"not: {text}")
            return Reason(Kind.COMPARISON, text, says, outcome.met, met=outcome.met)
        if None in sides and (shown := self._by_figure(instance, outcome)) is not None:
            return shown
        left, right = sides
        relation = outcome.condition.relations[0]
        if not positive:
            relation = OPPOSITE[relation]
        limit = self._policy.limits.get(hosts.limit_of.get(n, ""))
        values = [side.number for side in outcome.sides]
        types = [self._narrator.type_of(instance, side) for side in (left, right)]
        if limit and names_limit(instance, left, limit.name):
            values.reverse()
            types.reverse()
            relation = FLIPPED[relation]
        kind = types[0] or types[1]
        scale = kind.scale if kind else (limit.scale if limit else 0)
        unit = (kind.unit if kind else None) or (limit.unit if limit else None)
        so = relation if outcome.met else OPPOSITE[relation]
        figure = self._narrator.number(kind, values[0], unit, scale)
        bound = (
            self._narrator.bound(limit)
            if limit
            else self._narrator.number(types[1] or kind, values[1], unit, scale)
        )
        said = relation_words(so, kind)
        reason = Reason(
            Kind.COMPARISON,
            text,
            f"{figure} is {said} {bound}",
            outcome.met,
            met=outcome.met,
            value=Value(values[0], relation, values[1], unit, scale),
            provisions=(limit.provision,) if limit else (),
        )
        host = hosts.host_of.get(n)
        if host is not None:
            told = instance.outcomes[host].atom
            assert told is not None
            atom = next(iter(self._narrator.lookup.matches(told)), told)
            reason.atom = str(atom)
            reason.predicate = atom.name
            reason.holds = True
            reason.says = f"{self._narrator.said(atom, True)}: {said} {bound}"
        return reason

    def _by_figure(self, instance: Instance, outcome: Outcome) -> Reason | None:
        """Tell a comparison of reckoned sides, such as `10000 * H > L * B`, by the figure shown for it.

        That is the figure which the vocabulary names for what the rule concludes, where it is about the same
        limit. None if there is no such figure, or if its rounding puts it on another side than the rule does.
        """
        head = instance.head
        predicate = self._policy.predicates.get(head.name) if head else None
        if head is None or predicate is None or predicate.value is None:
            return None
        limit = self._policy.limits.get(predicate.value.bound)
        if limit is None or not any(
            names_limit(instance, variable, limit.name) for variable in outcome.condition.variables
        ):
            return None
        tested = self._narrator.tested(head.goal(dict(instance.binding)))
        if tested is None:
            return None
        value, figure, relation, bound = tested
        if value.bound is None or stands(value.actual, value.relation, value.bound) != outcome.met:
            return None
        return Reason(
            Kind.COMPARISON,
            _written_sides(outcome),
            f"{figure} is {relation} {bound}",
            outcome.met,
            met=outcome.met,
            value=value,
            provisions=(limit.provision,),
        )

    def _within(self, instance: Instance, outcome: Outcome) -> str:
        """Say of a number that it lies in an interval; nothing if it is no such comparison, or not met."""
        atom = outcome.condition.atom
        if not outcome.met or outcome.condition.relations != ("=",):
            return ""
        terms = (atom.term, atom.guards[0].term)
        interval = next((one for one in terms if one.ast_type == ASTType.Interval), None)
        if interval is None:
            return ""
        other = terms[0] if terms[1] is interval else terms[1]
        names = {name: n for n, name in enumerate(instance.binding)}
        theta = tuple(instance.binding.values())
        values = []
        for term in (other, interval.left, interval.right):
            value = value_of(term, names)
            try:
                known = evaluated(value, theta) if value is not None else None
            except LeftToClingoError:
                return ""
            if known is None or known.type is not _NUMBER:
                return ""
            values.append(known.number)
        kind = self._narrator.type_of(instance, getattr(other, "name", None))
        actual, low, high = (self._narrator.number(kind, one, kind.unit if kind else None) for one in values)
        return f"{actual} lies between {low} and {high}"

    def _same_or_other(
        self, instance: Instance, outcome: Outcome, sides: tuple[str | None, str | None] | None
    ) -> str:
        """Say of two words of one type whether they are the same; nothing if it is no such comparison."""
        if sides is None or len(outcome.sides) != 2:
            return ""
        if outcome.condition.relations[0] not in ("=", "!="):
            return ""
        kind = self._narrator.type_of(instance, sides[0]) or self._narrator.type_of(instance, sides[1])
        if kind is None or not all(map(_is_word, outcome.sides)):
            return ""
        one, other = (self._narrator.sentences.term(kind, term_of(side)) for side in outcome.sides)
        if kind.values:  # the words of a pack for a value may be a phrase: "after the first sitting"
            one, other = f'"{one}"', f'"{other}"'
        return f"{one} is {'' if outcome.sides[0] == outcome.sides[1] else 'not '}{other}"

    def other_value(self, instance: Instance, n: int) -> Reason:
        """Tell that a rule concludes the same of another value than the one asked for."""
        outcome = instance.outcomes[n]
        parameter, term = outcome.condition.atom.term, outcome.condition.atom.guards[0].term
        position = int(str(parameter).removeprefix(PARAMETER))
        head = head_atoms(instance.rule)[0].atom
        predicate = self._policy.predicates.get(getattr(head, "name", ""))
        reason = Reason(Kind.COMPARISON, str(term), "the rule gives another value", False, met=False)
        if predicate is None or position >= predicate.arity:
            return reason
        name, kind = predicate.args[position]
        words = name.replace("_", " ")
        reason.says = f"the rule gives another {words}"
        if len(outcome.sides) == 2:
            known = self._policy.types[kind]
            asked, given = (self._narrator.sentences.term(known, said_term(side)) for side in outcome.sides)
            reason.says = f"by this rule the {words} is {given}, not {asked}"
        return reason

    def not_as_asked(self, outcome: Outcome) -> Reason:
        """Tell that something is so, and not in the way that a condition asks for."""
        assert outcome.atom is not None
        says = f"in no case is it as the rule asks: {self._narrator.said(outcome.atom, True)}"
        return Reason(Kind.COMPARISON, outcome.condition.text, says, outcome.met, met=outcome.met)

    def plain(self, instance: Instance, n: int) -> Reason:
        """Tell a condition of a form that has no words of its own."""
        outcome = instance.outcomes[n]
        text = outcome.condition.text
        return Reason(Kind.COMPARISON, text, text, outcome.met, met=outcome.met)


def _written_sides(outcome: Outcome) -> str:
    """Write a comparison with the values in place of its variables."""
    if not outcome.sides:
        return outcome.condition.text
    parts = [str(outcome.sides[0])]
    for relation, side in zip(outcome.condition.relations, outcome.sides[1:], strict=False):
        parts += [relation, str(side)]
    return ("not " if outcome.condition.sign is Sign.Negation else "") + " ".join(parts)


def _is_word(symbol: Symbol) -> bool:
    """Whether a term is a text or a constant."""
    if symbol.type is SymbolType.String:
        return True
    return symbol.type is SymbolType.Function and bool(symbol.name) and not symbol.arguments
