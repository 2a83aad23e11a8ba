"""The probes of a policy's rules: each is written once, however many answer sets it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import clingo

from bylaw.engine.program import HeadAtom, head_atoms
from bylaw.explain.lookup import Shelf
from bylaw.explain.plans import Plan, plan_of
from bylaw.explain.probes import Compiler, Probe
from bylaw.explain.templates import ANY, Template, template_of
from bylaw.policy.model import Rule

Signature = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that could derive a goal.

    Args:
        probe: for goals of which the same arguments are given.
        plan: where it is examined by looking atoms up.
    """

    probe: Probe
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class _Head:
    """A rule with one of its heads; the template tells which goals it cannot be."""

    rule: Rule
    number: int
    atom: HeadAtom
    template: Template | None

    def may_be(self, args: Sequence[clingo.Symbol]) -> bool:
        """Whether the constants in it allow it to be a goal with these arguments."""
        return self.template is None or not any(
            isinstance(own, clingo.Symbol) and want != ANY and own != want
            for own, want in zip(self.template.args, args, strict=True)
        )


class Workshop:
    """Keeps the rules by what they derive, and the probes written of them.

    Args:
        rules: of the policy.
        of_record: the predicates that a record has a say in; all unless given.
    """

    def __init__(self, rules: Sequence[Rule], of_record: frozenset[str] | None = None) -> None:
        self._rules: dict[Signature, list[Rule]] = {}
        for rule in rules:
            for signature in rule.heads:
                self._rules.setdefault(signature, []).append(rule)
        derived = {name for name, _ in self._rules}
        self.of_record = frozenset(derived) if of_record is None else of_record
        self.shelf = Shelf(self.of_record)
        self._heads: dict[Signature, list[_Head]] = {}
        self._candidates: dict[tuple[int, int, tuple[bool, ...]], Candidate] = {}

    def derives(self, signature: Signature) -> bool:
        """Whether a rule has a predicate in its head."""
        return signature in self._rules

    def candidates(self, name: str, args: Sequence[clingo.Symbol]) -> list[Candidate]:
        """Return the rules that may derive a goal, in the order of the text.

        Args:
            args: of the goal, ANY for what is left open.
        """
        mask = tuple([argument != ANY for argument in args])
        return [
            self._candidate(head, mask) for head in self._heads_of((name, len(args))) if head.may_be(args)
        ]

    def _heads_of(self, signature: Signature) -> list[_Head]:
        if signature not in self._heads:
            self._heads[signature] = [
                _Head(rule, n, head, template_of(head.atom))
                for rule in self._rules.get(signature, ())
                for n, head in enumerate(head_atoms(rule))
                if (head.atom.name, len(head.atom.arguments)) == signature
            ]
        return self._heads[signature]

    def _candidate(self, head: _Head, mask: tuple[bool, ...]) -> Candidate:
        key = (head.rule.number, head.number, mask)
        found = self._candidates.get(key)
        if found is None:
            probe = Compiler(head.rule, head.atom, mask, f"_q{len(self._candidates)}").compile()
            found = self._candidates[key] = Candidate(probe, plan_of(probe, head.atom.atom, mask))
        return found
