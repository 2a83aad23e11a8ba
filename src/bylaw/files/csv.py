"""Reads a CSV file row by row and remembers where each cell stands."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

from bylaw.errors import Place, Problem
from bylaw.files.source import open_regular

DELIMITERS = ",;\t"
MAX_LINE = 1_000_000
"""Characters in one line of a file; more is not a table that a person keeps."""

_SAVE_AS_UTF8 = "save it as UTF-8"


@dataclass(slots=True)
class CsvRow:
    """A row as it stands in the file.

    Args:
        line: the line it starts on, from 1.
        cells: the text of each cell, unquoted, not yet stripped.
        raw: the row as written, with its line ends.
        delimiter: what separates its cells.
    """

    line: int
    cells: list[str]
    raw: str
    delimiter: str

    def position(self, index: int) -> tuple[int, int]:
        """Return the line and the character column, both from 1, where a cell starts."""
        starts, _, _ = scan(self.raw, self.delimiter)
        down, column = starts[min(index, len(starts) - 1)]
        return self.line + down, column


@dataclass(slots=True)
class CsvFile:
    """A CSV file that is being read.

    Args:
        name: the file as the reader named it.
        header: (name, character column) of each column in the order of the file; empty if it has none.
        header_line: the line of the header.
        delimiter: what separates its cells.
        rows: the rows that have as many cells as the header, read as they are asked for.
        problems: what is wrong so far; complete once `rows` is exhausted.
    """

    name: str
    header: list[tuple[str, int]]
    header_line: int
    delimiter: str
    rows: Iterator[CsvRow]
    problems: list[Problem] = field(default_factory=list)


def read_csv(path: Path, name: str, max_bytes: int | None = None) -> CsvFile:
    """Open a CSV file and read its header.

    UTF-8 with or without a byte order mark, UTF-16 with one; any line ends; comma, semicolon or tab,
    told from the header. Blank lines are skipped. Never raises on what stands in the file: what is wrong
    gathers in `problems` of the result.

    Args:
        path: the file; only a regular file is opened.
        name: how problems name it.
        max_bytes: the greatest size allowed, if there is one.
    """
    problems: list[Problem] = []
    rows = _rows(path, name, max_bytes, problems)
    first = next(rows, None)
    if first is None:
        return CsvFile(name, [], 1, ",", rows, problems)
    header = [(cell.strip(), first.position(index)[1]) for index, cell in enumerate(first.cells)]
    _check_header(name, first, header, problems)
    return CsvFile(name, header, first.line, first.delimiter, rows, problems)


def text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a CSV file with their ends, counted as `CsvRow.line` counts them.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is no text.
    """
    with open_regular(path) as binary:
        encoding = _encoding(binary, path.name, []) or "utf-8"
        with io.TextIOWrapper(binary, encoding=encoding, newline="") as text:
            yield from text


def visible(text: str, most: int = 60) -> str:
    """Write a text from a file so that it can stand in a message: one line, no control characters, short."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: most + 1])
    return shown if len(text) <= most else shown[:most] + "..."


class _LineTooLongError(Exception):
    """A line is beyond MAX_LINE."""


class _Lines:
    """The lines of a stream; keeps those of the row that is being read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: str | None = None
        self.number = 0
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again or self._stream.readline(MAX_LINE)
        self._again = None
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= MAX_LINE:
            raise _LineTooLongError
        self.row.append(line)
        return line

    def first(self) -> str | None:
        """Return the first line that is not blank, which stays the next one."""
        for line in self:
            if line.strip():
                self._again = line
                self.number -= 1
                self.row = []
                return line
        return None


def _rows(path: Path, name: str, max_bytes: int | None, problems: list[Problem]) -> Iterator[CsvRow]:
    """Yield the header, then each row as long as it."""
    try:
        with open_regular(path) as binary:
            size = os.fstat(binary.fileno()).st_size
            if max_bytes is not None and size > max_bytes:
                problems.append(
                    Problem(f"file is {size:,} bytes long; the most allowed is {max_bytes:,}", Place(name))
                )
                return
            encoding = _encoding(binary, name, problems)
            if encoding is None:
                return
            try:
                with io.TextIOWrapper(binary, encoding=encoding, newline="") as text:
                    yield from _parsed(_Lines(text), name, problems)
            except UnicodeDecodeError:
                problems.append(_undecodable(path, name, encoding))
    except OSError as error:
        problems.append(Problem(f"file cannot be read: {_reason(error)}", Place(name)))


def _parsed(lines: _Lines, name: str, problems: list[Problem]) -> Iterator[CsvRow]:
    try:
        head = lines.first()
        if head is None:
            problems.append(Problem("file is empty", Place(name, 1), help="its first line names the columns"))
            return
        delimiter = _delimiter(head)
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
        width: int | None = None
        while True:
            lines.row = []
            start = lines.number + 1
            try:
                cells = next(reader, None)
            except csv.Error:
                problem, goes_on = _broken(name, start, "".join(lines.row), delimiter)
                problems.append(problem)
                if width is None or not goes_on:
                    return
                continue
            if cells is None:
                return
            raw = "".join(lines.row)
            row = CsvRow(start, cells, raw, delimiter)
            if not raw.strip():
                continue
            if "\0" in raw:
                problems.append(_nul(name, row))
                if width is None:
                    return
            elif width is None or len(cells) == width:
                yield row
            else:
                problems.append(_wrong_length(name, row, width))
            if width is None:
                width = len(cells)
    except _LineTooLongError:
        message = f"line is longer than {MAX_LINE:,} characters"
        problems.append(Problem(message, Place(name, lines.number), help="is this a CSV file?"))


def _encoding(binary: BinaryIO, name: str, problems: list[Problem]) -> str | None:
    """Tell the encoding from the first bytes, or say why there is none."""
    sample = binary.read(4096)
    binary.seek(0)
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        problems.append(Problem("file is UTF-32", Place(name, 1), help=_SAVE_AS_UTF8))
        return None
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Every second byte of Latin text in UTF-16 is zero; UTF-8 has none.
    if max(sample[0::2].count(0), sample[1::2].count(0)) > len(sample) // 6:
        message = "file looks like UTF-16 without a byte order mark"
        problems.append(Problem(message, Place(name, 1), help=_SAVE_AS_UTF8))
        return None
    return "utf-8"


def _delimiter(head: str) -> str:
    bare = re.sub(r'"[^"]*"?', "", head)
    return max(DELIMITERS, key=bare.count)


def _check_header(name: str, row: CsvRow, header: list[tuple[str, int]], problems: list[Problem]) -> None:
    first: dict[str, int] = {}
    for number, (column, at) in enumerate(header, start=1):
        place = Place(name, row.line, at)
        if not column:
            problems.append(Problem(f"column {number} has no name", place))
        elif column in first:
            message = f"column `{visible(column)}` stands twice"
            problems.append(Problem(message, place, help=f"it is column {first[column]} already"))
        else:
            first[column] = number


def scan(raw: Iterable[str], delimiter: str) -> tuple[list[tuple[int, int]], str, tuple[int, int]]:
    """Find where the cells of a row start, the way the csv module reads them.

    Args:
        raw: its characters; none beyond its end is taken.
        delimiter: what separates its cells.

    Returns:
        Where each cell starts, as (lines below the first, character column from 1); how the row ends: `row`,
        `quoted` inside a quote, or `stray` where a closing quote is not followed by a delimiter; and where.
    """
    starts: list[tuple[int, int]] = []
    down, column = 0, 0
    state = "start"  # start | plain | quoted | closed
    previous = ""
    for char in raw:
        if previous == "\n" or (previous == "\r" and char != "\n"):
            down, column = down + 1, 0
        column += 1
        previous = char
        if state == "quoted":
            state = "closed" if char == '"' else state
        elif char == delimiter or char in "\r\n":
            if state == "start":
                starts.append((down, column))
            if char != delimiter:
                return starts, "row", (down, column)
            state = "start"
        elif state == "closed":
            if char != '"':
                return starts, "stray", (down, column)
            state = "quoted"
        elif state == "start" and char != " ":
            starts.append((down, column))
            state = "quoted" if char == '"' else "plain"
    if state == "start":
        starts.append((down, column + 1))
    return starts, "quoted" if state == "quoted" else "row", (down, column)


def _broken(name: str, start: int, raw: str, delimiter: str) -> tuple[Problem, bool]:
    """Say what the csv module could not read, and whether the rows below can still be told apart."""
    starts, end, (down, column) = scan(raw, delimiter)
    if end == "stray":
        help_line = 'write a quote inside a quoted cell twice: "say ""yes"""'
        return Problem("text follows a closing quote", Place(name, start + down, column), help_line), True
    if end == "quoted":
        down, column = starts[-1]
        return Problem("quoted cell is never closed", Place(name, start + down, column)), False
    message = f"a cell has more than {csv.field_size_limit():,} characters"
    return Problem(message, Place(name, start)), True


def _nul(name: str, row: CsvRow) -> Problem:
    before = row.raw[: row.raw.index("\0")]
    lines = re.split("\r\n|\r|\n", before)
    place = Place(name, row.line + len(lines) - 1, len(lines[-1]) + 1)
    return Problem("line holds a NUL character", place, help="export the file again, as UTF-8")


def _wrong_length(name: str, row: CsvRow, width: int) -> Problem:
    has = len(row.cells)
    message = f"row has {has} cell{'s' * (has != 1)}; the header has {width}"
    if has < width:
        return Problem(message, Place(name, row.line))
    help_line = f'put a cell that holds `{row.delimiter}` in quotes: "a{row.delimiter} b"'
    if row.delimiter == "\t":
        help_line = "put a cell that holds a tab in quotes"
    return Problem(message, Place(name, *row.position(width)), help=help_line)


def _undecodable(path: Path, name: str, encoding: str) -> Problem:
    """Find the first bytes that are not text, reading again from the start."""
    family = "UTF-16" if encoding == "utf-16" else "UTF-8"
    place, what = Place(name), "bytes"
    decoder = codecs.getincrementaldecoder(encoding)()
    line, column, after_return = 1, 1, False
    with open_regular(path) as binary:
        while True:
            chunk = binary.read(1 << 16)
            try:
                text, bad = decoder.decode(chunk, final=not chunk), None
            except UnicodeDecodeError as error:
                bad = error.object[error.start : error.start + 1]
                text = error.object[: error.start].decode(error.encoding)
            for char in text:
                if char == "\r" or (char == "\n" and not after_return):
                    line, column = line + 1, 1
                elif char not in "\n\ufeff":
                    column += 1
                after_return = char == "\r"
            if bad is not None:
                place, what = Place(name, line, column), f"byte 0x{bad.hex()}"
                break
            if not chunk:
                break
    help_line = f"{_SAVE_AS_UTF8}; in a spreadsheet the format is called CSV UTF-8"
    return Problem(f"{what} is not {family} text", place, help=help_line)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    return (error.strerror or str(error)).lower()
