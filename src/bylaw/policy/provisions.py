"""Read `provisions.yaml`: every provision of the text, and how it stands in the pack."""

from __future__ import annotations

from collections.abc import Mapping

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.model import Citation, Provision, Status
from bylaw.policy.schemas import ProvisionModel
from bylaw.policy.validation import at, check_keys, shown, validate

_NEEDS_REASON = (Status.RECORDED_FACT, Status.DISCRETION, Status.NOT_COMPUTATIONAL)


def read_provisions(
    document: Document, citation: Citation, problems: list[Problem]
) -> dict[str, Provision | None] | None:
    """Return the provisions by id, in the order of the text; None for one that is declared wrongly.

    Returns:
        None if the file holds no list of provisions.
    """
    if not check_keys(document, (), ("provisions",), ("provisions",), problems):
        return None
    entries = at(document, ("provisions",))
    if not isinstance(entries, list):
        if "provisions" in document.data:
            place = document.place(("provisions",))
            problems.append(Problem(f"`provisions` is {shown(entries)}; a list is needed", place))
        return None
    found: dict[str, Provision | None] = {}
    lines: dict[str, int | None] = {}
    for number in range(len(entries)):
        loc: Loc = ("provisions", number)
        model = validate(ProvisionModel, document, loc, problems)
        raw = at(document, (*loc, "id"))
        name = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else None
        if name is None:
            continue
        place = document.place((*loc, "id"))
        if name in found:
            problems.append(Problem(f"provision `{name}` stands twice; first on line {lines[name]}", place))
            continue
        lines[name] = place.line
        found[name] = None
        if model is None:
            continue
        _check_reason(model, document, loc, problems)
        found[name] = provision_of(model, citation, place)
    return found


def provision_of(model: ProvisionModel, citation: Citation, place: Place) -> Provision:
    """Return a provision as it is declared."""
    return Provision(
        id=model.id,
        cite=model.cite or citation.of(model.id),
        summary=" ".join(model.summary.split()),
        status=model.status,
        actor=model.actor,
        decided_by=model.decided_by,
        title=model.title,
        why_not_encoded=" ".join(model.why_not_encoded.split()),
        catalogue_id=model.catalogue_id,
        notes=tuple(" ".join(note.split()) for note in model.notes),
        place=place,
    )


def check_provision(
    name: str,
    provisions: Mapping[str, Provision | None] | None,
    document: Document,
    loc: Loc,
    problems: list[Problem],
) -> None:
    """Report the id of a provision that there is none of."""
    if provisions is not None and name not in provisions:
        place = document.place(loc)
        problems.append(Problem(f"there is no provision `{name}`", place, did_you_mean(name, provisions)))


def _check_reason(model: ProvisionModel, document: Document, loc: Loc, problems: list[Problem]) -> None:
    if model.status in _NEEDS_REASON and not model.why_not_encoded:
        problems.append(
            Problem(
                f"provision `{model.id}` is {model.status} and does not say why no rule holds it",
                document.place((*loc, "status")),
                "add `why_not_encoded`",
            )
        )
    elif model.why_not_encoded and model.status not in _NEEDS_REASON:
        problems.append(
            Problem(
                f"provision `{model.id}` is {model.status}, which needs no `why_not_encoded`",
                document.key_place((*loc, "why_not_encoded")),
                "take it out, or change the status",
            )
        )
