"""The tokens of a rule file, each with where it stands and the space that belongs before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\n]+)
    | (?P<block>%\*(?s:.*?)\*%)
    | (?P<comment>%[^\n]*)
    | (?P<string>"(?:[^"\\\n]|\\["\\n])*")
    | (?P<directive>\#[A-Za-z_]+\+?)
    | (?P<word>[_']*[A-Za-z][A-Za-z0-9_']*|_+)
    | (?P<number>0x[0-9A-Fa-f]+|0o[0-7]+|0b[01]+|[0-9]+)
    | (?P<if>:-)
    | (?P<relation><=|>=|!=|==|<|>|=)
    | (?P<arithmetic>\*\*|\.\.|[-+*/\\^?&~])
    | (?P<end>\.)
    | (?P<sign>.)
    """,
    re.VERBOSE,
)
_OPENING = frozenset({"(", "{", "[", ",", ";", ":", ":-", "not"})


@dataclass(slots=True)
class Token:
    """A word, sign or comment of a rule file.

    Args:
        kind: `word`, `number`, `string`, `directive`, `if`, `relation`, `arithmetic`, `sign`, `end`,
            `comment` or `block`, which is a comment between `%*` and `*%`.
        line: counted from 0.
        column: counted from 0, in characters.
        own_line: whether it is the first of its line.
        before: how many blanks stand before it on its line.
        gap: how many belong there.
        sticks: for an operator, whether it is written without blanks.
    """

    kind: str
    text: str
    line: int
    column: int
    own_line: bool
    before: int
    gap: int = 1
    sticks: bool = False

    @property
    def is_comment(self) -> bool:
        """Whether it is no part of a rule."""
        return self.kind in ("comment", "block")


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text that clingo can read, in their order."""
    tokens: list[Token] = []
    line = column = 0
    for found in _TOKEN.finditer(text):
        kind, what = found.lastgroup or "", found[0]
        if kind != "space":
            last = tokens[-1] if tokens else None
            end = _end(last) if last else (-1, 0)
            own = last is None or end[0] < line
            shown = what.rstrip() if kind == "comment" else what
            tokens.append(Token(kind, shown, line, column, own, column - (0 if own else end[1])))
        breaks = what.count("\n")
        line += breaks
        column = len(what) - what.rfind("\n") - 1 if breaks else column + len(what)
    _space(tokens)
    return tokens


def _end(token: Token) -> tuple[int, int]:
    """Return the line and column behind a token."""
    breaks = token.text.count("\n")
    if breaks:
        return token.line + breaks, len(token.text) - token.text.rfind("\n") - 1
    return token.line, token.column + len(token.text)


def _space(tokens: list[Token]) -> None:
    """Say of each token how much space belongs before it."""
    code = [token for token in tokens if not token.is_comment]
    bars = 0
    before: Token | None = None
    unary = closing = False
    for number, token in enumerate(code):
        last, last_unary, last_closing = before, unary, closing
        starts = last is None or last.kind in ("end", "arithmetic", "relation") or last.text in _OPENING
        starts = starts or (last is not None and last.text == "|" and not last_closing)
        unary = token.kind == "arithmetic" and (starts or token.text == "~")
        closing = False
        if token.text == "|":
            bars += 1
            closing = bars % 2 == 0
        if token.kind == "arithmetic" and not unary:
            after = code[number + 1] if number + 1 < len(code) else None
            token.sticks = not token.own_line and token.before == 0
            token.sticks &= after is not None and not after.own_line and after.before == 0
        token.gap = 0 if _close(last, last_unary, last_closing, token, closing) else 1
        if last is not None and last.kind == "end":
            token.gap = 2
            bars = 1 if token.text == "|" else 0
        before = token
    for one in tokens:
        if one.is_comment:
            one.gap = 2


def _close(last: Token | None, last_unary: bool, last_closing: bool, token: Token, closing: bool) -> bool:
    """Whether a token follows the one before it without a blank."""
    if last is None or token.text in (",", ";", ")", "]") or token.kind == "end" or closing:
        return True
    if last.text in ("(", "[") or last_unary or (last.text == "|" and not last_closing):
        return True
    if token.text in ("(", "["):
        return last.kind == "word" and last.text != "not"
    return token.sticks or last.sticks
