"""`bylaw what-if`: the same student with changed rows, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli import discretion
from bylaw.cli.exit_codes import UNDETERMINED
from bylaw.cli.options import (
    AsOfOption,
    Decisions,
    DecisionsOption,
    Format,
    FormatOption,
    MappingOption,
    PolicyOption,
    ReadingOption,
    Readings,
    ReadingsOption,
    RecordsOption,
    left_open,
    mapping_named,
    open_policy,
    present_named,
    read_readings,
    records_named,
)
from bylaw.cli.output import check_new, print_json, print_lines, save_private, say
from bylaw.cli.why import StudentArgument
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.analysis.what_if import WhatIf


def what_if(
    student: StudentArgument,
    conclusion: Annotated[
        str | None,
        typer.Argument(
            metavar="CONCLUSION",
            help="Such as 'year_outcome(2021)'; all that differs, if none is named.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="TABLE:KEY.COLUMN=VALUE",
            help="Such as 'marks:M1110/2021/main.mark=60'; a row with a new key is added. Repeatable.",
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="TABLE:KEY", help="Take a row out; repeatable."),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add",
            metavar="TABLE:{...}",
            help="Add a row, such as 'marks:{course: M1110, ...}'; repeatable.",
        ),
    ] = None,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    decisions: DecisionsOption = Decisions.CLOSED,
    readings: ReadingsOption = Readings.CHOSEN,
    save: Annotated[
        str | None,
        typer.Option("--save", metavar="FILE.yaml", help="Write the changed record, for `--records`."),
    ] = None,
    save_case: Annotated[
        str | None,
        typer.Option("--save-case", metavar="FILE.yaml", help="Write it as a case, for `bylaw test`."),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Say what would follow if rows of a student's record were otherwise: before, after, and both reasons.

    Nothing is written to the record. Rows are taken out first, then added, then set; what becomes of the
    record is checked like any other. With decisions or readings open, what is only possible before or after
    is told with what it hangs on; the reasons are those of the record as it stands. Exit code 3 if something
    cannot be told after the change.
    """
    from bylaw.analysis.what_if import explained
    from bylaw.analysis.what_if import what_if as compare
    from bylaw.engine.editions import open_engine
    from bylaw.policy.patterns import parse_pattern
    from bylaw.records.load import read_draft

    for file in (save, save_case):
        if file is not None:
            _check_yaml(file)
    loaded = open_policy(policy)
    pattern = parse_pattern(loaded, conclusion, student) if conclusion is not None else None
    engine = open_engine(loaded, read_readings(reading))
    draft = read_draft(loaded, records_named(records), mapping_named(mapping, records))
    present = present_named(loaded, as_of)
    judge = left_open(engine, decisions, readings)
    if judge is not None and save_case is not None:
        help = "leave out `--decisions open` and `--readings open`, or save the record with `--save`"
        raise UsageError("a case is saved of what is settled", help)
    found = compare(
        engine,
        draft,
        student,
        as_of=present,
        sets=set_ or (),
        unsets=unset or (),
        adds=add or (),
        judge=judge,
    )
    discretion.looked_at(loaded, found.after.records)
    _save(found, [*(unset or ()), *(add or ()), *(set_ or ())], save, save_case)
    about = found.differences if pattern is None else found.about(pattern)
    if format is Format.JSON:
        from bylaw.report.what_if_json import what_if_shape

        pairs = (
            [found.reasons(one) for one in explained(about)]
            if pattern is None
            else [found.reasons_of(pattern)]
        )
        print_json(what_if_shape(found, about, pairs, pattern is not None))
    else:
        from bylaw.report.what_if_text import what_if_page

        pairs = [found.reasons(one) for one in explained(about)]
        if pattern is not None and not about:
            pairs = [found.reasons_of(pattern)]
        print_lines(what_if_page(found, about, pairs))
    if found.after.decision.undetermined:
        raise typer.Exit(UNDETERMINED)


def _check_yaml(file: str) -> None:
    if not file.lower().endswith((".yaml", ".yml")):
        raise UsageError(f"`{file}` is no name of a YAML file", "let it end with `.yaml`")
    check_new(file)


def _save(found: WhatIf, options: list[str], save: str | None, save_case: str | None) -> None:
    title = f"{found.student}, with {'; '.join(options)}"
    if save is not None:
        from bylaw.records.write import record_yaml

        side = found.after
        as_of, synthetic = side.records.as_of, side.records.synthetic
        text = record_yaml(found.policy, side.draft, found.student, as_of, title=title, synthetic=synthetic)
        save_private(save, text)
        say(f"the changed record is written to {save}")
    if save_case is not None:
        from bylaw.analysis.case_file import case_yaml

        save_private(save_case, case_yaml(found, title))
        say(f"a case is written to {save_case}")
