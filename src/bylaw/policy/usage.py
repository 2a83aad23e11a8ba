"""Report what a pack declares and nothing in it names, and a clock that cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bylaw.errors import Problem, did_you_mean
from bylaw.files.yaml import Document
from bylaw.policy.declarations import column_known
from bylaw.policy.model import ArgType, Base, Group, Predicate, Role, Status
from bylaw.policy.rule_checks import Lexicon, Used
from bylaw.policy.schemas import ManifestModel
from bylaw.tables.schema import ColumnType, Table


@dataclass(frozen=True, slots=True)
class Named:
    """What the parts of a pack name.

    Args:
        bounding: the limits that bound columns.
        clock: the predicate of the clock.
    """

    rules: Used
    bounding: set[str]
    clock: str | None
    tables: Mapping[str, Table | None] | None


def read_groups(
    manifest: ManifestModel,
    document: Document,
    predicates: Mapping[str, Predicate | None] | None,
    problems: list[Problem],
) -> dict[str, Group]:
    """Return what a cohort is grouped by: `level: placed.level` is an argument of an input."""
    groups: dict[str, Group] = {}
    for name, ref in manifest.groups.items():
        place = document.place(("groups", name))
        owner, _, argument = ref.partition(".")
        if predicates is None:
            continue
        predicate = predicates.get(owner)
        if owner not in predicates:
            help = did_you_mean(owner, predicates)
            problems.append(Problem(f"there is no predicate `{owner}`", place, help))
        elif predicate is not None:
            names = [argument for argument, _ in predicate.args]
            if predicate.role is not Role.INPUT:
                help = "group by what the record says, which an input holds"
                problems.append(Problem(f"`{owner}` is no input", place, help))
            elif manifest.subject.column not in [kind for _, kind in predicate.args]:
                help = f"group by a fact about a `{manifest.subject.column}`"
                problems.append(Problem(f"`{owner}` is about no `{manifest.subject.column}`", place, help))
            elif argument not in names:
                help = did_you_mean(argument, names)
                problems.append(Problem(f"`{owner}` has no argument `{argument}`", place, help))
            else:
                groups[name] = Group(owner, names.index(argument))
    return groups


def check_clock(
    manifest: ManifestModel,
    document: Document,
    predicates: Mapping[str, Predicate | None] | None,
    types: Mapping[str, ArgType | None] | None,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> None:
    """Check that the clock's predicate is an input of one number and that its columns hold numbers."""
    clock = manifest.clock
    if clock is None:
        return
    place = document.place(("clock", "predicate"))
    if predicates is not None and clock.predicate not in predicates:
        help = did_you_mean(clock.predicate, predicates)
        problems.append(Problem(f"there is no predicate `{clock.predicate}`", place, help))
    predicate = (predicates or {}).get(clock.predicate)
    if predicate is not None:
        type_ = (types or {}).get(predicate.args[0][1]) if predicate.arity == 1 else None
        if (
            predicate.arity != 1
            or predicate.role is not Role.INPUT
            or (type_ is not None and type_.base is not Base.INTEGER)
        ):
            message = f"`{clock.predicate}` cannot be the clock"
            problems.append(Problem(message, place, "the clock is an input of one integer"))
    for number, ref in enumerate(clock.columns):
        where = document.place(("clock", "columns", number))
        reason = column_known(ref, tables)
        if reason is not None:
            problems.append(Problem(reason, where))
            continue
        name, _, column_name = ref.partition(".")
        table = (tables or {}).get(name)
        column = table.columns.get(column_name) if table else None
        if column is not None and (table is not None and table.pack):
            problems.append(Problem(f"`{ref}` is a column of the pack, not of the record", where))
        elif column is not None and column.type not in (ColumnType.INTEGER, ColumnType.DATE):
            problems.append(Problem(f"`{ref}` holds no whole numbers or dates", where))


def check_usage(named: Named, lexicon: Lexicon, problems: list[Problem]) -> None:
    """Report limits, readings, provisions and predicates that are declared and stand idle."""
    if not named.rules.whole:
        return
    _check_limits(named, lexicon, problems)
    _check_readings(named, lexicon, problems)
    _check_carriers(named, lexicon, problems)
    _check_sources(named, lexicon, problems)


def _check_limits(named: Named, lexicon: Lexicon, problems: list[Problem]) -> None:
    if lexicon.limits is None or lexicon.predicates is None or named.tables is None:
        return
    values = {p.value.bound for p in lexicon.predicates.values() if p is not None and p.value}
    used = named.rules.limits | named.bounding | values
    unsure = None in lexicon.predicates.values() or None in named.tables.values()
    if unsure or not used <= lexicon.limits.keys():  # one of the idle limits may be meant by what is wrong
        return
    for limit in lexicon.limits.values():
        if limit is not None and limit.name not in used:
            help = f"use `limit({limit.name}, Value)` in a rule, or take it out"
            message = f"limit `{limit.name}` is never used"
            problems.append(Problem(message, limit.place, help, code="L015"))


def _check_readings(named: Named, lexicon: Lexicon, problems: list[Problem]) -> None:
    asked = named.rules.readings
    readings = lexicon.readings or {}
    known = {(r.name, value) for r in readings.values() if r is not None for value in r.readings}
    if not asked <= known:  # one of the idle readings may be meant by what is wrong
        return
    for reading in readings.values():
        if reading is None:
            continue
        idle = [value for value in reading.readings if (reading.name, value) not in asked]
        if len(idle) == len(reading.readings):
            help = f"use `reading({reading.name}, {idle[0]})` in a rule, or take it out"
            message = f"no rule asks for reading `{reading.name}`"
            problems.append(Problem(message, reading.place, help, code="L016"))
            continue
        for value in idle:
            help = f"use `reading({reading.name}, {value})` in a rule, or take it out"
            message = f"no rule asks for `{value}` of reading `{reading.name}`"
            problems.append(Problem(message, reading.place, help, code="L016"))


def _check_carriers(named: Named, lexicon: Lexicon, problems: list[Problem]) -> None:
    """Report an encoded provision that nothing states, and a group that something does."""
    if lexicon.limits is None or named.tables is None:
        return
    stated = {limit.provision for limit in lexicon.limits.values() if limit is not None}
    stated |= {t.provision for t in named.tables.values() if t is not None and t.provision is not None}
    unsure = None in lexicon.limits.values() or None in named.tables.values()
    for provision in (lexicon.provisions or {}).values():
        if provision is None:
            continue
        carried = provision.id in stated or provision.id in named.rules.provisions
        if provision.status is Status.ENCODED and not carried and not unsure:
            help = f"tag a rule with `%@ {provision.id}`, or change the status"
            message = f"provision `{provision.id}` is encoded, and no rule, limit or table carries it"
            problems.append(Problem(message, provision.place, help, code="L014"))
        if provision.status is Status.GROUP and provision.id in stated:
            message = f"provision `{provision.id}` is a group, which no limit or table carries"
            problems.append(Problem(message, provision.place, "name the provision below it"))


def _check_sources(named: Named, lexicon: Lexicon, problems: list[Problem]) -> None:
    """Report an input that nothing gives and another predicate that no rule derives."""
    if named.tables is None:
        return
    given = {fact.predicate for table in named.tables.values() if table is not None for fact in table.facts}
    predicates = lexicon.predicates or {}
    unsure = None in named.tables.values() or not given <= predicates.keys()
    misspelt = not named.rules.derived <= predicates.keys()
    for predicate in predicates.values():
        if predicate is None:
            continue
        if predicate.role is Role.INPUT:
            if predicate.name not in given and predicate.name != named.clock and not unsure:
                help = "add it to the `facts` of a table, or take it out"
                message = f"no table gives `{predicate.name}`"
                problems.append(Problem(message, predicate.place, help, code="L017"))
        elif predicate.role is Role.ACTION:
            continue  # the actions of the pack are checked with their own program
        elif predicate.name not in named.rules.derived and not misspelt:
            help = "write a rule for it, or take it out"
            message = f"no rule derives `{predicate.name}`"
            problems.append(Problem(message, predicate.place, help, code="L017"))
