"""Sentences for the reader: atoms in the words of the pack's vocabulary, figures as a person writes them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import clingo

from bylaw.engine.answer_set import AnswerSet
from bylaw.engine.symbols import term_of
from bylaw.policy.model import ArgType, Base, Limit, Policy, Show
from bylaw.tables.terms import Constant, Term, Text

RELATIONS = {
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
    "=": "exactly",
    "!=": "other than",
}
"""How a relation is said of a figure and its bound."""

_IN_TIME = {
    "<": "before",
    "<=": "not after",
    ">": "after",
    ">=": "not before",
    "=": "the same as",
    "!=": "other than",
}

ALL_RELATIONS = tuple(dict.fromkeys((*RELATIONS.values(), *_IN_TIME.values())))
"""How relations are said, of figures and in time."""

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
"""The relation that holds where another fails."""


def stands(actual: int, relation: str, bound: int) -> bool:
    """Whether a figure stands in a relation to its bound."""
    return {
        "<": actual < bound,
        "<=": actual <= bound,
        ">": actual > bound,
        ">=": actual >= bound,
        "=": actual == bound,
        "!=": actual != bound,
    }[relation]


_PLACE = re.compile(r"\{(\w+)\}")
_DOTTED = re.compile(r"\b\w+(?:\.\w+)+\b")
_TWICE = re.compile(r"\b(\w+(?: \w+)*) any \1\b")


def number(value: int, scale: int = 0, unit: tuple[str, str] | None = None) -> str:
    """Write a whole number of 10**-scale with its unit: `198, 2, points` is `1.98 points`.

    Args:
        value: in the scale of the rules.
        scale: decimals.
        unit: what one of it is called, and what several are called.
    """
    digits = str(value)
    if scale:
        padded = f"{abs(value):0{scale + 1}d}"
        digits = f"{'-' if value < 0 else ''}{padded[:-scale]}.{padded[-scale:]}"
    if not unit:
        return digits
    return f"{digits} {unit[0] if value == 10**scale else unit[1]}"


def relation_words(relation: str, kind: ArgType | None = None) -> str:
    """Say a relation; between days, years and numbers that have names, such as terms, it is one of time."""
    in_time = kind is not None and (
        kind.show is not Show.PLAIN or (bool(kind.label) and kind.base is Base.INTEGER)
    )
    return (_IN_TIME if in_time else RELATIONS)[relation]


class Sentences:
    """Says atoms in the pack's own words.

    Args:
        policy: whose vocabulary it is.
        atoms: an answer set, where the labels of values are looked up.
    """

    def __init__(self, policy: Policy, atoms: Iterable[clingo.Symbol] = ()) -> None:
        self.policy = policy
        known = atoms if isinstance(atoms, AnswerSet) else AnswerSet.of(atoms)
        self._labels: dict[tuple[str, clingo.Symbol], str] = {}
        for label in sorted({kind.label for kind in policy.types.values() if kind.label}):
            for atom in known.named(label, 2):
                value, text = atom.arguments
                words = text.string if text.type is clingo.SymbolType.String else str(text)
                self._labels[label, value] = words

    def term(self, kind: ArgType, term: Term | None) -> str:
        """Write an argument as the reader sees it; None is one that is left open."""
        if term is None:
            return kind.any or f"any {kind.name.replace('_', ' ')}"
        label = self._label(kind, term)
        if isinstance(term, Constant):
            return kind.values.get(term.name, label or term.name.replace("_", " "))
        if isinstance(term, Text) and kind.show is Show.PROVISION:
            return self.policy.cite(term.value)
        if isinstance(term, Text):
            return f"{term.value} {label}" if label else term.value
        if kind.show is Show.YEAR_SPAN:
            return f"{term}/{(term + 1) % 100:02d}"
        if kind.show is Show.DATE and 1 <= term <= datetime.date.max.toordinal():
            return datetime.date.fromordinal(term).isoformat()
        return label or number(term, kind.scale, kind.unit)

    def atom(self, name: str, args: Sequence[Term | None], holds: bool = True) -> str:
        """Say an atom, or its absence, in a sentence without a full stop.

        Args:
            name: of the predicate.
            args: its arguments; None for one that is left open.
            holds: whether the atom is so.
        """
        if name == "limit" and len(args) == 2 and isinstance(args[0], Constant):
            return self._limit(args[0].name, args[1], holds)
        if name == "reading" and len(args) == 2 and isinstance(args[0], Constant):
            return self._reading(args[0].name, args[1])
        predicate = self.policy.predicates.get(name)
        if predicate is None or predicate.arity != len(args):
            listed = ",".join("_" if arg is None else str(arg) for arg in args)
            return f"{name}({listed})" if listed else name
        words = {
            argument: self.term(self.policy.types[kind], term)
            for (argument, kind), term in zip(predicate.args, args, strict=True)
        }
        if holds:
            return _filled(predicate.says, words)
        first = _PLACE.match(predicate.says_not or predicate.says)
        if first and args[[name for name, _ in predicate.args].index(first[1])] is None:
            none = words[first[1]].removeprefix(
                "any "
            )  # "no course counts" rather than "any course does not"
            return _filled(predicate.says, words | {first[1]: f"no {none}"})
        if predicate.says_not:
            return _filled(predicate.says_not, words)
        return f"it is not so that {_filled(predicate.says, words)}"

    def symbol(self, atom: clingo.Symbol, holds: bool = True) -> str:
        """Say a ground atom."""
        return self.atom(atom.name, [term_of(argument) for argument in atom.arguments], holds)

    def bound(self, limit: Limit) -> str:
        """Say a limit as a bound: `6 credit hours, the most failed hours that ...`."""
        return f"{number(limit.value, limit.scale, limit.unit)}, {limit.says}"

    def _label(self, kind: ArgType, term: Term) -> str | None:
        if not kind.label or kind.base not in (Base.TEXT, Base.CONSTANT, Base.INTEGER):
            return None
        if isinstance(term, Text):
            symbol = clingo.String(term.value)
        elif isinstance(term, int):
            symbol = clingo.Number(term)
        else:
            symbol = clingo.Function(term.name)
        return self._labels.get((kind.label, symbol))

    def _limit(self, name: str, value: Term | None, holds: bool) -> str:
        limit = self.policy.limits.get(name)
        if limit is None:
            return f"the limit {name} is {'' if holds else 'not '}{value}"
        own = f"{limit.says}: {number(limit.value, limit.scale, limit.unit)}"
        if not isinstance(value, int) or value == limit.value:
            return own
        return f"{own}, not {number(value, limit.scale, limit.unit)}"

    def _reading(self, name: str, value: Term | None) -> str:
        reading = self.policy.readings.get(name)
        chosen = str(value) if value is not None else "_"
        meaning = reading.readings.get(chosen, "") if reading else ""
        if reading is None or not meaning:
            return f"the reading {name} is {chosen}"
        text = f'the text leaves open "{reading.question}" and is read so: {meaning}'
        return _DOTTED.sub(self._cited, text)

    def _cited(self, match: re.Match[str]) -> str:
        """Cite a provision that a text names by its id, as the reader knows it."""
        known = match[0] in self.policy.provisions
        return self.policy.cite(match[0]) if known else match[0]


def _filled(template: str, words: dict[str, str]) -> str:
    """Put words into the places of a template; a place without one stays as it is.

    What is left open is not named twice, as in "program year any program year".
    """
    parts = list(_parts_of(template))
    for n in range(1, len(parts), 2):
        parts[n] = words.get(parts[n], f"{{{parts[n]}}}")
    text = "".join(parts)
    return _TWICE.sub(r"any \1", text) if " any " in text else text


@lru_cache(maxsize=4096)
def _parts_of(template: str) -> tuple[str, ...]:
    """Return a template taken apart: text and the names of places in turn."""
    return tuple(_PLACE.split(template))
