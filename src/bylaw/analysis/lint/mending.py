"""Mend what the linter can: each file written whole or not at all, and laid out anew where it has to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bylaw.analysis.formatting import format_text
from bylaw.analysis.lint.findings import Edit, Finding
from bylaw.files.atomic import write_text


def mend(findings: Sequence[Finding]) -> list[Finding]:
    """Apply the edits of findings to their files.

    Returns:
        Those that are mended.

    Raises:
        OSError: a file cannot be written; it is as it was.
    """
    mended: list[Finding] = []
    edits = [one for one in findings if one.edit is not None]
    for path in dict.fromkeys(one.edit.path for one in edits if one.edit):
        own = [one for one in edits if one.edit and one.edit.path == path]
        text = path.read_text(encoding="utf-8")
        after = _applied(text, [one.edit for one in own if one.edit and one.edit.text is not None])
        if any(one.edit and one.edit.text is None for one in own):
            after = format_text(after, str(path))
        if after != text:
            write_text(Path(path), after)
        mended += own
    return mended


def _applied(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits, from the last to the first, so that none moves another."""
    lines = [line.encode() for line in text.split("\n")]
    for edit in sorted(set(edits), key=lambda one: (one.line, one.start), reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + (edit.text or "").encode() + line[edit.end :]
    return "\n".join(_tidy(line.decode(), lines[n + 1 : n + 2]) for n, line in enumerate(lines))


def _tidy(line: str, below: Sequence[bytes]) -> str:
    """Take the comma off the end of a list in the head of a file, where nothing follows it any more."""
    if not line.startswith("%%%"):
        return line
    goes_on = any(other.startswith(b"%%%   ") for other in below)
    return line.rstrip() if goes_on else line.rstrip().removesuffix(",")
