"""Read `vocabulary.yaml`: the types and predicates of a pack, and check them against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.model import ArgType, Base, Limit, Predicate, Show, ValueSpec
from bylaw.policy.schemas import NAME, PredicateModel, TypeModel
from bylaw.policy.validation import check_keys, validate_map

BUILT_IN = {"limit": 2, "reading": 2}
"""Predicates of the engine, with their number of arguments."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|([{}])")

Types = Mapping[str, ArgType | None]
Predicates = Mapping[str, Predicate | None]


def read_vocabulary(
    document: Document, problems: list[Problem]
) -> tuple[dict[str, ArgType | None] | None, dict[str, Predicate | None] | None]:
    """Return the types and the predicates by name; None for one that is declared wrongly."""
    keys = ("types", "predicates")
    if not check_keys(document, (), keys, keys, problems):
        return None, None
    types = _read_types(document, problems) if "types" in document.data else None
    predicates = read_predicates(document, types, problems) if "predicates" in document.data else None
    if types is not None and predicates is not None:
        _check_labels(document, types, predicates, problems)
    return types, predicates


def check_values(
    document: Document,
    types: Types,
    predicates: Predicates,
    limits: Mapping[str, Limit | None] | None,
    problems: list[Problem],
) -> None:
    """Check the figure that each predicate names: `actual` and `bound` are there and fit."""
    for predicate in predicates.values():
        if predicate is None or predicate.value is None:
            continue
        loc: Loc = ("predicates", predicate.name, "value")
        spec = predicate.value
        scale = _check_actual(predicate, spec, types, predicates, document.place((*loc, "actual")), problems)
        if limits is None:
            continue
        place = document.place((*loc, "bound"))
        if spec.bound not in limits:
            problems.append(
                Problem(f"there is no limit `{spec.bound}`", place, did_you_mean(spec.bound, limits))
            )
            continue
        limit = limits[spec.bound]
        if limit is not None and scale is not None and limit.scale != scale:
            problems.append(
                Problem(
                    f"`{spec.actual}` has {scale} decimals and limit `{spec.bound}` has {limit.scale}",
                    place,
                    "give both the same `scale`",
                )
            )


def _read_types(document: Document, problems: list[Problem]) -> dict[str, ArgType | None] | None:
    models = validate_map(TypeModel, document, ("types",), problems)
    if models is None:
        return None
    found: dict[str, ArgType | None] = {}
    for name, model in models.items():
        loc: Loc = ("types", name)
        _check_name(name, document.key_place(loc), problems)
        found[name] = None
        if model is None:
            continue
        if not _check_type(name, model, document, problems):
            continue
        found[name] = ArgType(
            name=name,
            base=model.base,
            scale=model.scale,
            unit=model.unit,
            show=model.show,
            values=dict(model.values),
            best_first=tuple(model.best_first),
            label=model.label,
            any=model.any or f"any {name.replace('_', ' ')}",
            place=document.key_place(loc),
        )
    return found


def _check_type(name: str, model: TypeModel, document: Document, problems: list[Problem]) -> bool:
    """Return whether the base of a type has what it needs and nothing else."""
    loc: Loc = ("types", name)
    before = len(problems)
    if model.base is Base.CONSTANT and not model.values:
        place = document.key_place(loc)
        problems.append(Problem(f"type `{name}` has no `values`", place, "a constant type lists its values"))
    integer_only = {
        "scale": model.scale != 0,
        "unit": model.unit is not None,
        "show": model.show not in (Show.PLAIN, Show.PROVISION),
    }
    wrong = [key for key, used in integer_only.items() if used and model.base is not Base.INTEGER]
    if model.show is Show.PROVISION and model.base is not Base.TEXT:
        wrong.append("show")
    if model.values and model.base is not Base.CONSTANT:
        wrong.append("values")
    if model.best_first and model.base is not Base.CONSTANT:
        wrong.append("best_first")
    else:
        _check_order(name, model, document, problems)
    for key in wrong:
        place = document.key_place((*loc, key))
        problems.append(Problem(f"`{key}` does not fit type `{name}`, whose base is {model.base}", place))
    return len(problems) == before


def _check_order(name: str, model: TypeModel, document: Document, problems: list[Problem]) -> None:
    """Report what stands in `best_first` and is no value of the type, or stands there twice or alone."""
    for number, value in enumerate(model.best_first):
        place = document.place(("types", name, "best_first", number))
        if value not in model.values:
            help = did_you_mean(value, model.values)
            problems.append(Problem(f"`{value}` is no value of type `{name}`", place, help))
        elif value in model.best_first[:number]:
            problems.append(Problem(f"`{value}` stands twice in `best_first`", place, "a value has one rank"))
    if len(model.best_first) == 1:
        place = document.place(("types", name, "best_first"))
        help = "list the values that can be compared, from the best to the worst, or leave it out"
        problems.append(Problem(f"`best_first` of type `{name}` ranks one value only", place, help))


def read_predicates(
    document: Document, types: Types | None, problems: list[Problem]
) -> dict[str, Predicate | None] | None:
    """Return the predicates that a document declares, by name; None for one that is declared wrongly."""
    models = validate_map(PredicateModel, document, ("predicates",), problems)
    if models is None:
        return None
    found: dict[str, Predicate | None] = {}
    for name, model in models.items():
        loc: Loc = ("predicates", name)
        place = document.key_place(loc)
        _check_name(name, place, problems)
        found[name] = None
        if name in BUILT_IN:
            problems.append(Problem(f"`{name}` is built in", place, "take it out, or choose another name"))
            continue
        if model is None:
            continue
        for argument, type_name in model.args.items():
            if types is not None and type_name not in types:
                where = document.place((*loc, "args", argument))
                problems.append(
                    Problem(f"there is no type `{type_name}`", where, did_you_mean(type_name, types))
                )
        for key in ("says", "says_not"):
            where = document.place((*loc, key))
            _check_sentence(getattr(model, key), list(model.args), where, key, problems)
        value = model.value
        found[name] = Predicate(
            name=name,
            args=tuple(model.args.items()),
            role=model.role,
            says=model.says,
            says_not=model.says_not,
            value=ValueSpec(value.actual, value.relation, value.bound) if value else None,
            place=place,
            to_have=model.to_have or "",
            more=model.more or "",
        )
        _check_more(found[name], types, document.place((*loc, "more")), problems)
    return found


def _check_more(
    predicate: Predicate | None, types: Types | None, place: Place, problems: list[Problem]
) -> None:
    """Check that a predicate of which more is good or bad ends with a number."""
    if predicate is None or not predicate.more or types is None:
        return
    last = types.get(predicate.args[-1][1]) if predicate.args else None
    if last is None or last.base is not Base.INTEGER:
        help = "the last argument is an integer, such as an average"
        problems.append(Problem(f"of `{predicate.name}` there cannot be more", place, help))


def _check_name(name: str, place: Place, problems: list[Problem]) -> None:
    if not NAME.fullmatch(name):
        help = "a name is lower-case letters, digits and underscores, and starts with a letter"
        problems.append(Problem(f"`{name}` is not a name that may stand here", place, help))
    elif name == "not":
        problems.append(Problem("`not` is a word of clingo", place, "choose another name"))


def _check_sentence(
    sentence: str, arguments: list[str], place: Place, key: str, problems: list[Problem]
) -> None:
    """Report a placeholder that is none of the arguments."""
    for found in _PLACEHOLDER.finditer(sentence):
        name = found[1]
        if name is None:
            help = "a placeholder is written {argument}"
            problems.append(Problem(f"a lone `{found[2]}` in `{key}`", place, help))
        elif name not in arguments:
            help = did_you_mean(name, arguments) or "the predicate has no arguments"
            problems.append(Problem(f"`{{{name}}}` in `{key}` is no argument of the predicate", place, help))


def _check_labels(document: Document, types: Types, predicates: Predicates, problems: list[Problem]) -> None:
    for type_ in types.values():
        if type_ is None or type_.label is None:
            continue
        place = document.place(("types", type_.name, "label"))
        if type_.label not in predicates:
            help = did_you_mean(type_.label, predicates)
            problems.append(Problem(f"there is no predicate `{type_.label}`", place, help))
            continue
        label = predicates[type_.label]
        if label is None:
            continue
        text = types.get(label.args[1][1]) if label.arity == 2 else None
        if label.arity != 2 or label.args[0][1] != type_.name or (text and text.base is not Base.TEXT):
            message = f"`{label.name}` cannot be the label of `{type_.name}`"
            help = f"a label has two arguments, the first of type `{type_.name}` and a text"
            problems.append(Problem(message, place, help))


def _check_actual(
    predicate: Predicate,
    spec: ValueSpec,
    types: Types,
    predicates: Predicates,
    place: Place,
    problems: list[Problem],
) -> int | None:
    """Check `actual` and return the decimals of its figure, None where they cannot be told."""
    if spec.actual not in predicates:
        help = did_you_mean(spec.actual, predicates)
        problems.append(Problem(f"there is no predicate `{spec.actual}`", place, help))
        return None
    actual = predicates[spec.actual]
    if actual is None:
        return None
    figure = types.get(actual.args[-1][1]) if actual.args else None
    if not actual.args or (figure is not None and figure.base is not Base.INTEGER):
        help = "the last argument of `actual` is an integer"
        problems.append(Problem(f"`{actual.name}` holds no figure", place, help))
        return None
    own = dict(predicate.args)
    for name, type_name in actual.args[:-1]:
        if own.get(name) != type_name:
            message = f"argument `{name}` of `{actual.name}` is none of `{predicate.name}`"
            problems.append(Problem(message, place, "the arguments before the figure agree by name and type"))
    return figure.scale if figure else None
