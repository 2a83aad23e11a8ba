"""A whole rule file in house style: its blocks, comments and tags, and the lines of its rules."""

from __future__ import annotations

from collections.abc import Sequence

from bylaw.policy.layout.columns import Line, written
from bylaw.policy.layout.statements import lines_of
from bylaw.policy.layout.tokens import Token, tokens_of


def laid_out(text: str) -> str:
    """Return a rule file in house style.

    Args:
        text: what clingo and the lexical check let pass.
    """
    return _Layout(text).text()


class _Layout:
    """Goes through the tokens of a file and collects its lines."""

    def __init__(self, text: str) -> None:
        self.source = text.split("\n")
        self.tokens = tokens_of(text)
        self.lines: list[Line] = []
        self.block = 0
        self.line = 0
        """The line of the source behind what was read."""

    def text(self) -> str:
        """Return the whole file."""
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.is_comment and token.own_line and self._alone(at):
                self._empty(token)
                self._comment(token)
                at += 1
                continue
            end = self._line_end(at)
            self._empty(token)
            self._statements(self.tokens[at:end])
            at = end
        self._sort_tags()
        texts = [
            line.rstrip() if self.lines[i].text is None else line
            for i, line in enumerate(written(self.lines))
        ]
        return "\n".join(texts) + "\n" if texts else ""

    def _alone(self, at: int) -> bool:
        """Whether nothing follows a comment on its last line."""
        return at + 1 == len(self.tokens) or self.tokens[at + 1].own_line

    def _line_end(self, at: int) -> int:
        """Return the token behind the statements that share lines with the one that begins here."""
        number = at
        while number < len(self.tokens):
            token = self.tokens[number]
            number += 1
            done = token.kind == "end" or token.is_comment
            if (
                done
                and self._ended(at, number)
                and (number == len(self.tokens) or self.tokens[number].own_line)
            ):
                return number
        return number

    def _ended(self, at: int, number: int) -> bool:
        code = [token for token in self.tokens[at:number] if not token.is_comment]
        return not code or code[-1].kind == "end"

    def _empty(self, token: Token) -> None:
        """Leave one line empty where the source has any, but for the top and below a tag."""
        if not self.lines:
            return
        last = self.lines[-1]
        below_tag = last.text is not None and last.text.startswith("%@")
        header = last.text is not None and last.text.startswith("%%%")
        section = token.text.startswith("% ---")
        begins = (header and not token.text.startswith(("%%%", "%!"))) or section
        if (token.line > self.line or begins) and not (below_tag and not section):
            self._add(Line(text=""))
            self.block += 1

    def _add(self, line: Line) -> None:
        line.block = self.block
        self.lines.append(line)

    def _comment(self, token: Token) -> None:
        self.block += 1
        for part in token.text.split("\n"):
            self._add(Line(text=part))
        self.block += 1
        self.line = token.line + token.text.count("\n") + 1

    def _statements(self, tokens: Sequence[Token]) -> None:
        """Add the lines of statements that share a line, or of one."""
        last = tokens[-1]
        end = last.line + last.text.count("\n") + 1
        statements = _split(tokens)
        if any(token.kind == "block" for token in tokens):
            for number in range(tokens[0].line, end):
                self._add(Line(text=self.source[number].rstrip()))
        elif len(statements) > 1 and end == tokens[0].line + 1:
            self._add(Line(0, list(tokens)))
        else:
            for statement in statements:
                for line in lines_of(statement):
                    self._add(line)
        self.line = end

    def _sort_tags(self) -> None:
        """Put each tag right above its rules, below the sentence that stands there."""
        number = 0
        while number < len(self.lines):
            if _starts(self.lines[number], "%@"):
                end = number + 1
                while end < len(self.lines) and _sentence(self.lines[end]):
                    end += 1
                if end > number + 1 and end < len(self.lines) and self.lines[end].text is None:
                    self.lines[number:end] = [*self.lines[number + 1 : end], self.lines[number]]
                number = end
            else:
                number += 1


def _starts(line: Line, sign: str) -> bool:
    return line.text is not None and line.text.startswith(sign)


def _sentence(line: Line) -> bool:
    """Whether a line is an ordinary comment that may stand above a tag."""
    return _starts(line, "% ") and not _starts(line, "% ---")


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut tokens into statements; a comment behind one belongs to it."""
    statements: list[list[Token]] = []
    ended = True
    for token in tokens:
        if ended and not (token.is_comment and statements):
            statements.append([])
        ended = token.kind == "end" or (ended and token.is_comment)
        statements[-1].append(token)
    return statements
