"""Columns: words of neighbouring lines that were set one below the other stay so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bylaw.policy.layout.tokens import Token


@dataclass(slots=True)
class Line:
    """A line as it is to be written.

    Args:
        indent: the column of its first token.
        tokens: none for an empty line.
        block: lines of one block stand together, without an empty line or a line of comment between.
        text: the line as it stands, where it is not made of tokens.
    """

    indent: int = 0
    tokens: list[Token] = field(default_factory=list)
    block: int = 0
    text: str | None = None

    def natural(self) -> list[int]:
        """Return the column of each token without any column in common with another line."""
        columns: list[int] = []
        at = self.indent
        for number, token in enumerate(self.tokens):
            at += token.gap if number else 0
            columns.append(at)
            at += len(token.text)
        return columns


Cell = tuple[int, int]
"""A token by the number of its line and its own in the line."""


def written(lines: Sequence[Line]) -> list[str]:
    """Return the text of each line, with its columns."""
    moved = _columns(lines)
    texts: list[str] = []
    for number, line in enumerate(lines):
        if line.text is not None:
            texts.append(line.text)
            continue
        text = " " * line.indent
        for position, token in enumerate(line.tokens):
            at = len(text) + (token.gap if position else 0)
            at = max(at, moved.get((number, position), 0))
            text += " " * (at - len(text)) + token.text
        texts.append(text)
    return texts


def _columns(lines: Sequence[Line]) -> dict[Cell, int]:
    """Return where the tokens of columns stand.

    A column is as far to the left as its tokens allow, so columns that are in order stay where they are.
    """
    groups: dict[Cell, list[Cell]] = {}
    for above, below in _neighbours(lines):
        one, other = (lines[cell[0]].tokens[cell[1]] for cell in (above, below))
        if one.column == other.column and (one.before > one.gap or other.before > other.gap):
            whole = groups.get(above, [above])
            whole.append(below)
            groups[above] = groups[below] = whole
    columns = {id(cells): cells for cells in groups.values()}
    moved: dict[Cell, int] = {}
    for cells in sorted(columns.values(), key=lambda cells: lines[cells[0][0]].tokens[cells[0][1]].column):
        place = max(_reached(lines[row], row, position, moved) for row, position in cells)
        moved.update(dict.fromkeys(cells, place))
    return moved


def _reached(line: Line, row: int, position: int, moved: dict[Cell, int]) -> int:
    """Return where a token stands after those before it."""
    at = line.indent
    for number, token in enumerate(line.tokens[: position + 1]):
        at += token.gap if number else 0
        at = max(at, moved.get((row, number), 0))
        if number < position:
            at += len(token.text)
    return at


def _neighbours(lines: Sequence[Line]) -> list[tuple[Cell, Cell]]:
    """Return the tokens that could be of one column: of lines that follow each other, and alike."""
    pairs: list[tuple[Cell, Cell]] = []
    remark: Cell | None = None
    for number, line in enumerate(lines):
        last = lines[number - 1] if number else None
        if last is None or last.block != line.block:
            remark = None
        cell = (number, len(line.tokens) - 1)
        if line.tokens and line.tokens[-1].kind == "comment" and _joined(line) == len(line.tokens) > 1:
            pairs += [(remark, cell)] if remark is not None else []
            remark = cell
        if last is None or last.block != line.block:
            continue
        above = {last.tokens[i].column: i for i in range(1, _joined(last))}
        for position in range(1, _joined(line)):
            token = line.tokens[position]
            found = above.get(token.column)
            if found is None or token.is_comment:
                continue
            other = last.tokens[found]
            same = token.text == other.text and token.kind in ("if", "relation", "arithmetic", "sign")
            follows = line.tokens[position - 1].text == last.tokens[found - 1].text
            if not other.is_comment and (same or follows):
                pairs.append(((number - 1, found), (number, position)))
    return pairs


def _joined(line: Line) -> int:
    """Return the first token that came from another line of the source; its column tells nothing."""
    return next((i for i in range(1, len(line.tokens)) if line.tokens[i].own_line), len(line.tokens))
