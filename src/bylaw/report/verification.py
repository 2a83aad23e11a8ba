"""What `bylaw verify` found out of a policy, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bylaw.analysis.breaches import Breach
from bylaw.analysis.idle_rules import OFTEN, Shadowed
from bylaw.analysis.verify import Verification
from bylaw.policy.model import Policy, Rule
from bylaw.report.comparison import change_words
from bylaw.report.terminal import Line, line
from bylaw.report.tried import trial_lines, trial_yaml

SHOWN = 10
"""How many rules of a kind are named in a text."""


def lines(found: Verification, bounds: str) -> Iterator[Line]:
    """Yield what was found as text.

    Args:
        bounds: what was tried, in words.
    """
    policy = found.judging.policy
    yield line(f"{policy.id} {policy.edition}", "bold")
    yield line(f"Tried: {found.tried:,} records: {bounds}.", indent=2, hang=2)
    if found.refused:
        yield line(f"{found.refused:,} more are no records of this pack.", indent=2, hang=2)
    yield line("What holds in all of them is not proved of others.", "dim", indent=2, hang=2)
    yield line()
    yield line("What must never follow", "bold")
    if not found.properties:
        yield line("The pack states nothing; see `properties` in its manifest.", indent=2, hang=2)
    for one in found.properties:
        if one.breach is None:
            yield line(f"holds in all: {one.property.says}", mark="+", indent=2, hang=2)
        else:
            yield line(f"does not hold: {one.property.says}", "bold", mark="!", indent=2, hang=2)
            yield from _breach_lines(policy, one.breach)
    for conflict in found.conflicts:
        text = f"two outcomes follow at once of `{conflict.predicate}`"
        yield line(text, "bold", mark="!", indent=2, hang=2)
        yield from _breach_lines(policy, conflict.breach)
    yield line()
    yield from _rule_lines(found)


def _breach_lines(policy: Policy, breach: Breach) -> Iterator[Line]:
    for text in _said(policy, breach):
        yield line(text, indent=4, hang=2)
    yield line(f"Found as {breach.trial.name}; no row can be left out.", "dim", indent=4, hang=2)
    yield from trial_lines(policy, breach.trial, 6)
    if breach.raised is not None:
        yield line("and with the higher figure:", "dim", indent=4, hang=2)
        yield from trial_lines(policy, breach.raised, 6)


def _said(policy: Policy, breach: Breach) -> list[str]:
    return [*breach.says, *(change_words(policy, policy, change) for change in breach.changes)]


def _rule_lines(found: Verification) -> Iterator[Line]:
    policy = found.judging.policy
    yield line("Rules that never mattered", "bold")
    if not (found.shadowed or found.idle or found.reach.nowhere):
        yield line("none", indent=2)
    if found.reach.nowhere:
        text = "No record can make these apply: nothing that is recorded leads to what they ask for."
        yield line(text, indent=2, hang=2)
        yield from _listed(policy, found.reach.nowhere)
    if found.shadowed:
        yield line("What these concluded, another rule always concluded as well:", indent=2, hang=2)
        for one in found.shadowed:
            beside = "; ".join(_place(policy, other) for other in one.beside)
            yield line(f"{_place(policy, one.rule)}: beside {beside}", indent=4, hang=2)
            yield _shadow_line(one)
    if found.idle:
        text = "These never concluded anything in what was tried, though a record might make them:"
        yield line(text, indent=2, hang=2)
        yield from _listed(policy, found.idle)
    if found.reach.elsewhere:
        yield line(
            f"{len(found.reach.elsewhere):,} more rules apply only where the text is read otherwise.",
            "dim",
            indent=2,
            hang=2,
        )


def _shadow_line(one: Shadowed) -> Line:
    rows = one.trial.rows()
    counted = f"{rows} {'row' if rows == 1 else 'rows'}"
    return line(f"{one.times} times; a record of {counted}, from {one.trial.name}", "dim", indent=6, hang=2)


def _listed(policy: Policy, rules: Sequence[Rule]) -> Iterator[Line]:
    for rule in rules[:SHOWN]:
        said = f": {rule.comment}" if rule.comment else ""
        yield line(f"{_place(policy, rule)}{said}", indent=4, hang=2)
    if len(rules) > SHOWN:
        yield line(f"and {len(rules) - SHOWN} more; `--format json` lists all", "dim", indent=4)


def _place(policy: Policy, rule: Rule) -> str:
    cited = "; ".join(policy.cite(pid) for pid in rule.provisions)
    return f"{rule.file}:{rule.line}{f' ({cited})' if cited else ''}"


def shape(found: Verification, bounds: str) -> dict[str, Any]:
    """Return what was found as JSON.

    Args:
        bounds: what was tried, in words.
    """
    policy = found.judging.policy
    return {
        "policy": policy.id,
        "edition": policy.edition,
        "digest": policy.digest,
        "tried": found.tried,
        "refused": found.refused,
        "bounds": bounds,
        "often": OFTEN,
        "properties": [
            {
                "name": one.property.name,
                "says": one.property.says,
                "file": one.property.file,
                "line": one.property.line,
                "holds": one.breach is None,
                "breach": None if one.breach is None else _breach(policy, one.breach),
            }
            for one in found.properties
        ],
        "conflicts": [{"predicate": one.predicate, **_breach(policy, one.breach)} for one in found.conflicts],
        "unreachable": [_rule(rule) for rule in found.reach.nowhere],
        "shadowed": [
            {
                **_rule(one.rule),
                "times": one.times,
                "beside": [_rule(other) for other in one.beside],
                "record": trial_yaml(policy, one.trial),
            }
            for one in found.shadowed
        ],
        "idle": [_rule(rule) for rule in found.idle],
        "other_readings": len(found.reach.elsewhere),
    }


def _breach(policy: Policy, breach: Breach) -> dict[str, Any]:
    told: dict[str, Any] = {
        "student": breach.trial.subject,
        "says": _said(policy, breach),
        "found_as": breach.trial.name,
        "rows": breach.trial.rows(),
        "record": trial_yaml(policy, breach.trial),
    }
    if breach.raised is not None:
        told["raised"] = trial_yaml(policy, breach.raised)
    return told


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "file": rule.file,
        "line": rule.line,
        "provisions": list(rule.provisions),
        "says": rule.comment,
        "rule": rule.source,
    }
