"""Lines of text on a terminal: escaped, wrapped to its width, coloured where it shows colours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PLAIN_WIDTH = 100
"""Columns where the output is no terminal."""
NARROWEST = 40
NO_BREAK = "\u00a0"
"""A space at which a line does not wrap; it is printed as a plain one."""
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    """Make a text from a record safe to print: what would steer a terminal is written out instead."""
    return _UNSAFE.sub(lambda found: _SHORT.get(found[0]) or _written(ord(found[0])), text)


def steering(text: str) -> str:
    """Write what would steer a terminal as JSON escapes, but for the ends of lines."""
    return _UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _written(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    taken = 0
    for character in text:
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return taken


@dataclass(frozen=True, slots=True)
class Part:
    """A run of text in one style.

    Args:
        style: as Rich names it: "bold", "dim", "red"; empty for plain.
        glue: whether it stays on a line as a whole.
    """

    text: str
    style: str = ""
    glue: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a page.

    Args:
        parts: runs of text, one after another.
        indent: columns before it.
        mark: what stands before the text, such as "1."; wrapped lines align behind it.
        mark_style: the style of the mark.
        hang: further columns before wrapped lines.
    """

    parts: tuple[Part, ...] = ()
    indent: int = 0
    mark: str = ""
    mark_style: str = ""
    hang: int = 0


def line(text: str = "", style: str = "", *, indent: int = 0, mark: str = "", hang: int = 0) -> Line:
    """Make a line of one style."""
    return Line((Part(text, style),) if text else (), indent, mark, "", hang)


def render(lines: Iterable[Line], width: int = PLAIN_WIDTH, colour: bool = False) -> Iterator[str]:
    """Yield the printed lines of a page, each without its line end.

    Args:
        lines: paragraphs; one without parts is an empty line.
        width: columns to wrap to.
        colour: whether to style them with terminal codes.
    """
    paint = _painter() if colour else _plain
    for one in lines:
        yield from _wrapped(one, max(width, NARROWEST), paint)


def _wrapped(one: Line, width: int, paint: Paint) -> Iterator[str]:
    lead = " " * one.indent
    if one.mark:
        lead += paint(escape(one.mark), one.mark_style) + " "
    first = one.indent + (columns(escape(one.mark)) + 1 if one.mark else 0)
    rest = min(first + one.hang, width // 2)
    room = max(width, first + 20)
    printed, used, fresh = lead, first, True
    for spaced, cluster in _clusters(one.parts):
        size = sum(columns(word) for word, _ in cluster)
        if not fresh and used + spaced + size > room:
            yield printed.rstrip()
            printed, used, fresh = " " * rest, rest, True
        if not fresh and spaced:
            printed += " " * spaced
            used += spaced
        printed += "".join(paint(word.replace(NO_BREAK, " "), style) for word, style in cluster)
        used += size
        fresh = False
    yield printed.rstrip()


def _clusters(parts: Iterable[Part]) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Yield what stays on one line: the spaces before it, and its words with their styles."""
    before, cluster = 0, list[tuple[str, str]]()
    for word, style, spaced in _words(parts):
        if cluster and spaced:
            yield before, cluster
            before, cluster = spaced, []
        elif not cluster:
            before = spaced
        cluster.append((word, style))
    if cluster:
        yield before, cluster


def _words(parts: Iterable[Part]) -> Iterator[tuple[str, str, int]]:
    """Yield (word, style, how many spaces stand before it)."""
    spaced = 0
    for part in parts:
        text = escape(part.text)
        if part.glue:
            spaced = max(spaced, len(text) - len(text.lstrip(" ")))
            if text.strip(" "):
                yield text.strip(" "), part.style, spaced
            spaced = int(text.endswith(" "))
            continue
        for piece in re.findall(r" +|[^ ]+", text):
            if piece.startswith(" "):
                spaced = max(spaced, 1)
            else:
                yield piece, part.style, spaced
                spaced = 0


class Paint:
    """Puts a style on a text."""

    def __call__(self, text: str, style: str) -> str:
        """Return the text as it is."""
        del style
        return text


_plain = Paint()


class _RichPaint(Paint):
    """Puts terminal codes around a text, as Rich renders a style."""

    def __init__(self) -> None:
        from rich.style import Style

        self._parse = Style.parse

    def __call__(self, text: str, style: str) -> str:
        return self._parse(style).render(text) if style else text


def _painter() -> Paint:
    return _RichPaint()
