"""`bylaw decide --all`: what follows for each student of a cohort, to stdout or to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bylaw.cli.cohort_options import (
    Wishes,
    chosen_subjects,
    interruptible,
    keys_for,
    raise_failures,
    remembering,
)
from bylaw.cli.options import Opened
from bylaw.cli.output import OWNER_ONLY, encodable, in_colour, page_width, say, write
from bylaw.cli.progress import progress
from bylaw.errors import UsageError
from bylaw.report.cohort_writing import Entry, csv_table, json_array, json_lines, page_lines
from bylaw.report.told import Telling

if TYPE_CHECKING:
    from bylaw.analysis.journal import Journal
    from bylaw.engine.cohort import Failure


class CohortFormat(StrEnum):
    """How decisions are written; html is of one student."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


@dataclass(slots=True)
class _Counts:
    """What became of the students that were asked for."""

    failed: list[Failure] = field(default_factory=list)
    decided: int = 0
    kept: int = 0
    resumed: int = 0
    undetermined: int = 0


def decide_all(
    opened: Opened,
    telling: Telling,
    wishes: Wishes,
    format: CohortFormat,
    output: Path | None,
    *,
    resume: bool,
) -> bool:
    """Decide a cohort and write what follows.

    Args:
        output: a file, written once all are decided; stdout, as the work goes on, unless given.
        resume: go on with what an earlier run for the same file left.

    Returns:
        Whether something cannot be told of somebody.

    Raises:
        UsageError: the file cannot be written, or the format needs one.
        BylawError: for some students there is no result; the others are written.
    """
    if format is CohortFormat.PARQUET:
        from bylaw.report.parquet_file import check_parquet

        check_parquet()
    counts = _Counts()
    with interruptible():
        subjects = chosen_subjects(opened, wishes)
        keys = keys_for(opened, telling)
        with remembering(keys, wishes) as memory:
            from bylaw.analysis.cohort_run import tell_all
            from bylaw.engine.cohort import Failure

            effort = wishes.effort(alone=telling.open)

            def texts(wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
                told = tell_all(telling, opened.policy, opened.records, wanted, effort, memory)
                with progress(len(wanted), f"{opened.policy.subject}s") as advance:
                    for one in told:
                        advance()
                        if isinstance(one, Failure):
                            counts.failed.append(one)
                        else:
                            counts.kept += one.kept
                            yield one.subject, one.text

            if output is None:
                entries = _counted((text for _, text in texts(subjects)), counts)
                for piece in _pieces(opened, format, entries, to_file=False):
                    write(piece)
            else:
                _to_file(opened, format, output, subjects, texts, keys.run, counts, resume=resume)
    _say_counts(opened, len(subjects), counts, output)
    raise_failures(counts.failed)
    return counts.undetermined > 0


def _to_file(
    opened: Opened,
    format: CohortFormat,
    output: Path,
    subjects: Sequence[str],
    texts: Callable[[Sequence[str]], Iterator[tuple[str, str]]],
    run: str,
    counts: _Counts,
    *,
    resume: bool,
) -> None:
    """Gather what is told of everybody beside the file, and write it in one go."""
    from bylaw.analysis.journal import Journal
    from bylaw.files.atomic import written_whole

    asked = frozenset(subjects)

    def digest(subject: str) -> str | None:
        return opened.records.digest(subject) if subject in asked else None

    with Journal(output, run, digest, resume=resume) as journal:
        counts.resumed = len(journal)
        if resume:
            say(f"{counts.resumed} of {len(subjects)} are there from a run that was cut short")
        try:
            for subject, text in texts([one for one in subjects if one not in journal]):
                journal.add(subject, text)
        except KeyboardInterrupt:
            journal.flush()
            say(f"interrupted: {len(journal)} of {len(subjects)} are kept; `--resume` goes on with the rest")
            raise
        entries = _counted(_gathered(journal, subjects), counts)
        try:
            mode = None if output.exists() else OWNER_ONLY
            with written_whole(output, mode) as stream:
                _write(opened, format, entries, stream)
        except OSError as cause:
            reason = (cause.strerror or "it cannot be opened").lower()
            raise UsageError(f"`{output}` cannot be written: {reason}") from None
        if not counts.failed:
            journal.remove()


def _gathered(journal: Journal, subjects: Sequence[str]) -> Iterator[str]:
    return (journal.text(subject) for subject in subjects if subject in journal)


def _counted(texts: Iterable[str], counts: _Counts) -> Iterator[Entry]:
    for text in texts:
        entry = Entry.of(text)
        counts.decided += 1
        counts.undetermined += entry.undetermined > 0
        yield entry


def _write(opened: Opened, format: CohortFormat, entries: Iterable[Entry], stream: BinaryIO) -> None:
    if format is CohortFormat.PARQUET:
        from bylaw.report.parquet_file import write_parquet

        write_parquet(entries, stream)
        return
    for piece in _pieces(opened, format, entries, to_file=True):
        stream.write(piece.encode())


def _pieces(
    opened: Opened, format: CohortFormat, entries: Iterable[Entry], *, to_file: bool
) -> Iterator[str]:
    match format:
        case CohortFormat.JSONL:
            return json_lines(entries)
        case CohortFormat.JSON:
            return json_array(entries)
        case CohortFormat.CSV:
            return csv_table(entries)
        case _:
            return _text(opened, entries, to_file=to_file)


def _text(opened: Opened, entries: Iterable[Entry], *, to_file: bool) -> Iterator[str]:
    """Yield the pages, below what they have in common."""
    from bylaw.report.decision_text import heading
    from bylaw.report.terminal import PLAIN_WIDTH, line, render

    width, colour = (PLAIN_WIDTH, False) if to_file else (page_width(), in_colour())
    head = [*heading(opened.engine, opened.records, several=opened.policy.editions is not None), line()]
    for number, page in enumerate(chain([head], page_lines(entries))):
        yield "\n" if number > 1 else ""
        for text in render(page, width, colour):
            yield (text if to_file else encodable(text)) + "\n"


def _say_counts(opened: Opened, asked: int, counts: _Counts, output: Path | None) -> None:
    """Say what became of everybody; the numbers add up."""
    read = len(opened.records.subjects)
    what = f"{opened.policy.subject}s"
    parts = [f"{read} {what} read"]
    if asked != read:
        parts.append(f"{asked} asked for")
    known = [f"{counts.kept} as in an earlier run"] if counts.kept else []
    known += [f"{counts.resumed} by the run that was cut short"] if counts.resumed else []
    parts.append(f"{counts.decided} decided" + (f" ({', '.join(known)})" if known else ""))
    parts.append(f"{counts.undetermined} of them with something undetermined")
    parts.append(f"{len(counts.failed)} without a result")
    say(", ".join(parts) + (f"; written to {output}" if output else ""))
