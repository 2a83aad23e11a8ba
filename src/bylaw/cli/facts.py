"""`bylaw facts`: what the rules are told, as a program for clingo."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from bylaw.cli.options import (
    AsOfOption,
    MappingOption,
    PolicyOption,
    ReadingOption,
    RecordsOption,
    open_all,
)
from bylaw.cli.output import write
from bylaw.errors import UsageError, did_you_mean
from bylaw.report.terminal import escape


def facts(
    student: Annotated[str | None, typer.Argument(metavar="STUDENT", help="Whose record.")] = None,
    all: Annotated[bool, typer.Option("--all", help="The records of every student.")] = False,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
) -> None:
    """Print the facts of a record and of its policy, so that clingo alone gives the same conclusions.

    Use it as: bylaw facts STUDENT > facts.lp; clingo PACK/rules/*.lp facts.lp
    """
    if all == (student is not None):
        raise UsageError("name one student, or give `--all`")
    opened = open_all(policy, records, as_of, reading, mapping)
    known = opened.records.subjects
    if student is not None and student not in known:
        raise UsageError(f"there is no `{student}` in {opened.records.source}", did_you_mean(student, known))
    pack = opened.policy
    shown: Callable[[str], str] = escape if sys.stdout.isatty() else str  # a file has texts as they are
    source = escape(str(opened.records.source))
    if student is not None:
        pack = opened.engine.applying(opened.records, student).policy
    elif pack.editions is not None:
        raise UsageError("`--all` cannot mix the limits of several editions", "name one student")
    write(f"% The facts of {pack.id}, edition {pack.edition}: its tables, limits and readings.\n")
    for statement in pack.statements(opened.engine.readings):
        write(f"{shown(str(statement))}.\n")
    for subject in known if student is None else (student,):
        write(f"\n% The record of {escape(subject)}, from {source}.\n")
        if opened.records.synthetic:
            write("% Synthetic: no such person exists.\n")
        for fact in opened.records.facts(subject):
            row = f"  % {escape(str(fact.row))}" if fact.row else ""
            write(f"{shown(str(fact))}.{row}\n")
