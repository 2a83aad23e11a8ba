"""`bylaw test`: the cases of packs, each a record and what must follow from it."""

from __future__ import annotations

from typing import Annotated

import typer

from bylaw.cli.options import Format, FormatOption, PolicyOption, open_policy
from bylaw.cli.output import print_json, print_lines
from bylaw.errors import UsageError

FAILED = 1
"""The exit code where a case failed."""


def check_cases(
    packs: Annotated[
        list[str] | None,
        typer.Argument(metavar="PACK", help="Packs that ship, or folders; those of `--policy` if none."),
    ] = None,
    policy: PolicyOption = None,
    contains: Annotated[
        str | None, typer.Option("-k", metavar="TEXT", help="Only the cases with this text in their names.")
    ] = None,
    cases: Annotated[
        list[str] | None,
        typer.Option(
            "--cases", metavar="FILE", help="A case file beside the pack, in place of its own; repeatable."
        ),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Run the cases of packs: does what they expect follow, by the provisions they name?

    Exit code 1 if a case fails.
    """
    from bylaw.analysis.cases import CaseResult, CaseRunner
    from bylaw.policy.cases import load_cases
    from bylaw.report import case_report

    if packs and policy:
        raise UsageError("packs are named twice, as arguments and by `--policy`")
    names: list[str | None] = [*packs] if packs else [policy]
    results: list[CaseResult] = []
    for name in names:
        loaded = open_policy(name)
        runner = CaseRunner(loaded)
        for case in load_cases(loaded, cases or ()):
            if contains is None or contains.lower() in case.name.lower():
                results.append(runner.run(case))
    if format is Format.JSON:
        print_json(case_report.shape(results))
    else:
        print_lines(case_report.lines(results))
    if any(not result.passed for result in results):
        raise typer.Exit(FAILED)
    if not results:
        raise UsageError(
            f"no case has `{contains}` in its name" if contains else "the pack has no cases",
            None if contains else "list case files in the manifest, under `cases`",
        )
