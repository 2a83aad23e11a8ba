"""Rule files in house style, and proof that their rules are the same as before."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from bylaw.errors import Fault, PolicyError, Problem
from bylaw.files.source import decode, read_bytes
from bylaw.policy.encoding import RuleFile, read_rules
from bylaw.policy.layout.text import laid_out


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file of rules before and after.

    Args:
        name: as the reader named it.
        changed: whether its bytes are others.
    """

    path: Path
    name: str
    before: str
    after: str
    changed: bool

    def diff(self) -> list[str]:
        """Return what changes, as lines of a unified diff."""
        old, new = self.before.splitlines(), self.after.splitlines()
        return list(unified_diff(old, new, self.name, self.name, lineterm=""))


def format_file(path: Path, name: str) -> Formatted:
    """Lay out a file of rules; nothing is written.

    Args:
        name: how places name it.

    Raises:
        PolicyError: it cannot be read, or its text is none that a pack may hold.
        Fault: the rules would no longer be the same.
    """
    data = read_bytes(path, name)
    text = decode(data, name)
    after = format_text(text, name)
    return Formatted(path, name, text, after, after.encode() != data)


def format_text(text: str, name: str) -> str:
    """Return the text of a file of rules in house style.

    Raises:
        PolicyError: it is none that a pack may hold.
        Fault: the rules would no longer be the same.
    """
    before = _read(text, name)
    after = laid_out(text)
    if after != text and _meaning(_read(after, name)) != _meaning(before):
        raise Fault(Problem(f"laying out `{name}` would change its rules", None, "please report it"))
    return after


def _read(text: str, name: str) -> RuleFile:
    problems: list[Problem] = []
    read = read_rules(name, name, text, 0, problems, tagged=False)
    if read is None:
        raise PolicyError(problems)
    return read


def _meaning(read: RuleFile) -> object:
    """Return what a file says, whatever its layout: rules with tag and sentence, and what is shown."""
    rules = [(rule.source, rule.provisions, rule.comment) for rule in read.rules]
    return rules, [show[:2] for show in read.shows], [tag for tag, _ in read.tags]
