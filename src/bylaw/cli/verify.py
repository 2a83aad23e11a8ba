"""`bylaw verify`: what must never follow of a record, and the rules that never matter."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Annotated

import typer

from bylaw.cli.options import (
    Format,
    FormatOption,
    PolicyOption,
    ReadingOption,
    RecordsOption,
    open_policy,
    read_readings,
)
from bylaw.cli.output import print_json, print_lines, save, say
from bylaw.cli.progress import progress
from bylaw.cli.trying import SeedOption, TriesOption, trials_for

TRIES = 1_500
"""How many records are tried unless told otherwise."""


def verify(
    policy: PolicyOption = None,
    records: RecordsOption = None,
    reading: ReadingOption = None,
    tries: TriesOption = TRIES,
    seed: SeedOption = 1,
    save_to: Annotated[
        Path | None,
        typer.Option("--save", metavar="FOLDER", help="Write each record found there, by what it shows."),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Look for records of which something follows that must not; exit code 1 if there are any.

    What must not follow the pack says in its `properties`; that two outcomes follow at once is looked for
    unasked, and so are rules that never matter. Nothing is proved of records that were not tried.
    """
    from bylaw.analysis.judging import Judging
    from bylaw.analysis.verify import verify as verify_policy
    from bylaw.report import verification
    from bylaw.report.tried import trial_yaml, tried_words

    loaded = open_policy(policy)
    judging = Judging(loaded, read_readings(reading))
    tried = trials_for([loaded], records, seed)
    with progress(tries, "records") as advance:
        found = verify_policy(judging, tried.trials, tried.more, tries, seed, advance)
    bounds = tried_words(loaded, tried.cases, tried.students, seed)
    if save_to is not None:
        kept = {one.property.name: one.breach.trial for one in found.properties if one.breach is not None}
        kept |= {f"two_{one.predicate}": one.breach.trial for one in found.conflicts}
        kept |= {f"beside_{PurePath(s.rule.file).stem}_{s.rule.line}": s.trial for s in found.shadowed}
        save_to.mkdir(parents=True, exist_ok=True)
        for name, trial in kept.items():
            save(save_to / f"{name}.yaml", trial_yaml(loaded, trial), private=True)
        say(f"written to {save_to}: {', '.join(f'{name}.yaml' for name in kept) or 'nothing'}")
    if format is Format.JSON:
        print_json(verification.shape(found, bounds))
    else:
        print_lines(list(verification.lines(found, bounds)))
    if not found.sound:
        raise typer.Exit(1)
