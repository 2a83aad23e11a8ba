"""Read YAML strictly into plain data, remembering the line and column of every value and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bylaw.errors import BylawError, Place, PolicyError, Problem
from bylaw.files.source import MAX_BYTES, read_text

Loc = tuple[str | int, ...]
"""Where a value stands in a document: the keys and positions that lead to it."""

MAX_DEPTH = 64
MAX_DIGITS = 100
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its data and the place of everything in it.

    Args:
        name: the file as the reader named it.
        data: dicts, lists, texts, whole numbers, truth values and None.
    """

    name: str
    data: Any
    _values: dict[Loc, tuple[int, int]] = field(default_factory=dict, repr=False)
    _keys: dict[Loc, tuple[int, int]] = field(default_factory=dict, repr=False)

    def place(self, loc: Loc = ()) -> Place:
        """Return where a value stands, or the nearest value that contains it."""
        for end in range(len(loc), -1, -1):
            found = self._values.get(loc[:end])
            if found:
                return Place(self.name, *found)
        return Place(self.name)

    def key_place(self, loc: Loc) -> Place:
        """Return where the key of a value stands; for an item of a list, where the item stands."""
        found = self._keys.get(loc)
        return Place(self.name, *found) if found else self.place(loc)


def read_yaml(
    path: Path, name: str, error: type[BylawError] = PolicyError, max_bytes: int = MAX_BYTES
) -> Document:
    """Read one YAML file.

    Keys are text. A plain scalar is a whole number, a truth value or nothing only if it is written as one;
    all else is text.

    Args:
        path: where the file is.
        name: how the reader named it; the places carry this name.
        error: what to raise.
        max_bytes: the most bytes the file may have.

    Raises:
        BylawError: of the class given, with every problem that can be told.
    """
    return parse_yaml(read_text(path, name, error, max_bytes), name, error)


def parse_yaml(text: str, name: str, error: type[BylawError] = PolicyError) -> Document:
    """Read YAML from a text, as `read_yaml` does from a file.

    Raises:
        BylawError: of the class given, with every problem that can be told.
    """
    try:
        return _Composer(name, error, yaml.parse(text, Loader=_FAST)).document()
    except yaml.YAMLError:
        pass  # libyaml and PyYAML word their errors differently: the slower one words them all
    composer = _Composer(name, error, yaml.parse(text, Loader=yaml.SafeLoader))
    try:
        return composer.document()
    except yaml.YAMLError as cause:
        composer.problems.append(_syntax_problem(cause, name, text))
        raise error(composer.problems) from None


class _Composer:
    """Builds plain data from parser events, collecting problems on the way."""

    def __init__(self, name: str, error: type[BylawError], events: Iterator[yaml.Event]) -> None:
        self.name = name
        self.error = error
        self.events = events
        self.problems: list[Problem] = []
        self.values: dict[Loc, tuple[int, int]] = {}
        self.keys: dict[Loc, tuple[int, int]] = {}

    def document(self) -> Document:
        """Return the one document of the file."""
        data: Any = None
        documents = 0
        self.values[()] = (1, 1)
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.report("a file holds one document", event, "remove the line `---`")
                    break
                if event.version or event.tags:
                    self.report("directives such as `%YAML` are not read", event, "remove the line")
            elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                data = self.value(event, ())
        if self.problems:
            raise self.error(sorted(self.problems, key=lambda problem: problem.place or Place(self.name)))
        return Document(self.name, data, self.values, self.keys)

    def report(self, message: str, event: yaml.Event, help: str | None = None) -> None:
        """Note a problem at an event."""
        self.problems.append(Problem(message, Place(self.name, *_at(event)), help))

    def value(self, event: yaml.Event, loc: Loc) -> Any:
        """Build the value that starts with an event."""
        self.values[loc] = _at(event)
        if isinstance(event, yaml.AliasEvent):
            self.report(f"aliases are not read: `*{event.anchor}`", event, "write the value out")
            return None
        self.refuse_properties(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(loc) >= MAX_DEPTH:
            self.report(f"nested more than {MAX_DEPTH} deep", event)
            raise self.error(self.problems)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(loc)
        return self.mapping(loc)

    def refuse_properties(self, event: yaml.Event) -> None:
        """Report an anchor or a tag."""
        anchor = getattr(event, "anchor", None)
        if anchor:
            self.report(f"anchors are not read: `&{anchor}`", event, "remove it and write each value out")
        tag = getattr(event, "tag", None)
        if tag:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self.report(f"tags are not read: `{shown}`", event, "remove it; quote a value to make it text")

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        """Return what a scalar stands for."""
        text = str(event.value)
        if event.style or event.tag:
            return text
        if text in ("", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _NUMBER.fullmatch(text):
            if len(text) > MAX_DIGITS:
                self.report(f"a number of more than {MAX_DIGITS} digits", event, "quote it if it is text")
                return 0
            return int(text)
        return text

    def sequence(self, loc: Loc) -> list[Any]:
        """Build a list, up to its end event."""
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.value(event, (*loc, len(items))))
        return items

    def mapping(self, loc: Loc) -> dict[str, Any]:
        """Build a map, up to its end event; of two equal keys the first counts."""
        found: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.key(event)
            if key is None:
                self.skip()
                continue
            here = (*loc, key)
            if key in found:
                first = self.keys[here][0]
                self.report(f"key `{key}` stands twice; first on line {first}", event, "keep one of them")
                self.skip()
                continue
            self.keys[here] = _at(event)
            found[key] = self.value(next(self.events), here)
        return found

    def key(self, event: yaml.Event) -> str | None:
        """Return the text of a key, or report why it is none."""
        if isinstance(event, yaml.AliasEvent):
            self.report(f"aliases are not read: `*{event.anchor}`", event, "write the key out")
            return None
        self.refuse_properties(event)
        if not isinstance(event, yaml.ScalarEvent):
            self.report("a key is text", event, "quote the key if it starts with `[` or `{`")
            self.skip(event)
            return None
        plain = not event.style
        if plain and event.value == "<<":
            self.report("merge keys are not read: `<<`", event, "write the keys out")
            return None
        if plain and event.value == "":
            self.report("a key is missing before `:`", event)
            return None
        return str(event.value)

    def skip(self, event: yaml.Event | None = None) -> None:
        """Pass over one value."""
        event = event or next(self.events)
        depth = 0
        while True:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    self.report(f"nested more than {MAX_DEPTH} deep", event)
                    raise self.error(self.problems)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth == 0:
                return
            event = next(self.events)


def _at(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.start_mark
    return mark.line + 1, mark.column + 1


_WORDINGS: tuple[tuple[str, str, str | None], ...] = (
    (
        r"mapping values are not allowed here",
        "a `:` where none can stand",
        "check the indentation; quote a text that contains `: `",
    ),
    (r"could not find expected ':'", "a `:` is missing after the key {context}", None),
    (r"found unexpected end of stream", "the quoted text {context} is not closed", None),
    (r"found character '\\t' that cannot start any token", "a tab in the indentation", "indent with spaces"),
    (
        r"found character '(.)' that cannot start any token",
        "a value cannot start with `{0}`",
        "put the value in quotes",
    ),
    (
        r"expected <block end>, but found .*",
        "this does not fit the block {context} on",
        "check the indentation and the quotes",
    ),
    (
        r"expected ',' or '([\]}])', but got .*",
        "a `,` or `{0}` is missing in the brackets {context} on",
        None,
    ),
    (
        r"expected the node content, but found '(.*)'",
        "a value is missing before `{0}`",
        "close every bracket; quote a text that starts with a bracket",
    ),
    (r"sequence entries are not allowed here", "a `-` where none can stand", "check the indentation"),
    (r"found unknown escape character '(.)'", "`\\{0}` means nothing in double quotes", "use single quotes"),
)


def _syntax_problem(cause: yaml.YAMLError, name: str, text: str) -> Problem:
    """Word an error of the parser for somebody who does not know its grammar."""
    mark = getattr(cause, "problem_mark", None)
    raw = str(getattr(cause, "problem", None) or "the file cannot be read")
    context_mark = getattr(cause, "context_mark", None)
    context = f"from line {context_mark.line + 1}" if context_mark else "here"
    message, help = f"not valid YAML: {raw}", None
    for pattern, wording, hint in _WORDINGS:
        found = re.fullmatch(pattern, raw)
        if found:
            message = "not valid YAML: " + wording.format(*found.groups(), context=context).replace(
                "`<stream end>`", "the end of the file"
            )
            help = hint
            break
    if mark is None:
        return Problem(message, Place(name), help)
    line = min(mark.line + 1, text.count("\n") + 1)
    return Problem(message, Place(name, line, mark.column + 1), help)
