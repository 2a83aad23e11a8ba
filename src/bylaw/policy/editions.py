"""Several editions of one text in a pack: what differs in each, and since when it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from bylaw.errors import Place, Problem, UsageError, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.model import ArgType, Base, Editions, Policy, Show
from bylaw.tables.schema import ColumnType, ColumnValue, Table

if TYPE_CHECKING:
    from bylaw.policy.schemas import EditionModel, EditionsModel, ManifestModel


def editions_of(manifest: ManifestModel) -> Iterator[tuple[EditionModel, ManifestModel]]:
    """Yield each further edition with the manifest that it has as a pack of its own."""
    for other in manifest.editions.others if manifest.editions else ():
        files = manifest.files.model_copy(update={"cases": [], "properties": [], "generator": None})
        yield (
            other,
            manifest.model_copy(
                update={
                    "edition": other.edition,
                    "effective_from": other.effective_from,
                    "effective_until": other.effective_until,
                    "editions": None,
                    "files": files,
                }
            ),
        )


def editions(model: EditionsModel, others: Sequence[Policy]) -> Editions:
    """Return how the editions of a checked pack apply."""
    table, _, column = (model.column or "").partition(".")
    return Editions((table, column) if model.column else None, model.type or "", tuple(others))


def editions_in_order(policy: Policy) -> list[Policy]:
    """Return all editions of a pack, the earliest first; the pack itself where it has one."""
    others = policy.editions.others if policy.editions else ()
    return sorted([policy, *others], key=lambda edition: edition.effective_from or 0)


def edition_named(policy: Policy, name: str | None) -> Policy:
    """Return an edition of a pack; the one that the manifest names first unless told which.

    Raises:
        UsageError: if there is no such edition.
    """
    if name is None:
        return policy
    known = {edition.edition: edition for edition in editions_in_order(policy)}
    if name not in known:
        raise UsageError(f"{policy.id} has no edition `{name}`", did_you_mean(name, known))
    return known[name]


def in_force_words(policy: Policy) -> str:
    """Say when an edition is in force: `edition 2013 is in force from 20131 to 20203`."""
    words = f"edition {policy.edition} is in force"
    if policy.effective_from is not None:
        words += f" from {moment_words(policy, policy.effective_from)}"
    if policy.effective_until is not None:
        words += f" to {moment_words(policy, policy.effective_until)}"
    return words


def moment_words(policy: Policy, value: int) -> str:
    """Write a value of what the editions go by as a person does: a number, or a date."""
    return date.fromordinal(value).isoformat() if policy.dated and value > 0 else str(value)


def number_of(moment: int | date | None) -> int | None:
    """Return what the rules see of a number or a date."""
    return moment.toordinal() if isinstance(moment, date) else moment


def check_editions(
    manifest: ManifestModel,
    document: Document,
    types: Mapping[str, ArgType | None] | None,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> None:
    """Check that each edition replaces files of the pack, and that it can be told which one applies."""
    model = manifest.editions
    if model is None:
        return
    ground = Ground(manifest.subject.table, manifest.clock is not None, types, tables)
    dated = check_deciding(model, ground, document, ("editions",), problems)
    if dated is not None:
        _check_kind(manifest, model, document, dated, problems)
    _check_periods(manifest, model, document, problems)
    names = manifest.files
    may_differ = [names.provisions, *names.tables, *names.rules]
    may_differ += [name for name in (names.limits, names.readings) if name is not None]
    for number, other in enumerate(model.others):
        for file in other.replaces:
            if file not in may_differ:
                place = document.key_place(("editions", "others", number, "replaces", file))
                help = did_you_mean(file, may_differ)
                problems.append(
                    Problem(
                        f"`{file}` is no file that an edition may replace",
                        place,
                        help or "provisions, limits, readings, tables and rules may differ",
                    )
                )


class Deciding(Protocol):
    """What says which edition applies: `by`, and the column or the type that it goes by."""

    @property
    def by(self) -> str: ...  # noqa: D102
    @property
    def column(self) -> str | None: ...  # noqa: D102
    @property
    def type(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Ground:
    """What a pack has that an edition can be told by; None for what could not be read."""

    subject_table: str
    clock: bool
    types: Mapping[str, ArgType | None] | None
    tables: Mapping[str, Table | None] | None


def check_deciding(
    model: Deciding, ground: Ground, document: Document, where: Loc, problems: list[Problem]
) -> bool | None:
    """Check that an edition can be told by what decides.

    Args:
        where: of `by` and what goes with it, in the document.

    Returns:
        Whether what decides is a date; None if it cannot be told.
    """
    here = document.place((*where, "by"))
    if model.by == "admission":
        if model.column is None:
            help = "name the column of the subject's table whose value decides"
            problems.append(Problem("`by: admission` needs `column`", here, help))
            return None
        return _check_column(model.column, ground, document.place((*where, "column")), problems)
    if not ground.clock:
        help = "what is about no year is judged by the edition of the present"
        problems.append(Problem("`by: year` needs a `clock`", here, help))
    if model.type is None:
        help = "name the type of the arguments that tell the year"
        problems.append(Problem("`by: year` needs `type`", here, help))
        return None
    if ground.types is None:
        return None
    kind = ground.types.get(model.type)
    place = document.place((*where, "type"))
    if model.type not in ground.types:
        near = did_you_mean(model.type, ground.types)
        problems.append(Problem(f"there is no type `{model.type}`", place, near))
    elif kind is not None and kind.base is not Base.INTEGER:
        help = "the type of a year is an integer"
        problems.append(Problem(f"`{model.type}` cannot tell a year", place, help))
    elif kind is not None:
        return kind.show is Show.DATE
    return None


def _check_column(ref: str, ground: Ground, place: Place, problems: list[Problem]) -> bool | None:
    name, _, column = ref.partition(".")
    table = (ground.tables or {}).get(name)
    known = table.columns.get(column) if table is not None else None
    if ground.tables is not None and (name != ground.subject_table or known is None):
        help = f"it is a column of `{ground.subject_table}`, the subject's table"
        problems.append(Problem(f"`{ref}` cannot decide the edition", place, help))
    elif known is not None and table is not None:
        told = any(ColumnValue(column) in fact.args for fact in table.facts)
        if known.type in (ColumnType.INTEGER, ColumnType.DATE) and known.required and told:
            return known.type is ColumnType.DATE
        help = "it is a required integer or date, and an argument of a fact of its table"
        problems.append(Problem(f"`{ref}` cannot decide the edition", place, help))
    return None


def _check_kind(
    manifest: ManifestModel, model: EditionsModel, document: Document, dated: bool, problems: list[Problem]
) -> None:
    """Check that periods are written as what decides is: all as dates, or all as numbers."""
    moments: list[tuple[int | date | None, Loc]] = [
        (manifest.effective_from, ("effective_from",)),
        (manifest.effective_until, ("effective_until",)),
    ]
    for number, other in enumerate(model.others):
        where: Loc = ("editions", "others", number)
        moments += [
            (other.effective_from, (*where, "effective_from")),
            (other.effective_until, (*where, "effective_until")),
        ]
    for moment, loc in moments:
        if moment is not None and isinstance(moment, date) is not dated:
            what = "a date such as 2024-09-01" if dated else "a whole number"
            decides = model.column or model.type
            problems.append(Problem(f"`{loc[-1]}` is {what}, as `{decides}` is", document.place(loc)))


def _check_periods(
    manifest: ManifestModel, model: EditionsModel, document: Document, problems: list[Problem]
) -> None:
    if manifest.effective_from is None:
        place = document.key_place(("editions",))
        problems.append(
            Problem(
                "`effective_from` is missing", place, "several editions need to know from when each stands"
            )
        )
        return
    periods: list[tuple[int, int | None, str, Loc]] = []
    stated: list[tuple[ManifestModel | EditionModel, Loc]] = [(manifest, ("edition",))]
    stated += [(other, ("editions", "others", number)) for number, other in enumerate(model.others)]
    for one, where in stated:
        since = number_of(one.effective_from)
        periods.append((since or 0, number_of(one.effective_until), one.edition, where))
    seen: dict[str, None] = {}
    for since, until, name, loc in periods:
        if until is not None and until < since:
            problems.append(Problem(f"edition `{name}` ends before it begins", document.place(loc)))
        if name in seen:
            problems.append(Problem(f"there are two editions `{name}`", document.place(loc)))
        seen[name] = None
    ordered = sorted(periods, key=lambda period: period[0])
    for (_, until, name, _), (since, _, following, loc) in pairwise(ordered):
        if until is None or until >= since:
            begins = next(one.effective_from for one, where in stated if where == loc)
            help = f"`effective_until` of `{name}` is before {begins}"
            problems.append(
                Problem(
                    f"editions `{name}` and `{following}` are in force together", document.place(loc), help
                )
            )
