"""A strict reader of JSON that remembers the line and column of every value and key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bylaw.errors import BylawError, Place, Problem
from bylaw.files.source import MAX_BYTES, read_text
from bylaw.files.yaml import MAX_DEPTH, MAX_DIGITS, Document, Loc

_SPACE = re.compile(r"[ \t\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_DECODER = json.JSONDecoder(strict=True)
_WORD = re.compile(r"[A-Za-z]+")


def read_json(path: Path, name: str, error: type[BylawError], max_bytes: int = MAX_BYTES) -> Document:
    """Read one JSON file: UTF-8, each key once, whole numbers and texts and lists and maps of them.

    Args:
        path: where the file is.
        name: how the reader named it; the places carry this name.
        error: what to raise.
        max_bytes: the most bytes the file may have.

    Raises:
        BylawError: of the class given; with the place of the first thing that is wrong.
    """
    return parse_json(read_text(path, name, error, max_bytes), name, error)


def parse_json(text: str, name: str, error: type[BylawError]) -> Document:
    """Read JSON from a text, as `read_json` does from a file.

    Raises:
        BylawError: of the class given; with the place of the first thing that is wrong.
    """
    reader = _Reader(text, name, error)
    data = reader.value(())
    reader.end()
    return Document(name, data, reader.values, reader.keys)


class _Reader:
    """Goes through a text once, from the first sign to the last."""

    def __init__(self, text: str, name: str, error: type[BylawError]) -> None:
        self.text = text
        self.name = name
        self.error = error
        self.position = 0
        self.values: dict[Loc, tuple[int, int]] = {}
        self.keys: dict[Loc, tuple[int, int]] = {}

    def at(self, position: int) -> tuple[int, int]:
        """Return the line and column of a position."""
        return self.text.count("\n", 0, position) + 1, position - self.text.rfind("\n", 0, position)

    def wrong(self, message: str, position: int | None = None, help: str | None = None) -> BylawError:
        """Return the error for what is wrong at a position, by default the one reached."""
        where = self.position if position is None else position
        if where >= len(self.text.rstrip()):
            message, help = "the file ends too early", "it was not written to its end: make it anew"
        return self.error(Problem(f"not valid JSON: {message}", Place(self.name, *self.at(where)), help))

    def next(self) -> str:
        """Return the next sign that is no space; empty at the end."""
        found = _SPACE.match(self.text, self.position)
        self.position = found.end() if found else self.position
        return self.text[self.position : self.position + 1]

    def end(self) -> None:
        """Refuse anything behind the value."""
        if self.next():
            raise self.wrong("something stands behind the end")

    def value(self, loc: Loc) -> Any:
        """Read a value."""
        sign = self.next()
        self.values[loc] = self.at(self.position)
        if len(loc) > MAX_DEPTH:
            raise self.wrong(f"nested more than {MAX_DEPTH} deep")
        if sign == "{":
            return self.mapping(loc)
        if sign == "[":
            return self.sequence(loc)
        if sign == '"':
            return self.string()
        number = _NUMBER.match(self.text, self.position)
        if number:
            if number[1] or number[2] or len(number[0]) > MAX_DIGITS:
                raise self.wrong(f"`{number[0][:40]}` is no whole number")
            self.position = number.end()
            return int(number[0])
        word = _WORD.match(self.text, self.position)
        if word and word[0] in _WORDS:
            self.position = word.end()
            return _WORDS[word[0]]
        raise self.wrong(f"`{word[0][:40] if word else sign}` is no value")

    def string(self) -> str:
        """Read a text in quotes."""
        start = self.position
        try:
            found, self.position = _DECODER.raw_decode(self.text, start)
        except json.JSONDecodeError as cause:
            open_end = cause.msg.startswith("Unterminated")
            message = "the quoted text is not closed" if open_end else "the quoted text cannot be read"
            raise self.wrong(message, start if open_end else cause.pos) from None
        if any("\ud800" <= character <= "\udfff" for character in found):
            raise self.wrong("the quoted text holds half a character", start)
        return str(found)

    def sequence(self, loc: Loc) -> list[Any]:
        """Read a list."""
        self.position += 1
        items: list[Any] = []
        if self.next() == "]":
            self.position += 1
            return items
        while True:
            items.append(self.value((*loc, len(items))))
            if self.separator("]"):
                return items

    def mapping(self, loc: Loc) -> dict[str, Any]:
        """Read a map."""
        self.position += 1
        found: dict[str, Any] = {}
        if self.next() == "}":
            self.position += 1
            return found
        while True:
            if self.next() != '"':
                raise self.wrong("a key in quotes is missing")
            start = self.position
            key = self.string()
            if key in found:
                first = self.keys[(*loc, key)][0]
                raise self.wrong(
                    f"key `{key}` stands twice; first on line {first}", start, "keep one of them"
                )
            self.keys[(*loc, key)] = self.at(start)
            if self.next() != ":":
                raise self.wrong("a `:` is missing after the key")
            self.position += 1
            found[key] = self.value((*loc, key))
            if self.separator("}"):
                return found

    def separator(self, close: str) -> bool:
        """Go past a comma, or past the end of a list or map and return that it is one."""
        sign = self.next()
        if sign not in (",", close) or not sign:
            raise self.wrong(f"a `,` or `{close}` is missing")
        self.position += 1
        return sign == close
