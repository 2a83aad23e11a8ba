"""The lines of one statement: broken where its writer broke it, and where it would be too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bylaw.policy.layout.columns import Line
from bylaw.policy.layout.tokens import Token

WIDTH = 120
"""The columns of a line."""
INDENT = 4

_NEVER, _INNER, _OUTER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class _Seam:
    """What may happen behind a token.

    Args:
        rank: whether a line may end there; `_OUTER` between conditions, `_INNER` inside of one.
        anchor: the token below which the next line starts; -1 for the indentation of a body.
    """

    rank: int
    anchor: int = -1


def lines_of(tokens: Sequence[Token]) -> list[Line]:
    """Return the lines of a statement; the comments in it end theirs."""
    if any(token.kind == "block" for token in tokens):
        raise ValueError("a statement with a block comment is left as it stands")
    seams = _seams(tokens)
    breaks = _breaks(tokens, seams)
    natural = Line(0, list(tokens)).natural()
    if not breaks and natural[-1] + len(tokens[-1].text) <= WIDTH:
        return [Line(0, list(tokens))]
    arrow = next((number for number, token in enumerate(tokens) if token.kind == "if"), None)
    lines = _filled(tokens, seams, breaks)
    if arrow is None or arrow in breaks or tokens[arrow + 1].is_comment:
        return lines
    if not any(
        token is tokens[arrow] for token in lines[-1].tokens
    ):  # a body of several lines begins on its own
        lines = _filled(tokens, seams, breaks | {arrow})
    return lines


def _breaks(tokens: Sequence[Token], seams: Sequence[_Seam]) -> set[int]:
    """Return the tokens behind which the writer ended a line and may."""
    found: set[int] = set()
    for number in range(len(tokens) - 1):
        follows = tokens[number + 1]
        may = "comment" in (tokens[number].kind, follows.kind) or seams[number].rank > _NEVER
        if follows.own_line and may:
            found.add(number)
    return found


def _seams(tokens: Sequence[Token]) -> list[_Seam]:
    """Return what may happen behind each token."""
    seams: list[_Seam] = []
    opened: list[
        tuple[str, int, int]
    ] = []  # the bracket, the first token of the element, that of its condition
    conditional = False
    for number, token in enumerate(tokens):
        seam = _Seam(_NEVER)
        if token.kind == "comment":
            seam = seams[-1] if seams else seam
        elif token.text in ("(", "{", "["):
            opened.append((token.text, number + 1, -1))
        elif token.text in (")", "}", "]"):
            opened = opened[:-1]
        elif not opened:
            if token.kind == "if":
                seam, conditional = _Seam(_OUTER), False
            elif token.text == ":":
                conditional = True
            elif token.text == ";":
                seam, conditional = _Seam(_OUTER), False
            elif token.text == ",":
                seam = _Seam(_INNER if conditional else _OUTER)
        elif len(opened) == 1 and opened[0][0] == "{":
            _, element, condition = opened[0]
            if token.text == ":":
                opened[0] = ("{", element, number + 1)
            elif token.text == ";":
                seam = _Seam(_INNER, _first(tokens, opened[0][1]))
                opened[0] = ("{", element, -1)
            elif token.text == "," and condition >= 0:
                seam = _Seam(_INNER, condition)
        seams.append(seam)
    return seams


def _first(tokens: Sequence[Token], element: int) -> int:
    return element if element < len(tokens) else -1


def _filled(tokens: Sequence[Token], seams: Sequence[_Seam], breaks: set[int]) -> list[Line]:
    """Put the tokens on lines, ending one at each break and wherever the next piece does not fit."""
    lines = [Line(0)]
    placed: dict[int, int] = {}

    def put(start: int, stop: int) -> None:
        line = lines[-1]
        line.tokens.extend(tokens[start:stop])
        columns = line.natural()
        for number in range(start, stop):
            placed[number] = columns[len(columns) - (stop - number)]

    def begin(after: int) -> None:
        anchor = seams[after].anchor
        lines.append(Line(placed.get(anchor, INDENT) if anchor >= 0 else INDENT))

    def fits(start: int, stop: int) -> bool:
        line = Line(lines[-1].indent, [*lines[-1].tokens, *tokens[start:stop]])
        return line.natural()[-1] + len(line.tokens[-1].text) <= WIDTH

    def fill(start: int, stop: int, rank: int) -> None:
        for first, last in _pieces(seams, breaks, start, stop, rank):
            crowded = lines[-1].tokens and seams[first - 1].rank > _NEVER and not fits(first, last)
            if lines[-1].tokens and (first - 1 in breaks or crowded):
                begin(first - 1)
            if not fits(first, last) and rank > _INNER:
                fill(first, last, _INNER)
            else:
                put(first, last)

    fill(0, len(tokens), _OUTER)
    return lines


def _pieces(
    seams: Sequence[_Seam], breaks: set[int], start: int, stop: int, rank: int
) -> list[tuple[int, int]]:
    """Cut tokens at the seams of a rank or above, and at the breaks."""
    pieces: list[tuple[int, int]] = []
    first = start
    for number in range(start, stop):
        if number + 1 == stop or seams[number].rank >= rank or number in breaks:
            pieces.append((first, number + 1))
            first = number + 1
    return pieces
