"""A finding of the linter, its code, and the change that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bylaw.errors import Place
from bylaw.policy.encoding import RuleFile

OTHER = "L001"
"""The code of what keeps a pack from loading and has no code of its own."""

CODES: Mapping[str, str] = {
    OTHER: "the pack does not load",
    "L002": "an exception without a reason",
    "L010": "a rule without a tag",
    "L011": "a tag without its provision",
    "L012": "a predicate that the vocabulary does not have",
    "L013": "a limit, reading or alternative that the pack does not have",
    "L014": "an encoded provision that nothing states",
    "L015": "a limit that nothing uses",
    "L016": "a reading or alternative that no rule asks for",
    "L017": "a predicate that nothing gives",
    "L018": "rules that are not stratified",
    "L019": "a rule that clingo refuses, such as an unsafe one",
    "L020": "a term of another type",
    "L101": "a number in a rule",
    "L102": "an aggregate without a key",
    "L103": "a variable that stands once",
    "L104": "a predicate that nothing asks for",
    "L105": "a rule without a sentence",
    "L106": "`Uses` or `Gives` that the file contradicts",
    "L107": "a conclusion without a sentence for its absence",
    "L108": "an outcome of which one side is never derived",
    "L109": "a file in another layout",
}
"""Every code, in a few words; docs/reference/lint.md has the whole of each."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one place of a file.

    Args:
        line: counted from 1; the columns are counted from 0, in bytes.
        text: what comes in the place of what stands there; None for the layout of the whole file.
    """

    path: Path
    line: int
    start: int
    end: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the linter found.

    Args:
        message: in lower case, without a full stop.
        help: how to mend it.
        edit: what mends it, where that is safe.
    """

    code: str
    message: str
    place: Place
    help: str | None = None
    edit: Edit | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rules as the linter looks at it.

    Args:
        law: whether it states the text: rules, choices and the rules of amendments do, actions and the
            generator do not.
    """

    read: RuleFile
    path: Path
    law: bool


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Sort findings by file, line, column and code, each once."""
    return sorted(
        dict.fromkeys(findings),
        key=lambda f: (f.place.file, f.place.line or 0, f.place.column or 0, f.code, f.message),
    )
