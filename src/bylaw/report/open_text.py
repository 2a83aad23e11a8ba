"""What hangs on the open questions of a text, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bylaw.analysis.readings import Hanging, OpenText
from bylaw.policy.model import Policy
from bylaw.report.comparison import FATES, LEAST_GROUP, change_shape, change_words, counted, text_shape
from bylaw.report.terminal import Line, line
from bylaw.report.tried import trial_yaml

_KEYS = {"better": "better", "worse": "worse", "mixed": "mixed", "changed": "otherwise"}
"""How JSON names the ways in which students fare."""


def lines(found: OpenText, reveal: bool) -> Iterator[Line]:
    """Yield what was found as text.

    Args:
        reveal: whether fewer than LEAST_GROUP students are counted.
    """
    policy = found.policy
    yield line(f"{policy.id} {policy.edition}, {counted(policy, found.students)}", "bold", hang=2)
    touching = [one for one in found.alone if one.changes]
    yield line()
    yield line("What hangs on how the text is read", "bold")
    if not touching:
        yield line("nothing, for these students", indent=2)
    for one in touching:
        yield from _choice_lines(policy, one)
        yield line(_counts(policy, one, reveal), indent=4, hang=2)
    if found.together:
        yield line()
        yield line("What hangs on two questions together, and on neither alone", "bold")
        for one in found.together:
            yield from _choice_lines(policy, one)
            yield line(_counts(policy, one, reveal), indent=4, hang=2)
    rest = [one for one in found.alone if not one.changes]
    if rest:
        yield line()
        yield line("What no student here meets", "bold")
    for one in rest:
        yield from _choice_lines(policy, one)
        yield line(_shown(policy, one), "dim", indent=4, hang=2)
    for failure in found.failed:
        yield line(f"{failure.subject} has no result: {failure.problems[0].message}", indent=2, hang=2)


def _choice_lines(policy: Policy, one: Hanging) -> Iterator[Line]:
    for name, value in one.choice:
        reading = policy.readings[name]
        cites = "; ".join(policy.cite(pid) for pid in reading.provisions)
        yield line(f"{name}={value}", "bold", indent=2, hang=2)
        yield line(f"{reading.question} {reading.readings[value]} ({cites})", indent=4, hang=2)


def _counts(policy: Policy, one: Hanging, reveal: bool) -> str:
    if len(one.changes) < LEAST_GROUP and not reveal:
        return f"fewer than {counted(policy, LEAST_GROUP)}; `--reveal` counts them"
    fates = one.fates()
    told = "; ".join(f"{fates[name]:,} {words}" for name, words in FATES.items() if name in fates)
    return f"{counted(policy, len(one.changes))}: {told}"


def _shown(policy: Policy, one: Hanging) -> str:
    if not one.names:
        return "no conclusion rests on it"
    if one.shown is None:
        return "no record was found that shows it"
    trial, changes = one.shown
    return f"{trial.name} shows it: {'; '.join(change_words(policy, policy, change) for change in changes)}"


def shape(found: OpenText, reveal: bool) -> dict[str, Any]:
    """Return what was found as JSON.

    Args:
        reveal: whether fewer than LEAST_GROUP students are counted.
    """
    policy = found.policy
    return {
        **text_shape(policy, found.readings),
        "students": found.students,
        "alone": [_hanging(policy, one, reveal) for one in found.alone],
        "together": [_hanging(policy, one, reveal) for one in found.together],
        "failed": [
            {"student": one.subject, "problems": [problem.message for problem in one.problems]}
            for one in found.failed
        ],
    }


def _hanging(policy: Policy, one: Hanging, reveal: bool) -> dict[str, Any]:
    hidden = 0 < len(one.changes) < LEAST_GROUP and not reveal
    fates = one.fates()
    told: dict[str, Any] = {
        "readings": dict(one.choice),
        "provisions": list(
            dict.fromkeys(p for name, _ in one.choice for p in policy.readings[name].provisions)
        ),
        "conclusions": list(one.names),
        "students": None if hidden else len(one.changes),
        **{_KEYS[name]: None if hidden else fates.get(name, 0) for name in FATES},
        "changed": _changes(policy, [] if hidden else list(one.changes.values())),
    }
    if one.shown is not None:
        trial, changes = one.shown
        told["witness"] = {
            "student": trial.subject,
            "rows": trial.rows(),
            "found_as": trial.name,
            "changed": _changes(policy, [changes]),
            "record": trial_yaml(policy, trial),
        }
    return told


def _changes(policy: Policy, found: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [change_shape(policy, policy, change) for changes in found for change in changes]
