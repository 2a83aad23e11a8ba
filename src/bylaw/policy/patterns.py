"""Read a pattern such as `year_outcome(2020,failed)`, a conclusion as a person types it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bylaw.errors import UsageError, did_you_mean
from bylaw.policy.model import ArgType, Base, Policy, Predicate, Show
from bylaw.tables.cells import GREATEST, LEAST, CellError, scaled
from bylaw.tables.terms import Constant, Term, Text

MAX_LENGTH = 1000
_NAME = re.compile(r"\s*([^\s()\",]+)\s*")
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\["\\n])*)"\s*')
_BARE = re.compile(r'\s*([^,()"]*?)\s*(?=[,)])')
_YEAR_SPAN = re.compile(r"([0-9]{4})/([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Words(Protocol):
    """The vocabulary that a pattern is read with; a `Policy` is one."""

    @property
    def predicates(self) -> Mapping[str, Predicate]:
        """The predicates by name."""

    @property
    def types(self) -> Mapping[str, ArgType]:
        """The types by name."""

    @property
    def subject(self) -> str:
        """The type of those whose records are decided."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which atoms of a predicate are meant.

    Args:
        predicate: what they say.
        args: as many as the predicate has; None matches anything.
        text: the pattern as it was typed.
    """

    predicate: Predicate
    args: tuple[Term | None, ...]
    text: str = ""

    def matches(self, args: tuple[Term, ...]) -> bool:
        """Return whether an atom's arguments are meant."""
        return len(args) == len(self.args) and all(
            wanted is None or wanted == given for wanted, given in zip(self.args, args, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Argument:
    text: str
    quoted: bool

    @property
    def open(self) -> bool:
        return self.text == "_" and not self.quoted


def parse_pattern(words: Words, text: str, subject: str | None = None) -> Pattern:
    """Read a pattern against the vocabulary.

    The subject is implied, trailing arguments may be left out, and `_` matches anything. All arguments may
    be given if the first of them, the subject, is quoted or `_`.

    Args:
        words: the policy.
        text: such as `year_outcome(2020,failed)` or `average(2020,1.98)`.
        subject: whose conclusions are meant; None leaves the subject open.

    Raises:
        UsageError: it is no pattern, names no predicate of the pack, or an argument does not fit.
    """
    text = text.strip()
    name, arguments = _split(text)
    predicate = words.predicates.get(name)
    if predicate is None:
        raise UsageError(f"there is no predicate `{name}`", did_you_mean(name, words.predicates))
    has_subject = bool(predicate.args) and predicate.args[0][1] == words.subject
    slots = list(predicate.args)
    filled: list[Term | None] = []
    if has_subject:
        whole = len(arguments) == len(slots) and (arguments[0].quoted or arguments[0].open)
        named = arguments.pop(0) if whole else None
        filled.append(_subject(named, subject, text))
        slots = slots[1:]
    if len(arguments) > len(slots):
        raise UsageError(
            f"`{name}` takes {_count(len(slots))} and has {len(arguments)} in `{text}`",
            _form(predicate, has_subject),
        )
    for (argument, type_name), given in zip(slots, arguments, strict=False):
        type_ = words.types.get(type_name)
        filled.append(None if given.open or type_ is None else _term(type_, argument, given))
    filled.extend([None] * (predicate.arity - len(filled)))
    return Pattern(predicate, tuple(filled), text)


def parse_term(type_: ArgType, text: str, name: str = "value") -> Term:
    """Return the term that a value stands for, as a person writes it: `1.98`, `2021-09-30`, `failed`.

    Raises:
        UsageError: it does not fit the type.
    """
    return _term(type_, name, _Argument(text.strip(), quoted=False))


def clock_type(policy: Policy) -> ArgType | None:
    """Return the type of the present, None if the pack has no clock."""
    clock = policy.clock
    return policy.types[policy.predicates[clock.predicate].args[0][1]] if clock else None


def clock_value(type_: ArgType | None, value: object) -> int | None:
    """Return the present that a value of a YAML file names, None if it names none.

    Args:
        type_: of the clock; a clock of dates takes `2024-05-01`, one of academic years `2024/25`.
        value: as the YAML reader gives it.
    """
    if isinstance(value, str) and type_ is not None and type_.show not in (Show.PLAIN, Show.PROVISION):
        try:
            value = parse_term(type_, value)
        except UsageError:
            return None
    known = isinstance(value, int) and not isinstance(value, bool) and LEAST <= value <= GREATEST
    return value if known and isinstance(value, int) else None


def _split(text: str) -> tuple[str, list[_Argument]]:
    """Take a pattern apart."""
    example = "write it as `name(value,_)`: a predicate and, in parentheses, its arguments"
    wrong = UsageError(f"`{text[:80]}` is not a pattern", example)
    found = _NAME.match(text)
    if found is None or len(text) > MAX_LENGTH:
        raise wrong
    name, position = found[1], found.end()
    if position == len(text):
        return name, []
    if text[position] != "(" or not text.endswith(")"):
        raise wrong
    position += 1
    arguments: list[_Argument] = []
    while True:
        piece = _QUOTED.match(text, position) or _BARE.match(text, position)
        if piece is None:
            raise wrong
        quoted = piece.re is _QUOTED
        content = piece[1]
        if quoted:
            content = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], content)
        elif not content and not (text[piece.end()] == ")" and not arguments):
            raise wrong
        if content or quoted:
            arguments.append(_Argument(content, quoted))
        position = piece.end()
        if position >= len(text) or text[position] not in ",)":
            raise wrong
        if text[position] == ")":
            if position != len(text) - 1:
                raise wrong
            return name, arguments
        position += 1


def _subject(named: _Argument | None, subject: str | None, text: str) -> Term | None:
    if named is None or named.open:
        return Text(subject) if subject is not None else None
    if subject is not None and named.text != subject:
        raise UsageError(
            f"`{text}` names `{named.text}`, and `{subject}` is asked about", "leave the name out"
        )
    return Text(named.text)


def _term(type_: ArgType, argument: str, given: _Argument) -> Term:
    if type_.base is Base.TEXT:
        return Text(given.text)
    if given.quoted:
        raise UsageError(
            f'`{argument}` is the text "{given.text}"; {_wanted(type_)} is needed', "take the quotes off"
        )
    if type_.base is Base.CONSTANT:
        if given.text not in type_.values:
            help = did_you_mean(given.text, type_.values)
            raise UsageError(f"`{argument}` is `{given.text}`, which is no `{type_.name}`", help)
        return Constant(given.text)
    if type_.show is Show.DATE and _DATE.fullmatch(given.text):
        try:
            return date.fromisoformat(given.text).toordinal()
        except ValueError:
            raise UsageError(f"`{argument}` is {given.text}, which is no day of the calendar") from None
    span = _YEAR_SPAN.fullmatch(given.text) if type_.show is Show.YEAR_SPAN else None
    if span and (int(span[1]) + 1) % 100 == int(span[2]):
        return int(span[1])
    try:
        return scaled(given.text, type_.scale, argument)
    except CellError as cause:
        raise UsageError(cause.message, cause.help) from None


def _wanted(type_: ArgType) -> str:
    return "a number" if type_.base is Base.INTEGER else f"one of the values of `{type_.name}`"


def _count(number: int) -> str:
    return "no arguments" if number == 0 else "one argument" if number == 1 else f"{number} arguments"


def _form(predicate: Predicate, has_subject: bool) -> str:
    names = [name for name, _ in predicate.args[1 if has_subject else 0 :]]
    inside = f"({', '.join(names)})" if names else ""
    return f"it is written `{predicate.name}{inside}`" + (", the subject is implied" if has_subject else "")
