"""`bylaw replay`: a verdict derived again from its receipt."""

from __future__ import annotations

from typing import Annotated

import typer

from bylaw.cli import discretion
from bylaw.cli.decide import receipt_of
from bylaw.cli.options import (
    Decisions,
    Format,
    FormatOption,
    MappingOption,
    Opened,
    PolicyOption,
    Readings,
    RecordsOption,
    left_open,
    open_policy,
)
from bylaw.cli.output import print_json, print_lines
from bylaw.errors import UsageError

DIFFERS = 1
"""The exit code where something is not as the receipt has it."""


def replay(
    receipt: Annotated[
        str, typer.Argument(metavar="FILE", help="A receipt, as `bylaw decide STUDENT --receipt` writes it.")
    ],
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Derive the verdict of a receipt again and say whether it is identical, or what differs.

    The pack and the records are those that the receipt names, unless others are named here. Exit code 1 if
    anything differs: a digest, a version, a conclusion or its provisions.
    """
    from bylaw.analysis.receipt import read_receipt
    from bylaw.analysis.replay import compare, readings_still_known
    from bylaw.engine.editions import open_engine
    from bylaw.files.store import is_server
    from bylaw.records.load import load_records
    from bylaw.report.replay_text import replay_page, replay_shape

    given = read_receipt(receipt)
    policy_given, records_given = policy or given.policy.given, records or given.records.given
    if records is None and is_server(records_given):
        raise UsageError(
            f"the receipt names the server `{records_given}`, which is not asked because a file says so",
            "name it with `--records`",
        )
    loaded = open_policy(policy_given)
    if loaded.id != given.policy.id:
        raise UsageError(
            f"the receipt is of the policy `{given.policy.id}`, not of `{loaded.id}`",
            "name its pack with `--policy`",
        )
    engine = open_engine(loaded, readings_still_known(loaded, given))
    mapped = mapping if mapping or records else given.records.mapping
    found_records = load_records(loaded, records_given, given.as_of, mapping=mapped)
    discretion.looked_at(loaded, found_records)
    opened = Opened(loaded, found_records, engine)
    decisions, readings = Decisions(given.decisions), Readings(given.readings_mode)
    judge = left_open(engine, decisions, readings) or engine
    decision = judge.decide(found_records, given.student)
    now = receipt_of(opened, decision, policy_given, records_given, mapped, decisions, readings)
    found = compare(given, now)
    if format is Format.JSON:
        print_json(replay_shape(receipt, found))
    else:
        print_lines(replay_page(engine.applying(found_records, given.student).policy, decision, found))
    if not found.identical:
        raise typer.Exit(DIFFERS)
