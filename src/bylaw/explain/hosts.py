"""Which atom each comparison of a rule speaks of: `40 failed hours, at most 36` is told in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

from clingo.ast import Sign

from bylaw.explain.conditions import Instance


@dataclass(slots=True)
class Hosts:
    """What the comparisons of an instance speak of, by the positions of its conditions.

    Args:
        host_of: the position of the atom that gives the compared figure.
        limit_of: the limit that it is compared with.
        folded: the positions of atoms that are told within a comparison.
    """

    host_of: dict[int, int] = field(default_factory=dict)
    limit_of: dict[int, str] = field(default_factory=dict)
    folded: set[int] = field(default_factory=set)


def hosts_of(instance: Instance) -> Hosts:
    """Find, for each comparison, the atom whose figure it is about, and what is told within it."""
    found = Hosts()
    if not any(outcome.condition.sides or outcome.condition.bounds for outcome in instance.outcomes):
        return found
    by_variable: dict[str, int] = {}
    limits: dict[str, tuple[int, str]] = {}
    for n, outcome in enumerate(instance.outcomes):
        template = outcome.condition.template
        if template is None or not outcome.met or outcome.condition.sign is not Sign.NoSign:
            continue
        if template.name == "limit" and len(template.args) == 2:
            name, value = template.args
            if isinstance(value, str):
                limits[value] = (n, str(name))
            continue
        for argument in template.args[1:]:
            if isinstance(argument, str) and outcome.atom is not None:
                by_variable.setdefault(argument, n)
    for n, outcome in enumerate(instance.outcomes):
        for variable in outcome.condition.bounds:
            if variable in limits:
                found.limit_of[n] = limits[variable][1]
                found.folded.add(limits[variable][0])
        if outcome.condition.sides is None or len(outcome.sides) != 2:
            continue
        left, right = outcome.condition.sides
        for figure, bound in ((left, right), (right, left)):
            if bound in limits:
                found.limit_of[n] = limits[bound][1]
                found.folded.add(limits[bound][0])
                if figure in by_variable and by_variable[figure] not in found.folded:
                    found.host_of[n] = by_variable[figure]
                    found.folded.add(by_variable[figure])
                break
    return found


def names_limit(instance: Instance, variable: str | None, limit: str) -> bool:
    """Whether a variable of a rule stands for a limit."""
    for outcome in instance.outcomes:
        template = outcome.condition.template
        if template is not None and template.name == "limit" and len(template.args) == 2:
            name, value = template.args
            if str(name) == limit and isinstance(value, str):
                return value == variable
    return False


def decisive(instance: Instance, hosts: Hosts) -> set[int]:
    """Return the positions of the conditions that fail, and of the atoms whose figures are compared there."""
    failing = {n for n, outcome in enumerate(instance.outcomes) if not outcome.met}
    return failing | {host for n, host in hosts.host_of.items() if n in failing}
