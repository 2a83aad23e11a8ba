"""`bylaw lint`: what is amiss in a pack, though it may load."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.options import PolicyOption, policy_named
from bylaw.cli.output import encodable, print_json, say, write
from bylaw.errors import UsageError, did_you_mean
from bylaw.report.terminal import escape

if TYPE_CHECKING:
    from bylaw.analysis.lint.findings import Finding

FOUND = 1
"""The exit code where something was found."""


class LintFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def lint(
    packs: Annotated[
        list[str] | None,
        typer.Argument(metavar="PACK", help="Packs that ship, or folders; that of `--policy` if none."),
    ] = None,
    policy: PolicyOption = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODES", help="Only these: `L103`, `L1`, or several by commas."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODES", help="All but these, named likewise.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what is safe to mend, and report the rest.")
    ] = False,
    format: Annotated[
        LintFormat,
        typer.Option("--format", "-f", metavar="text|json|sarif|github", help="How to write the findings."),
    ] = LintFormat.TEXT,
) -> None:
    """Report what is amiss in packs and their amendments: `file:line:column CODE message`.

    What keeps a pack from loading is reported beside all else that can be told. docs/reference/lint.md says
    of each code what it means and how to mend it. Exit code 1 if anything is found.
    """
    from bylaw.analysis.lint.mending import mend
    from bylaw.analysis.lint.run import lint_pack

    if packs and policy:
        raise UsageError("packs are named twice, as arguments and by `--policy`")
    chosen, left = _codes(select, "--select"), _codes(ignore, "--ignore")
    names = [*packs] if packs else [policy_named(policy)]

    def findings() -> list[Finding]:
        found = [one for name in names for one in lint_pack(name)]
        return [one for one in found if one.code.startswith(chosen or "L") and not _within(one.code, left)]

    found = findings()
    if fix and any(one.edit for one in found):
        try:
            mended = mend(found)
        except OSError as cause:
            raise UsageError(f"a file cannot be written: {cause.strerror or cause}") from None
        say(f"{len(mended)} mended")
        found = findings()
    _print(found, format)
    if found:
        raise typer.Exit(FOUND)


def _within(code: str, codes: tuple[str, ...]) -> bool:
    return bool(codes) and code.startswith(codes)


def _codes(words: Sequence[str] | None, option: str) -> tuple[str, ...]:
    """Return the beginnings of codes that an option names.

    Raises:
        UsageError: no code begins so.
    """
    from bylaw.analysis.lint.findings import CODES

    codes = tuple(code.strip() for word in words or () for code in word.split(",") if code.strip())
    for code in codes:
        if not any(known.startswith(code) for known in CODES):
            raise UsageError(f"`{option}`: there is no code `{code}`", did_you_mean(code, CODES))
    return codes


def _print(found: Sequence[Finding], format: LintFormat) -> None:
    from bylaw import __version__
    from bylaw.report import lint_report

    if format is LintFormat.JSON:
        print_json(lint_report.shape(found))
    elif format is LintFormat.SARIF:
        print_json(lint_report.sarif(found, __version__))
    else:
        lines = lint_report.text(found) if format is LintFormat.TEXT else lint_report.github(found)
        for line in lines:
            write(encodable(escape(line)) + "\n")
    if format is LintFormat.TEXT:
        say(f"{len(found)} found" if found else "nothing found")
