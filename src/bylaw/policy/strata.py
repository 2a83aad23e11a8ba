"""Find predicates that depend on themselves through negation or an aggregate."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from bylaw.errors import Problem
from bylaw.policy.encoding import RuleFile


def check_strata(files: Sequence[RuleFile], problems: list[Problem]) -> None:
    """Report each cycle that leaves open what follows. A choice says so itself and is let through."""
    edges: dict[str, set[str]] = {}
    negative: list[tuple[str, str, RuleFile, Any]] = []
    for read in files:
        for rule in read.rules:
            if rule.choice:
                continue
            for occurrence in read.bodies[rule.number]:
                needed = occurrence.atom.name
                for head, _ in rule.heads:
                    edges.setdefault(head, set()).add(needed)
                    if not occurrence.positive:
                        negative.append((head, needed, read, occurrence.atom.node))
    seen: set[frozenset[str]] = set()
    reached: dict[str, set[str]] = {}
    for head, needed, read, node in negative:
        if needed not in reached:
            reached[needed] = _reach(edges, needed)
        way = _way(edges, needed, head) if head in reached[needed] else None
        if way is None or frozenset(way) in seen:
            continue
        seen.add(frozenset(way))
        cycle = " -> ".join(f"`{name}`" for name in [head, *way])
        problems.append(
            Problem(
                f"`{head}` depends on itself through `not`, an aggregate or a condition: {cycle}",
                read.place(node),
                "derive one of them from the record alone, or make what is open a choice",
                code="L018",
            )
        )


def _reach(edges: Mapping[str, set[str]], start: str) -> set[str]:
    """Return every predicate that one depends on, itself included."""
    seen = {start}
    todo = [start]
    while todo:
        fresh = edges.get(todo.pop(), set()) - seen
        seen |= fresh
        todo.extend(fresh)
    return seen


def _way(edges: Mapping[str, set[str]], start: str, goal: str) -> list[str] | None:
    """Return the shortest way from one predicate to another, both included."""
    before: dict[str, str | None] = {start: None}
    todo = deque([start])
    while todo:
        name = todo.popleft()
        if name == goal:
            way = [name]
            while (previous := before[way[-1]]) is not None:
                way.append(previous)
            return way[::-1]
        for needed in sorted(edges.get(name, ())):
            if needed not in before:
                before[needed] = name
                todo.append(needed)
    return None
