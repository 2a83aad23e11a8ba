"""The lines above rules: their sentences, and what the head of a file says that it uses and gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bylaw.analysis.lint.findings import Edit, Finding, Source
from bylaw.errors import Place

_LISTED = re.compile(r"(?P<name>[a-z_][A-Za-z0-9_]*)/(?P<arity>\d+)")
_HEADING = re.compile(r"%%%\s*(?P<key>Uses|Gives)\b")
_TAG = "%@"
_WAIVED = re.compile(r"%@\s*none\b")
_SECTION = re.compile(r"% --- .*:\s*\S")


def sentences(source: Source) -> Iterator[Finding]:
    """Yield the first rule below each tag that has no sentence.

    The sentence stands above the tag or between it and the rule, or above an earlier tag of the same block,
    which has no empty line in it. A heading that goes on behind a colon is one too, as is the reason of a
    block without provision. What follows under the same tag needs none of its own.
    """
    told: set[int] = set()
    lines = source.read.text.split("\n")
    for rule in source.read.rules:
        tag = next((n for n in range(rule.line - 1, 0, -1) if lines[n - 1].startswith(_TAG)), None)
        if tag is None or tag in told:
            continue
        told.add(tag)
        first = tag
        while first > 1 and lines[first - 2].strip():
            first -= 1
        above = lines[first - 1 : rule.line - 1]
        section = lines[first - 3] if first > 2 else ""
        if not (any(map(_says, above)) or _SECTION.match(section)):
            place = source.read.at(rule.line, rule.node.location.begin.column)
            help = "restate in a comment above the tag what the provision says"
            yield Finding("L105", "the rule has no sentence above it", place, help)


def _says(line: str) -> bool:
    """Whether a line above a rule tells something of it."""
    if line.startswith("% ---"):
        return bool(_SECTION.match(line))
    ordinary = line.startswith("%") and not line.startswith(("%%", _TAG, "%!", "%*"))
    return (ordinary and bool(line.strip("% "))) or bool(_WAIVED.match(line))


def headings(source: Source) -> Iterator[Finding]:
    """Yield what `%%% Uses` and `%%% Gives` list and the rules do not use or give."""
    read = source.read
    used = {(one.atom.name, one.atom.arity) for bodies in read.bodies.values() for one in bodies}
    given = {head for rule in read.rules for head in rule.heads}
    key = ""
    for number, line in enumerate(read.text.split("\n"), start=1):
        if not line.startswith("%%%"):
            break
        heading = _HEADING.match(line)
        if heading:
            key = heading["key"]
        elif not line.removeprefix("%%%").startswith("   "):
            key = ""
        if not key:
            continue
        for found in _LISTED.finditer(line):
            one = (found["name"], int(found["arity"]))
            if one in (used if key == "Uses" else given):
                continue
            near = dict(used if key == "Uses" else given).get(one[0])
            verb = "uses" if key == "Uses" else "gives"
            message = f"`{key}` lists `{found[0]}`, which no rule of the file {verb}"
            help = f"write `{one[0]}/{near}`" if near is not None else "take it out of the line"
            edit = _corrected(source, number, line, found, near)
            yield Finding("L106", message, Place(read.name, number, found.start() + 1), help, edit)


def _corrected(source: Source, number: int, line: str, found: re.Match[str], near: int | None) -> Edit | None:
    """Return the edit that corrects the number of arguments, or takes the name out of its list."""

    def at(column: int) -> int:
        return len(line[:column].encode())

    if near is not None:
        return Edit(source.path, number, at(found.start()), at(found.end()), f"{found['name']}/{near}")
    after = re.match(r",[ ]?", line[found.end() :])
    if after:
        return Edit(source.path, number, at(found.start()), at(found.end() + len(after[0])), "")
    before = re.search(r",[ ]*$", line[: found.start()])
    if before:
        return Edit(source.path, number, at(before.start()), at(found.end()), "")
    return None
