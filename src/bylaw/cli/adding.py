"""Gives commands options that are none of their own matter, and sees to them before the command begins."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

Verb = Callable[..., None]
Words = dict[str, Any]


def adding(verb: Verb, options: Mapping[str, Any], first: Callable[[Words], None]) -> Verb:
    """Return a command with more options.

    Args:
        verb: the command; it is told of those options only that it has itself.
        options: by the name of their parameter, as Typer has them; each is None unless given.
        first: called with all that was given, before the command; it may change what the command is told.
    """
    signature = inspect.signature(verb, eval_str=True)
    own = signature.parameters
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in options.items()
        if name not in own
    ]

    @functools.wraps(verb)
    def command(**words: Any) -> None:
        first(words)
        verb(**{name: value for name, value in words.items() if name in own})

    command.__signature__ = signature.replace(parameters=[*own.values(), *added])  # type: ignore[attr-defined]
    return command
