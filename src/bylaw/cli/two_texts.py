"""The two texts that a command sets side by side: their arguments, and the conclusions that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.options import open_policy
from bylaw.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from bylaw.policy.model import Policy

OldArgument = Annotated[str, typer.Argument(metavar="OLD", help="The text as it stands: a pack.")]
NewArgument = Annotated[
    str, typer.Argument(metavar="NEW", help="The changed text: a pack, or OLD+AMENDMENT, or +AMENDMENT.")
]
ConclusionOption = Annotated[
    list[str] | None,
    typer.Option("--conclusion", "-c", metavar="NAME", help="Look only at this conclusion; repeatable."),
]


def whole_name(old: str, new: str) -> str:
    """Return the name of the new text, where only its amendments are given with those of the old one."""
    return f"{old}{new}" if new.startswith("+") else new


def open_both(old: str, new: str) -> tuple[Policy, Policy]:
    """Load the two texts.

    Raises:
        PolicyError: one of them is wrong.
    """
    return open_policy(old), open_policy(whole_name(old, new))


def asked_names(old: Policy, new: Policy, asked: Sequence[str] | None) -> list[str] | None:
    """Return the conclusions that are asked for; None for all.

    Raises:
        UsageError: one of them is no conclusion of both packs.
    """
    from bylaw.analysis.standing import conclusions_of

    known = conclusions_of([old, new])
    for name in asked or ():
        if name not in known:
            raise UsageError(f"`{name}` is no conclusion of both packs", did_you_mean(name, known))
    return list(asked) if asked else None
