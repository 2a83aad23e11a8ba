"""How a figure came about: what was added up, each contribution with its two factors.

A figure that a limit is set for, such as an average, is seldom what a rule compares: the rule compares sums
on a scale of its own. For the reader the figure is reckoned here as the rules that derive it do.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

import clingo
from clingo import ast

from bylaw.engine.symbols import term_of
from bylaw.explain.conditions import Element, Form, Instance, Outcome
from bylaw.explain.narrate import Narrator, said_term
from bylaw.explain.prober import Prober
from bylaw.explain.sums import Product, Sums
from bylaw.explain.templates import Template, template_of
from bylaw.tables.terms import Term

STEPS_DOWN = 3
"""How far below a figure its sum is looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contribution to a sum.

    Args:
        label: what contributes, in words: `M1110 General chemistry for MS, 72 %`.
        short: the same in as few words as it is still found.
        product: its two factors and what they make.
        about: the atom that contributes, in the words of the rules.
    """

    label: str
    short: str
    product: Product
    about: str


@dataclass(frozen=True, slots=True)
class Own:
    """What a contribution has of its own: in full and in brief, and whether it is a word of the pack."""

    text: str
    brief: str
    word: bool


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How one figure came about.

    Args:
        atom: the figure, in the words of the rules.
        predicate: of the figure.
        args: of the figure.
        says: the figure in a sentence.
        total: what was added up, in a sentence.
        provisions: that state how it is reckoned, in the order of the text.
        entries: the contributions, in the order of their labels.
    """

    atom: str
    predicate: str
    args: tuple[Term, ...]
    says: str
    total: str
    provisions: tuple[str, ...]
    entries: tuple[Entry, ...]


class Reckoner:
    """Reckons the figures of one decision.

    Args:
        prober: of its answer set.
        narrator: of its atoms.
        sums: of its aggregates.
        order: the provisions in the order of the text.
    """

    def __init__(self, prober: Prober, narrator: Narrator, sums: Sums, order: Sequence[str]) -> None:
        self._prober = prober
        self._narrator = narrator
        self._sums = sums
        self._order = {pid: n for n, pid in enumerate(order)}
        self._known: dict[str, Reckoning | None] = {}

    def of(self, atom: str) -> Reckoning | None:
        """Return how a figure came about, None where it is no sum of products.

        Args:
            atom: the figure, in the words of the rules; nothing is open in it.
        """
        if atom not in self._known:
            self._known[atom] = self._of(atom)
        return self._known[atom]

    def _of(self, atom: str) -> Reckoning | None:
        goal = clingo.parse_term(atom)
        if not self._prober.holds(goal) or not self._prober.derivable(goal):
            return None
        todo = deque([(goal, 0)])
        seen: set[clingo.Symbol] = set()
        provisions: dict[str, None] = {}
        while todo:
            one, steps = todo.popleft()
            if one in seen or not self._prober.derivable(one):
                continue
            seen.add(one)
            taken = [own for own in self._prober.examine([one])[one] if own.supports]
            if not taken:
                continue
            if not steps:
                provisions.update(dict.fromkeys(pid for own in taken for pid in own.rule.provisions))
            entries = self._entries(taken[0])
            if entries:
                provisions.update(dict.fromkeys(taken[0].rule.provisions))
                return Reckoning(
                    atom,
                    goal.name,
                    tuple(term_of(argument) for argument in goal.arguments),
                    self._narrator.said(goal, True),
                    self._narrator.said(one, True) if one != goal else "",
                    tuple(sorted(provisions, key=lambda pid: self._order.get(pid, len(self._order)))),
                    entries,
                )
            if steps < STEPS_DOWN:
                todo.extend((used, steps + 1) for used in taken[0].used())
        return None

    def _entries(self, instance: Instance) -> tuple[Entry, ...]:
        """Return the contributions to the first sum of products that a rule asks for."""
        for outcome in instance.outcomes:
            if outcome.condition.form is not Form.AGGREGATE or not outcome.met:
                continue
            products = [self._sums.product(outcome.condition, one) for one in outcome.elements]
            known = [one for one in products if one is not None]
            if known and len(known) == len(products):
                atoms = [next((str(atom) for so, atom in one.atoms if so), "") for one in outcome.elements]
                told = zip(self._labels(outcome), known, atoms, strict=True)
                entries = (Entry(*label, product, about) for label, product, about in told)
                return tuple(sorted(entries, key=lambda one: one.label))
        return ()

    def _labels(self, outcome: Outcome) -> list[tuple[str, str]]:
        """Name contributions by what is their own in the first atom of each: `M1110 ..., 72 %`.

        What nearly all have in common is told of the others only, as is "from the second sitting".
        """
        rows = [self._own(outcome, one) for one in outcome.elements]
        columns = list(zip(*rows, strict=True)) if len({len(row) for row in rows}) == 1 else []
        usual = [_usual(column) for column in columns]
        told = []
        for row in rows:
            words = [one for n, one in enumerate(row) if n >= len(usual) or one != usual[n]] or row
            told.append((", ".join(one.text for one in words), words[0].brief if words else ""))
        return told

    def _own(self, outcome: Outcome, element: Element) -> list[Own]:
        """Return the arguments of a contribution that the rule does not fix, in the order of the atom."""
        literals = outcome.condition.atom.elements[element.position].condition
        template = next((known for one in literals if (known := _plain(one)) is not None), None)
        atom = next((atom for so, atom in element.atoms if so), None)
        if template is None or atom is None or atom.name != template.name:
            return []
        predicate = self._narrator.policy.predicates.get(atom.name)
        if predicate is None or predicate.arity != len(atom.arguments):
            return []
        found: list[Own] = []
        for own, (_, kind), value in zip(template.args, predicate.args, atom.arguments, strict=True):
            if own is None or (isinstance(own, str) and own not in outcome.condition.variables):
                text = self._narrator.sentences.term(self._narrator.policy.types[kind], said_term(value))
                is_text = value.type is clingo.SymbolType.String
                is_word = value.type is clingo.SymbolType.Function
                found.append(Own(text, value.string if is_text else text, is_word))
        return found


def _usual(column: Sequence[Own]) -> Own | None:
    """Return what contributions have in common: all of them, or of words more than half."""
    own, number = Counter(column).most_common(1)[0]
    if len(column) == 1:
        return None
    return own if number == len(column) or (own.word and 2 * number > len(column)) else None


def _plain(literal: ast.AST) -> Template | None:
    symbolic = literal.atom.ast_type == ast.ASTType.SymbolicAtom
    return template_of(literal.atom.symbol) if symbolic and literal.sign == ast.Sign.NoSign else None
