"""`bylaw cache`: what is kept between runs, shown and taken away."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bylaw.cli.options import Format, FormatOption
from bylaw.cli.output import print_json, print_lines, say
from bylaw.errors import UsageError


class Action(StrEnum):
    """What becomes of what is kept."""

    SHOW = "show"
    CLEAR = "clear"


def cache(
    action: Annotated[
        Action, typer.Argument(metavar="show|clear", help="Count what is kept, or take it away.")
    ] = Action.SHOW,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show or clear what is kept between runs: checked packs, and what was told of students.

    It lies in the folder that BYLAW_CACHE names, else in the user's cache folder; `BYLAW_CACHE=off` keeps
    nothing. What was told of students holds their ids and outcomes, and only its owner may read it.
    """
    from bylaw.analysis.store import clear_results, kept_results
    from bylaw.policy.kept import clear_packs, kept_packs
    from bylaw.report.terminal import line

    results, packs = kept_results(), kept_packs()
    if results is None:
        say("nothing is kept")
        return
    if action is Action.CLEAR:
        try:
            freed = clear_results() + clear_packs()
        except OSError as cause:
            reason = (cause.strerror or "it is in use").lower()
            raise UsageError(f"`{cause.filename}` cannot be taken away: {reason}") from None
        say(f"{_size(freed)} freed")
        return
    if format is Format.JSON:
        shape = {"results": results.results, "bytes": results.size}
        told = {"folder": str(results.path.parent), "students": shape}
        print_json(told | {"packs": {"packs": len(packs), "bytes": sum(packs)}})
        return
    print_lines(
        [
            line(f"{results.path.parent}", "bold"),
            line(f"{results.results} results of students, {_size(results.size)}", indent=2),
            line(f"{len(packs)} checked packs, {_size(sum(packs))}", indent=2),
        ]
    )


def _size(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024 or unit == "MiB":
            break
        count = -(-count // 1024)
    return f"{count} {unit}"
