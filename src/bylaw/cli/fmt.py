"""`bylaw fmt`: rule files in house style."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bylaw.cli.options import PolicyOption, policy_named
from bylaw.cli.output import encodable, save, say, write
from bylaw.errors import PolicyError, Problem, UsageError

UNTIDY = 1
"""The exit code where `--check` found a file that is laid out otherwise."""


def fmt(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE|PACK", help="Rule files, packs that ship, or folders; that of `--policy` if none."
        ),
    ] = None,
    policy: PolicyOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a file would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; print what would change.")] = False,
) -> None:
    """Lay out rule files in house style: spaces, lines, empty lines, and tags right above their rules.

    Comments and rules stay as they are. A pack stands for all of its rules, choices, actions, properties, its
    generator, and the rules of its amendments. Files that are in style are not touched.
    """
    from bylaw.analysis.formatting import Formatted, format_file

    if names and policy:
        raise UsageError("files or packs are named twice, as arguments and by `--policy`")
    formatted: list[Formatted] = []
    problems: list[Problem] = []
    asked: list[str | None] = [*names] if names else [policy]
    paths = dict.fromkeys(path for name in asked for path in _paths(name))
    for path, shown in paths:
        try:
            formatted.append(format_file(path, shown))
        except PolicyError as cause:
            problems.extend(cause.problems)
    changed = [one for one in formatted if one.changed]
    for one in changed:
        if diff:
            for text in one.diff():
                write(encodable(text) + "\n")
        elif check:
            write(f"{one.name}\n")
        else:
            save(one.path, one.after)
            write(f"{one.name}\n")
    say(_count(len(changed), len(formatted), written=not (check or diff)))
    if problems:
        raise PolicyError(problems)
    if check and changed:
        raise typer.Exit(UNTIDY)


def _paths(name: str | None) -> list[tuple[Path, str]]:
    """Return the rule files that a word names."""
    from bylaw.policy.rule_paths import rule_paths

    if name is not None and Path(name).is_file():
        return [(Path(name), name)]
    if name is not None and name.endswith(".lp"):
        raise UsageError(f"there is no file `{name}`")
    return rule_paths(policy_named(name))


def _count(changed: int, files: int, *, written: bool) -> str:
    what = "1 file" if files == 1 else f"{files} files"
    if not changed:
        return f"{what} in style"
    return f"{changed} of {what} {'laid out anew' if written else 'would change'}"
