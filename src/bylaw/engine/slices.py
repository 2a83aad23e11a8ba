"""Which rules of a policy can matter for what is recorded and what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bylaw.policy.model import Encoding, Rule


class Slicer:
    """Leaves out rules whose conditions cannot be met, and rules that nothing asked for rests on.

    A rule is left out where a plain condition of it has a predicate that no fact states and no rule that is
    kept derives, where it belongs to a reading that is not taken, or where what is asked for does not depend
    on its head. The answer set is the same, but for predicates that nobody asked for.

    Args:
        encoding: the rules of the policy.
        stated: the predicates of the policy's own facts.
        readings: the alternative taken of each reading; None where all are open.
    """

    def __init__(self, encoding: Encoding, stated: Iterable[str], readings: Mapping[str, str] | None) -> None:
        self._encoding = encoding
        self._stated = frozenset(stated)
        self._rules = [rule for rule in encoding.rules if readings is None or _taken(rule, readings)]
        self._waiting: dict[str, list[int]] = {}
        for n, rule in enumerate(self._rules):
            for name in rule.needs:
                self._waiting.setdefault(name, []).append(n)
        self._known: dict[tuple[frozenset[str], frozenset[str] | None], tuple[Rule, ...]] = {}

    def rules(self, recorded: Collection[str], wanted: Collection[str] | None = None) -> tuple[Rule, ...]:
        """Return the rules that can matter, in the order of the text.

        Args:
            recorded: the predicates of the facts of the record.
            wanted: the predicates that are asked for; None for all.
        """
        key = (frozenset(recorded), None if wanted is None else frozenset(wanted))
        if key not in self._known:
            kept = self._possible(key[0])
            if key[1] is not None:
                needed = frozenset[str]().union(*map(self._encoding.reached_from, key[1]))
                kept = [rule for rule in kept if any(name in needed for name, _ in rule.heads)]
            self._known[key] = tuple(kept)
        return self._known[key]

    def _possible(self, recorded: frozenset[str]) -> list[Rule]:
        """Return the rules whose plain conditions have predicates of which there may be an atom."""
        missing = [len(rule.needs) for rule in self._rules]
        todo = list(self._stated | recorded)
        seen = set(todo)
        kept = []

        def keep(n: int) -> None:
            kept.append(n)
            for name, _ in self._rules[n].heads:
                if name not in seen:
                    seen.add(name)
                    todo.append(name)

        for n, count in enumerate(missing):
            if not count:
                keep(n)
        while todo:
            for n in self._waiting.get(todo.pop(), ()):
                missing[n] -= 1
                if not missing[n]:
                    keep(n)
        return [self._rules[n] for n in sorted(kept)]


def _taken(rule: Rule, readings: Mapping[str, str]) -> bool:
    return all(readings.get(name) == value for name, value in rule.switches)
