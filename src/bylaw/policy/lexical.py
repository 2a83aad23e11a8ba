"""Look at the characters of a rule file before clingo does, and refuse what must not reach it.

clingo follows `#include` while it parses, stops at characters it cannot decode and overflows on terms nested
too deep. So a file passes only if every character of it is understood here.
"""

from __future__ import annotations

import re
from itertools import islice

from bylaw.errors import Place, Problem
from bylaw.tables.cells import GREATEST

MAX_TOKENS = 2000
"""The most tokens of one statement; clingo's printer recurses over long terms."""

MAX_LINES = 50_000
"""The most lines of one file; a comment alone costs the reader more than its characters."""
MOST_PROBLEMS = 100
"""Problems of one file after which nobody reads on."""

_DIRECTIVES = frozenset({"#show", "#defined", "#program"})
_TERMS = frozenset({"#count", "#sum", "#sum+", "#min", "#max", "#true", "#false"})
_ENDS = frozenset({"#inf", "#infimum", "#sup", "#supremum"})
_ALLOWED = _DIRECTIVES | _TERMS | _ENDS
_REFUSED = {
    "#script": ("`#script` is not allowed in a pack", "a pack runs no code; derive it with rules"),
    "#include": ("`#include` is not allowed in a pack", "list the file under `rules` in policy.yaml"),
    "#external": ("`#external` is not allowed in a pack", "declare an input and a table for it"),
    "#theory": ("theories are not allowed in a pack", "rules are plain clingo"),
    "#const": ("`#const` is not allowed in a pack", "state the number as a limit in limits.yaml"),
    "#minimize": ("`#minimize` is not allowed in a pack", "rules derive what follows; they do not optimise"),
    "#minimise": ("`#minimise` is not allowed in a pack", "rules derive what follows; they do not optimise"),
    "#maximize": ("`#maximize` is not allowed in a pack", "rules derive what follows; they do not optimise"),
    "#maximise": ("`#maximise` is not allowed in a pack", "rules derive what follows; they do not optimise"),
    "#heuristic": ("`#heuristic` is not allowed in a pack", "take it out; it does not change what follows"),
    "#edge": ("`#edge` is not allowed in a pack", "derive what the edges would forbid as a finding"),
    "#project": ("`#project` is not allowed in a pack", "take it out; it does not change what follows"),
}
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What has letters appear in another order than that in which they stand."""
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\n]+)
    | (?P<block>%\*)
    | (?P<line>%[^\n]*)
    | (?P<string>"(?:[^"\\\n]|\\["\\n])*")
    | (?P<directive>\#[A-Za-z_]+\+?)
    | (?P<weak>:~)
    | (?P<external>@)
    | (?P<word>[_']*[A-Za-z][A-Za-z0-9_']*|_+)
    | (?P<number>0x[0-9A-Fa-f]+|0o[0-7]+|0b[01]+|[0-9]+)
    | (?P<dots>\.\.)
    | (?P<end>\.)
    | (?P<sign>:-|[-+*/\\^?&~|!=<>(){}\[\],;:$])
    """,
    re.VERBOSE,
)


def _small(number: str) -> bool:
    base = {"0x": 16, "0o": 8, "0b": 2}.get(number[:2], 10)
    return len(number) <= 40 and int(number[2:] if base != 10 else number, base) <= GREATEST


def scan(text: str, name: str) -> list[Problem]:
    """Return what stands in a rule file that clingo must not see.

    Args:
        text: the whole file.
        name: the file as the reader named it.
    """
    return _Scanner(text, name).problems


class _Scanner:
    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.problems: list[Problem] = []
        position = 0
        tokens = 0
        brackets = 0  # weights and priorities stand in brackets, of statements that are refused as such
        long_reported = False
        if text.count("\n") > MAX_LINES:
            at = Place(name, MAX_LINES + 1)
            self.problems.append(Problem(f"a file of more than {MAX_LINES:,} lines", at, "split it"))
            return
        for mark in islice(_REORDERING.finditer(text), MOST_PROBLEMS):
            message = f"U+{ord(mark[0]):04X}, which shows letters in another order than they stand in"
            self.report(mark.start(), message, "take it out; Arabic and Hebrew need none")
        while position < len(text) and len(self.problems) < MOST_PROBLEMS:
            found = _TOKEN.match(text, position)
            if found is None:
                self._report_character(position)
                return
            kind = found.lastgroup
            if kind == "block":
                end = text.find("*%", found.end())
                # clingo nests block comments and honours line comments in them: neither is needed.
                inner = text.find("%", found.end())
                if end < 0:
                    self.report(position, "the comment that starts here is not closed", "close it with `*%`")
                    return
                if inner < end:
                    self.report(inner, "a `%` inside a block comment", "use line comments instead")
                    return
                position = end + 2
                continue
            position = found.end()
            if kind in ("space", "line"):
                continue
            if kind == "end":
                tokens = 0
                long_reported = False
                continue
            tokens += 1
            brackets += {"[": 1, "]": -1}.get(found[0], 0)
            if tokens > MAX_TOKENS and not long_reported:
                long_reported = True
                self.report(found.start(), f"a statement of more than {MAX_TOKENS} words", "split it")
            if kind == "number" and not _small(found[0]):
                # clingo would take the last 32 bits for the number, without a word.
                self.report(found.start(), f"`{found[0][:30]}` is too large", f"numbers go to {GREATEST:,}")
            if kind == "directive" and not self._directive(found[0], found.start()):
                return
            if kind == "weak":
                self.report(
                    found.start(),
                    "weak constraints (`:~`) are not allowed in a pack",
                    "rules derive what follows; they do not optimise",
                )
            elif kind == "external" and not (brackets and self.problems):
                self.report(
                    found.start(), "external functions (`@`) are not allowed in a pack", "use rules only"
                )

    def _directive(self, word: str, position: int) -> bool:
        """Judge a `#` word; False where nothing after it can be read as rules."""
        plain = word if word in _ALLOWED else word.rstrip("+")
        if plain in _ALLOWED:
            return True
        message, help = _REFUSED.get(plain, (f"unknown statement `{plain}`", None))
        self.report(position, message, help)
        return plain not in ("#script", "#theory")

    def _report_character(self, position: int) -> None:
        char = self.text[position]
        if char == '"':
            self.report(
                position,
                "a text that is not closed or holds an unknown escape",
                'a text ends on its line; `\\"`, `\\\\` and `\\n` are its escapes',
            )
        elif char == "#":
            self.report(position, "a `#` that starts no statement", "write it without a space: `#show`")
        else:
            help = "only texts and comments hold characters beyond ASCII" if ord(char) > 126 else None
            self.report(position, f"character `{char}` cannot stand in a rule", help)

    def report(self, position: int, message: str, help: str | None = None) -> None:
        """Note a problem at a character."""
        line = self.text.count("\n", 0, position) + 1
        column = position - self.text.rfind("\n", 0, position)
        self.problems.append(Problem(message, Place(self.name, line, column), help))
