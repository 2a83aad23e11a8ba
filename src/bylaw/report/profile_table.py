"""What the rules of a pack ground to, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bylaw.report.json_shapes import header
from bylaw.report.phrases import FAINT
from bylaw.report.terminal import NO_BREAK, Line, Part, line

if TYPE_CHECKING:
    from bylaw.engine.profile import Profile, RuleCost
    from bylaw.engine.solve import Engine
    from bylaw.records.model import Records


def lines(engine: Engine, records: Records, found: Profile, top: int) -> Iterator[Line]:
    """Yield the dearest rules and predicates, as numbers for each subject of the sample.

    Args:
        top: how many of each.
    """
    several, whose = len(found.subjects), engine.policy.subject
    total = sum(one.ground for one in found.rules)
    yield line(f"What {several} of {len(records.subjects)} {whose}s of {records.source} ground to", "bold")
    yield line(
        f"For each {whose}, {_each(total, several)} instances of rules and elements of their aggregates, "
        f"{_each(sum(found.atoms.values()), several)} atoms. {found.facts:,} facts in all.",
        hang=2,
    )
    yield line()
    yield _row(f"{'each':>9}{'share':>7}{'rules':>9}{'elements':>10}  rule", "bold")
    for one in _dearest(found)[:top]:
        numbers = f"{_each(one.ground, several):>9}{one.ground / max(total, 1):>7.1%}"
        numbers += f"{_each(one.instances, several):>9}{_each(one.elements, several):>10}"
        yield _row(f"{numbers}  {one.rule.file}:{one.rule.line}")
        yield line(_told(one), FAINT, indent=11, hang=2)
    yield line()
    yield _row(f"{'each':>9}  predicate", "bold")
    for name, count in sorted(found.atoms.items(), key=lambda item: (-item[1], item[0]))[:top]:
        yield _row(f"{_each(count, several):>9}  {name}")


def shape(engine: Engine, records: Records, found: Profile) -> dict[str, Any]:
    """Return the whole profile as JSON: counts of the sample, not for each subject."""
    return {
        **header(engine, records),
        "students": list(found.subjects),
        "facts": found.facts,
        "rules": [
            {
                "file": one.rule.file,
                "line": one.rule.line,
                "provisions": list(one.rule.provisions),
                "head": [name for name, _ in one.rule.heads],
                "instances": one.instances,
                "elements": one.elements,
            }
            for one in _dearest(found)
        ],
        "atoms": dict(sorted(found.atoms.items(), key=lambda item: (-item[1], item[0]))),
    }


def _dearest(found: Profile) -> list[RuleCost]:
    return sorted(found.rules, key=lambda one: (-one.ground, one.rule.number))


def _told(one: RuleCost) -> str:
    """Say what a rule is for: the sentence above it, or what it derives."""
    heads = ", ".join(name for name, _ in one.rule.heads)
    return f"{heads}: {one.rule.comment}" if one.rule.comment else heads


def _row(text: str, style: str = "") -> Line:
    """Return a row of a table, whose columns stay where they are."""
    return Line((Part(text.replace(" ", NO_BREAK), style),))


def _each(count: int, several: int) -> str:
    return f"{count / max(several, 1):,.1f}"
