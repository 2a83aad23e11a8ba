"""Check YAML against pydantic models and word what is wrong for the person who wrote the file."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.files.yaml import Document, Loc

M = TypeVar("M", bound=BaseModel)

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "`true` or `false`",
    "dict_type": "a map",
    "model_type": "a map",
    "list_type": "a list",
    "tuple_type": "a list",
}


def in_order(problems: list[Problem]) -> list[Problem]:
    """Sort problems by file, line and column, dropping repetitions."""

    def key(problem: Problem) -> tuple[str, int, int]:
        place = problem.place or Place("")
        return place.file, place.line or 0, place.column or 0

    return sorted(dict.fromkeys(problems), key=key)


def shown(value: object) -> str:
    """Quote a value of a YAML file in a message."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a map"
    text = str(value)
    return f"`{text[:57]}...`" if len(text) > 60 else f"`{text}`"


def validate(model: type[M], document: Document, loc: Loc, problems: list[Problem]) -> M | None:
    """Fill a model from the value at a place of a document.

    Returns:
        None if the value does not fit; the reasons are added to `problems`.
    """
    value = at(document, loc)
    try:
        return model.model_validate(value)
    except ValidationError as cause:
        for error in cause.errors(include_url=False):
            problems.append(_problem(model, document, loc, dict(error)))
        return None


def validate_map(
    model: type[M], document: Document, loc: Loc, problems: list[Problem]
) -> dict[str, M | None] | None:
    """Fill a model for each entry of a map; an entry that does not fit is None, but its name is known.

    Returns:
        None if there is no map.
    """
    value = at(document, loc)
    if not isinstance(value, dict):
        what = f"`{loc[-1]}`" if loc else "the file"
        problems.append(Problem(f"{what} is {shown(value)}; a map is needed", document.place(loc)))
        return None
    return {name: validate(model, document, (*loc, name), problems) for name in value}


def at(document: Document, loc: Loc) -> Any:
    """Return the value at a place of a document, None if there is none."""
    value: Any = document.data
    for part in loc:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def check_keys(
    document: Document, loc: Loc, known: tuple[str, ...], required: tuple[str, ...], problems: list[Problem]
) -> bool:
    """Check the keys of the map at a place; report one that is unknown or missing.

    Returns:
        Whether there is a map at all.
    """
    value = at(document, loc)
    if not isinstance(value, dict):
        what = f"`{loc[-1]}`" if loc else "the file"
        problems.append(Problem(f"{what} is {shown(value)}; a map is needed", document.place(loc)))
        return False
    for key in value:
        if key not in known:
            place = document.key_place((*loc, key))
            problems.append(
                Problem(f"unknown key `{key}`", place, did_you_mean(key, set(known) - set(value)))
            )
    for key in required:
        if key not in value:
            problems.append(_missing(document, loc, key))
    return True


def _missing(document: Document, loc: Loc, key: str) -> Problem:
    if not loc:
        return Problem(f"key `{key}` is missing", document.place())
    owner = f"entry {loc[-1] + 1}" if isinstance(loc[-1], int) else f"`{loc[-1]}`"
    return Problem(f"key `{key}` of {owner} is missing", document.key_place(loc))


def _problem(model: type[BaseModel], document: Document, base: Loc, error: dict[str, Any]) -> Problem:
    """Word one error of pydantic."""
    inner: Loc = tuple(error["loc"])
    on_key = bool(inner) and inner[-1] == "[key]"
    if on_key:
        inner = inner[:-1]
    loc = (*base, *inner)
    place = document.key_place(loc) if on_key else document.place(loc)
    kind = error["type"]
    value = error["input"]
    name = next((str(part) for part in reversed(loc) if isinstance(part, str)), document.name)
    if kind == "missing":
        return _missing(document, loc[:-1], str(loc[-1]))
    if kind == "extra_forbidden":
        known = _keys_at(model, inner[:-1])
        present = at(document, loc[:-1])
        free = known - set(present) if isinstance(present, dict) else known
        return Problem(f"unknown key `{loc[-1]}`", document.key_place(loc), did_you_mean(str(loc[-1]), free))
    if kind == "bylaw":
        context = error["ctx"]
        return Problem(str(context["message"]).format(name=name), place, context.get("help"))
    if kind in _WANTED:
        return Problem(f"`{name}` is {shown(value)}; {_WANTED[kind]} is needed", place)
    if kind in ("enum", "literal_error"):
        words = [word.strip(" '") for word in str(error["ctx"]["expected"]).replace(" or ", ", ").split(",")]
        return Problem(
            f"`{name}` is {shown(value)}, which is none of its values", place, _words(value, words)
        )
    if kind in ("greater_than_equal", "less_than_equal"):
        relation = "least" if kind.startswith("greater") else "most"
        bound = error["ctx"].get("ge", error["ctx"].get("le"))
        return Problem(f"`{name}` is {shown(value)}; the {relation} is {bound}", place)
    if kind == "too_short":
        return Problem(f"`{name}` is empty", place)
    return Problem(f"`{name}` is {shown(value)}, which does not fit", place)


def _words(value: object, words: list[str]) -> str | None:
    return did_you_mean(value if isinstance(value, str) else "", words)


def _keys_at(model: object, path: Loc) -> set[str]:
    """Return the keys that a map inside a model may have."""
    for part in path:
        model = _inside(model, part)
    while not (isinstance(model, type) and issubclass(model, BaseModel)):
        found = _unwrapped(model)
        if found is None:
            return set()
        model = found
    return set(model.model_fields)


def _inside(model: object, part: str | int) -> object:
    while model is not None:
        if isinstance(model, type) and issubclass(model, BaseModel):
            info = model.model_fields.get(str(part))
            return info.annotation if info else None
        origin = typing.get_origin(model)
        if origin in (dict, Mapping):
            return typing.get_args(model)[1]
        if origin in (list, tuple):
            return typing.get_args(model)[0]
        model = _unwrapped(model)
    return None


def _unwrapped(model: object) -> object | None:
    """Take an optional or annotated type apart."""
    origin = typing.get_origin(model)
    if origin is typing.Annotated:
        return typing.get_args(model)[0]  # type: ignore[no-any-return]
    if origin in (typing.Union, types.UnionType):
        return next((arg for arg in typing.get_args(model) if arg is not type(None)), None)
    return None
