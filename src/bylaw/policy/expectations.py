"""What a case expects: patterns of conclusions, the provisions behind them and the figures they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bylaw.errors import Place, Problem, UsageError, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.model import ArgType, Base, Predicate, Provision, Reading
from bylaw.policy.patterns import Pattern, parse_pattern, parse_term
from bylaw.policy.provisions import check_provision
from bylaw.policy.schemas import ExpectationModel
from bylaw.policy.validation import at, shown, validate
from bylaw.tables.schema import Table

Kind = Literal["absent", "present", "undetermined", "possible", "derived"]
_WORDS: tuple[Kind, ...] = ("absent", "present", "undetermined", "possible")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be so for the conclusions that a pattern means.

    Args:
        kind: `derived` asks for at least one, and each as the other fields say; so does `possible`, of those
            that are not certain.
        because: exactly these provisions are behind each; None if the case does not say.
        because_includes: at least these are.
        value: the figure of a predicate, its last argument as the rules see it, by the predicate's name.
        hangs_on: what a possible conclusion hangs on: provisions of decisions, and names of readings.
        decided_by: the officer that it hangs on, as the provisions name them.
    """

    pattern: Pattern
    kind: Kind
    place: Place
    because: tuple[str, ...] | None = None
    because_includes: tuple[str, ...] = ()
    value: Mapping[str, int] = field(default_factory=dict)
    hangs_on: tuple[str, ...] | None = None
    decided_by: str | None = None

    @property
    def text(self) -> str:
        """The pattern as the case has it."""
        return self.pattern.text


@dataclass(frozen=True, slots=True)
class CaseWords:
    """What cases may name; None for what could not be read.

    Args:
        clock: the type of the present, None if there is none.
    """

    subject: str
    types: Mapping[str, ArgType | None] | None
    predicates: Mapping[str, Predicate | None] | None
    tables: Mapping[str, Table | None] | None
    provisions: Mapping[str, Provision | None] | None
    readings: Mapping[str, Reading | None] | None
    clock: ArgType | None = None


@dataclass(frozen=True, slots=True)
class _SoundWords:
    """The words of a vocabulary that are declared rightly."""

    subject: str
    types: Mapping[str, ArgType]
    predicates: Mapping[str, Predicate]


def read_expectation(
    text: str, document: Document, loc: Loc, words: CaseWords, problems: list[Problem]
) -> Expectation | None:
    """Read what one pattern asks for."""
    value = at(document, loc)
    place = document.key_place(loc)
    kind: Kind = "derived"
    model: ExpectationModel | None = None
    if isinstance(value, dict):
        model = validate(ExpectationModel, document, loc, problems)
        if model is not None and model.because is not None and model.because_includes is not None:
            problems.append(Problem("`because` and `because_includes` exclude each other", place))
        for key in ("because", "because_includes"):
            for number, provision in enumerate(getattr(model, key, None) or []):
                check_provision(provision, words.provisions, document, (*loc, key, number), problems)
        if model is not None and model.status == "possible":
            kind = "possible"
        elif model is not None and (model.hangs_on is not None or model.decided_by is not None):
            message = "only what is possible hangs on anything"
            problems.append(Problem(message, place, "add `status: possible`"))
        for number, entry in enumerate((model and model.hangs_on) or []):
            if words.provisions is not None and words.readings is not None:
                known = {**words.provisions, **words.readings}
                if entry not in known:
                    where = document.place((*loc, "hangs_on", number))
                    message = f"there is no provision or reading `{entry}`"
                    problems.append(Problem(message, where, did_you_mean(entry, known)))
    elif value in _WORDS:
        kind = value
    else:
        help = did_you_mean(value, _WORDS) if isinstance(value, str) else None
        help = help or "write absent, present, possible, undetermined, or a map such as `{because: [14.A.2]}`"
        problems.append(
            Problem(f"`{text}` is expected {shown(value)}, which means nothing", document.place(loc), help)
        )
    sound = _sound(words)
    if sound is None or words.predicates is None:
        return None
    name = text.partition("(")[0].strip()
    pattern: Pattern | None = None
    if words.predicates.get(name) is not None or name not in words.predicates:
        try:
            pattern = parse_pattern(sound, text)
        except UsageError as cause:
            problems.extend(Problem(one.message, place, one.help) for one in cause.problems)
    figures = _figures(model, document, loc, words, sound, problems)
    if pattern is None:
        return None
    because = tuple(model.because) if model is not None and model.because is not None else None
    includes = tuple((model and model.because_includes) or ())
    hangs_on = tuple(model.hangs_on) if model is not None and model.hangs_on is not None else None
    decided_by = model.decided_by if model is not None else None
    return Expectation(pattern, kind, place, because, includes, figures, hangs_on, decided_by)


def _sound(words: CaseWords) -> _SoundWords | None:
    if words.types is None or words.predicates is None:
        return None
    return _SoundWords(
        words.subject,
        {name: type_ for name, type_ in words.types.items() if type_ is not None},
        {name: predicate for name, predicate in words.predicates.items() if predicate is not None},
    )


def _figures(
    model: ExpectationModel | None,
    document: Document,
    loc: Loc,
    words: CaseWords,
    sound: _SoundWords,
    problems: list[Problem],
) -> dict[str, int]:
    """Read the figures that an expectation asks for."""
    found: dict[str, int] = {}
    for name, raw in (model.value if model else {}).items():
        here: Loc = (*loc, "value", name)
        if name not in (words.predicates or {}):
            help = did_you_mean(name, words.predicates or {})
            problems.append(Problem(f"there is no predicate `{name}`", document.key_place(here), help))
            continue
        predicate = sound.predicates.get(name)
        if predicate is None:
            continue
        type_ = sound.types.get(predicate.args[-1][1]) if predicate.args else None
        if not predicate.args or (type_ is not None and type_.base is not Base.INTEGER):
            help = "the last argument of a figure is an integer"
            problems.append(Problem(f"`{name}` holds no figure", document.key_place(here), help))
            continue
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            message = f"`{name}` is {shown(raw)}; a number is needed"
            problems.append(Problem(message, document.place(here)))
            continue
        if type_ is None:
            continue
        try:
            figure = parse_term(type_, str(raw), name)
        except UsageError as cause:
            problems.extend(Problem(one.message, document.place(here), one.help) for one in cause.problems)
            continue
        assert isinstance(figure, int)  # an integer type is read as a number or refused
        found[name] = figure
    return found
