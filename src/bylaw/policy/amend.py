"""Apply amendments to a checked policy, and check the result as a pack is checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from bylaw.errors import PolicyError, Problem
from bylaw.policy.amending import with_amendment
from bylaw.policy.amendment import AmendmentFile, read_amendment
from bylaw.policy.editions import Ground, check_deciding, number_of
from bylaw.policy.model import Editions, Policy
from bylaw.policy.proposal import Amendment, Part, PartKind
from bylaw.policy.validation import in_order

Kept = Callable[[Part], bool]
"""Whether a part of an amendment is applied."""


def amended(policy: Policy, names: Sequence[str], keep: Kept = lambda _: True) -> Policy:
    """Return a policy with amendments, in the order in which they are named.

    An amendment that stands from a certain time makes an edition of the text from then on.

    Args:
        policy: a checked pack.
        names: of amendments in the pack's folder, or paths of files.
        keep: whether a part of an amendment is applied; all are unless given.

    Raises:
        PolicyError: an amendment cannot be read, does not fit the pack, or what comes of it is not sound.
    """
    problems: list[Problem] = []
    read = [read_amendment(policy, name, problems) for name in names]
    files = [file for file in read if file is not None]
    for number, file in enumerate(files):
        if file.model.id in [other.model.id for other in files[:number]]:
            place = file.document.place(("id",))
            problems.append(Problem(f"amendment `{file.model.id}` is named twice", place))
    _check_times(policy, files, problems)
    if problems:
        raise PolicyError(in_order(problems))
    made = _in_stages(policy, files, keep, problems)
    if problems:
        raise PolicyError(in_order(problems))
    return made


def _check_times(policy: Policy, files: Sequence[AmendmentFile], problems: list[Problem]) -> None:
    """Check that it can be told when each amendment stands, and that they go by the same."""
    ground = Ground(policy.subject_table, policy.clock is not None, policy.types, policy.tables)
    first = None
    for file in files:
        applies = file.model.applies
        if applies is None:
            continue
        where = ("applies",)
        place = file.document.place(where)
        if policy.editions is not None:
            help = "leave `applies` out: it then changes each edition"
            problems.append(Problem(f"{policy.id} has editions of its own", place, help))
            continue
        dated = check_deciding(applies, ground, file.document, where, problems)
        if dated is not None and dated is isinstance(applies.from_, int):
            what = "a date such as 2024-09-01" if dated else "a whole number"
            here = file.document.place((*where, "from"))
            problems.append(Problem(f"`from` is {what}, as what decides is", here))
        first = first or applies
        if (applies.by, applies.column, applies.type) != (first.by, first.column, first.type):
            help = "amendments that are stacked all go by the same"
            problems.append(Problem("another amendment goes by something else", place, help))


def _in_stages(policy: Policy, files: Sequence[AmendmentFile], keep: Kept, problems: list[Problem]) -> Policy:
    """Return the policy with an edition for each time at which amendments begin to stand."""

    def since(file: AmendmentFile) -> int | None:
        return number_of(file.model.applies.from_) if file.model.applies else None

    moments = sorted({moment for file in files if (moment := since(file)) is not None})
    stages: list[Policy] = []
    for start in (None, *moments):
        standing = [f for f in files if (begin := since(f)) is None or (start is not None and begin <= start)]
        stages.append(_with(policy, standing, keep, problems))
        if problems:
            return policy
    dated = next((f.model.applies for f in files if f.model.applies), None)
    hashed = hashlib.sha256("\n".join([policy.digest, *(file.digest for file in files)]).encode())
    digest, told = f"sha256:{hashed.hexdigest()}", tuple(_told(file, policy) for file in files)
    if dated is None:
        editions = policy.editions
        if editions is not None:
            others = tuple(_with(other, files, keep, problems) for other in editions.others)
            editions = replace(editions, others=others)
        return replace(stages[0], editions=editions, digest=digest, amendments=told)
    ends = [moment - 1 for moment in moments]
    bounded = [
        replace(one, effective_from=begin, effective_until=end, dated=not isinstance(dated.from_, int))
        for one, begin, end in zip(stages, [None, *moments], [*ends, None], strict=True)
    ]
    table, _, column = (dated.column or "").partition(".")
    by = (table, column) if dated.by == "admission" else None
    year = (dated.type or "") if dated.by == "year" else ""
    editions = Editions(by, year, tuple(bounded[1:]))
    return replace(bounded[0], editions=editions, digest=digest, amendments=told)


def _told(file: AmendmentFile, policy: Policy) -> Amendment:
    model = file.model
    return Amendment(
        id=model.id,
        title=model.title,
        summary=" ".join(model.summary.split()),
        why=" ".join(model.why.split()),
        parts=tuple(parts_of(file, policy)),
        since=str(model.applies.from_) if model.applies else "",
        by=model.applies.by if model.applies else "",
    )


def parts_of(file: AmendmentFile, policy: Policy) -> Iterable[Part]:
    """Yield the parts of an amendment, with how the policy at hand is without each."""
    model, document = file.model, file.document
    for name, value in model.limits.items():
        limit = policy.limits.get(name)
        before = str(Decimal(limit.value).scaleb(-limit.scale)) if limit else ""
        own: tuple[str, ...] = (limit.provision,) if limit else ()
        place = document.key_place(("limits", name))
        yield Part(model.id, PartKind.LIMIT, name, own, before, value, place)
    for name, value in model.readings.items():
        reading = policy.readings.get(name)
        own = reading.provisions if reading else ()
        place = document.key_place(("readings", name))
        yield Part(model.id, PartKind.READING, name, own, reading.default if reading else "", value, place)
    for name in model.tables:
        table = policy.tables.get(name)
        own = (table.provision,) if table and table.provision else ()
        yield Part(model.id, PartKind.TABLE, name, own, place=document.key_place(("tables", name)))
    if model.repeal or model.rules:
        touched = tuple(dict.fromkeys([*model.repeal, *sorted(file.tags)]))
        key = "repeal" if model.repeal else "rules"
        yield Part(model.id, PartKind.TEXT, "", touched, place=document.key_place((key,)))


def _with(policy: Policy, files: Sequence[AmendmentFile], keep: Kept, problems: list[Problem]) -> Policy:
    """Return one edition of a policy with amendments that all stand in it."""
    for file in files:
        kept = {(part.kind, part.name) for part in parts_of(file, policy) if keep(part)}
        policy = with_amendment(policy, file, kept, problems)
    if files:
        policy = replace(policy, edition="+".join([policy.edition, *(file.model.id for file in files)]))
    return policy
