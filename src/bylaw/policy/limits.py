"""Read `limits.yaml` and `readings.yaml`: the numbers of the text and the questions it leaves open."""

from __future__ import annotations

from bylaw.errors import Problem, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.model import Limit, OpenQuestion, Provision, Reading
from bylaw.policy.provisions import check_provision
from bylaw.policy.schemas import NAME, LimitModel, OpenQuestionModel, ReadingModel
from bylaw.policy.validation import check_keys, validate_map
from bylaw.tables.cells import CellError, scaled

Provisions = dict[str, Provision | None] | None


def read_limits(
    document: Document, provisions: Provisions, problems: list[Problem]
) -> dict[str, Limit | None] | None:
    """Return the limits by name; None for one that is declared wrongly.

    Returns:
        None if the file holds no map of limits.
    """
    if not check_keys(document, (), ("limits",), ("limits",), problems) or "limits" not in document.data:
        return None
    models = validate_map(LimitModel, document, ("limits",), problems)
    if models is None:
        return None
    found: dict[str, Limit | None] = {}
    for name, model in models.items():
        loc: Loc = ("limits", name)
        _check_name(name, document, loc, problems)
        found[name] = None
        if model is None:
            continue
        check_provision(model.provision, provisions, document, (*loc, "provision"), problems)
        try:
            value = scaled(model.value, model.scale)
        except CellError as cause:
            problems.append(Problem(cause.message, document.place((*loc, "value")), cause.help))
            continue
        found[name] = Limit(
            name=name,
            value=value,
            provision=model.provision,
            says=" ".join(model.says.split()),
            unit=model.unit,
            scale=model.scale,
            since=model.since,
            place=document.key_place(loc),
            impossible={side: " ".join(why.split()) for side, why in model.sides.items()},
        )
    return found


def read_readings(
    document: Document, provisions: Provisions, problems: list[Problem]
) -> tuple[dict[str, Reading | None] | None, dict[str, OpenQuestion]]:
    """Return the readings by name, None for one that is declared wrongly, and the open questions."""
    known = ("readings", "open_questions")
    if not check_keys(document, (), known, (), problems):
        return None, {}
    readings: dict[str, Reading | None] | None = {}
    if "readings" in document.data:
        readings = _read_switches(document, provisions, problems)
    questions: dict[str, OpenQuestion] = {}
    if "open_questions" in document.data:
        for name, model in (
            validate_map(OpenQuestionModel, document, ("open_questions",), problems) or {}
        ).items():
            loc: Loc = ("open_questions", name)
            _check_name(name, document, loc, problems)
            if model is None:
                continue
            for number, provision in enumerate(model.provisions):
                check_provision(provision, provisions, document, (*loc, "provisions", number), problems)
            place = document.key_place(loc)
            questions[name] = OpenQuestion(name, model.question, tuple(model.provisions), model.why, place)
    return readings, questions


def _read_switches(
    document: Document, provisions: Provisions, problems: list[Problem]
) -> dict[str, Reading | None] | None:
    models = validate_map(ReadingModel, document, ("readings",), problems)
    if models is None:
        return None
    found: dict[str, Reading | None] = {}
    for name, model in models.items():
        loc: Loc = ("readings", name)
        _check_name(name, document, loc, problems)
        found[name] = None
        if model is None:
            continue
        for number, provision in enumerate(model.provisions):
            check_provision(provision, provisions, document, (*loc, "provisions", number), problems)
        if model.default not in model.readings:
            message = f"the default `{model.default}` is none of the readings of `{name}`"
            help = did_you_mean(model.default, model.readings)
            problems.append(Problem(message, document.place((*loc, "default")), help))
        found[name] = Reading(
            name=name,
            question=model.question,
            readings=dict(model.readings),
            default=model.default,
            why=model.why,
            provisions=tuple(model.provisions),
            place=document.key_place(loc),
        )
    return found


def _check_name(name: str, document: Document, loc: Loc, problems: list[Problem]) -> None:
    if not NAME.fullmatch(name) or name == "not":
        help = "a name is lower-case letters, digits and underscores, and starts with a letter"
        problems.append(Problem(f"`{name}` is not a name that may stand here", document.key_place(loc), help))
