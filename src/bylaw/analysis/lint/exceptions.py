"""Exceptions that a pack states beside what it excepts, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bylaw.analysis.lint.findings import Finding
from bylaw.errors import Place
from bylaw.policy.encoding import RuleFile

_EXCEPTION = re.compile(r"[%#]!\s*(?P<codes>L\d{3}(?:\s*,\s*L\d{3})*)\s*:?\s*(?P<why>.*)")


def excepted(found: Sequence[Finding], text: str, read: RuleFile | None = None) -> list[Finding]:
    """Leave out what `%! L101: reason` excepts, in YAML `#! L101: reason`.

    In the comments that a file begins with it holds for the whole file; on a line of its own for what follows
    up to the next empty line; beside something for its line. One without a reason is a finding of its own.

    Args:
        found: the findings of one file.
        text: of the file.
        read: its rules, if it is a file of rules.
    """
    codes: set[str] = set()
    lines: set[tuple[str, int]] = set()
    kept: list[Finding] = []
    head = True
    whole = text.split("\n")
    for number, line in enumerate(whole, start=1):
        head = head and line.startswith(("%", "#"))
        exception = _EXCEPTION.search(line) if "%!" in line or "#!" in line else None
        if exception is None:
            continue
        named = re.split(r"\s*,\s*", exception["codes"])
        if not exception["why"].strip():
            place = Place(found[0].place.file if found else "", number, exception.start() + 1)
            place = Place(read.name, number, exception.start() + 1) if read is not None else place
            help = "write the code, a colon and the reason"
            kept.append(Finding("L002", "the exception does not say why", place, help))
        elif head:
            codes.update(named)
        else:
            last = number
            while line.lstrip().startswith(("%!", "#!")) and last < len(whole) and whole[last].strip():
                last += 1
            lines.update((code, one) for code in named for one in range(number, last + 1))
    return kept + [one for one in found if one.code not in codes and (one.code, one.place.line) not in lines]
