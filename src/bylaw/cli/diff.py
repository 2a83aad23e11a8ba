"""`bylaw diff`: whether two texts differ on a conclusion, and a smallest record that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bylaw.cli.options import (
    Format,
    FormatOption,
    ReadingOption,
    RecordsOption,
    read_readings,
)
from bylaw.cli.output import print_json, print_lines, save, say
from bylaw.cli.progress import progress
from bylaw.cli.trying import SeedOption, TriesOption, trials_for
from bylaw.cli.two_texts import ConclusionOption, NewArgument, OldArgument, asked_names, open_both
from bylaw.errors import UsageError

TRIES = 1_000
"""How many records are tried unless told otherwise."""


def diff(
    old: OldArgument,
    new: NewArgument,
    conclusion: ConclusionOption = None,
    records: RecordsOption = None,
    reading: ReadingOption = None,
    tries: TriesOption = TRIES,
    seed: SeedOption = 1,
    save_to: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FOLDER", help="Write each record found there, as better.yaml and so on."
        ),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Look for records that two texts judge differently, without a cohort; exit code 1 if there are any.

    What is tried are the records of the cases of both packs, and of `--records` if given, and the same with a
    few changes. Each kind of difference is shown by one record that is as small as it can be.
    """
    from bylaw.analysis.compare import comparable
    from bylaw.analysis.difference import Verdict, differ
    from bylaw.analysis.judging import Judging
    from bylaw.analysis.trials import same_records
    from bylaw.report import difference
    from bylaw.report.tried import trial_yaml, tried_words

    before, after = open_both(old, new)
    table = same_records(before, after)
    if table is not None:
        raise UsageError(f"the two packs read `{table}` of a record differently, so no record is for both")
    names = asked_names(before, after, conclusion)
    if names is None:
        names = comparable(before, after)
    tried = trials_for([before, after], records, seed)
    readings = read_readings(reading)
    with progress(tries, "records") as advance:
        found = differ(
            Judging(before, readings),
            Judging(after, readings),
            names,
            tried.trials,
            tried.more,
            tries,
            advance,
        )
    bounds = tried_words(before, tried.cases, tried.students, seed)
    if save_to is not None:
        save_to.mkdir(parents=True, exist_ok=True)
        for toward, witness in found.witnesses.items():
            save(save_to / f"{toward}.yaml", trial_yaml(before, witness.trial), private=True)
        files = [f"{toward}.yaml" for toward in found.witnesses]
        say(f"written to {save_to}: {', '.join(files) or 'nothing'}")
    if format is Format.JSON:
        print_json(difference.shape(found, bounds))
    else:
        print_lines(list(difference.lines(found, bounds)))
    if found.verdict not in (Verdict.EQUIVALENT, Verdict.NO_DIFFERENCE):
        raise typer.Exit(1)
