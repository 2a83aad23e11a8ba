"""The probes of a policy's rules: each is written once, however many answer sets it looks at."""

from __future__ import annotations

from collections.abc import Sequence

from bylaw.engine.program import HeadAtom, head_atoms
from bylaw.explain.probes import Compiler, Probe
from bylaw.policy.model import Rule

Signature = tuple[str, int]


class Workshop:
    """Keeps the rules by what they derive, and the probes written of them.

    Args:
        rules: of the policy.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules: dict[Signature, list[Rule]] = {}
        for rule in rules:
            for signature in rule.heads:
                self._rules.setdefault(signature, []).append(rule)
        self._heads: dict[Signature, list[tuple[Rule, int, HeadAtom]]] = {}
        self._probes: dict[tuple[int, int, tuple[bool, ...]], tuple[str, Probe]] = {}

    def derives(self, signature: Signature) -> bool:
        """Whether a rule has a predicate in its head."""
        return signature in self._rules

    def candidates(self, signature: Signature) -> list[tuple[Rule, int, HeadAtom]]:
        """Return the rules that may derive an atom of a predicate, with the head that would be it."""
        if signature not in self._heads:
            self._heads[signature] = [
                (rule, n, head)
                for rule in self._rules.get(signature, ())
                for n, head in enumerate(head_atoms(rule))
                if (head.atom.name, len(head.atom.arguments)) == signature
            ]
        return self._heads[signature]

    def probe(self, rule: Rule, n: int, head: HeadAtom, mask: tuple[bool, ...]) -> tuple[str, Probe]:
        """Return the probe of a rule and the name of its program.

        Args:
            n: which head of the rule it is.
            mask: which arguments of the goal are given.
        """
        key = (rule.number, n, mask)
        if key not in self._probes:
            name = f"_q{len(self._probes)}"
            self._probes[key] = (name, Compiler(rule, head, mask, name).compile())
        return self._probes[key]
