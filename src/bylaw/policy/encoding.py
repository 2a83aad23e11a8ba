"""Read the rules of a pack through clingo's syntax tree, each with its tag, comment and head."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from clingo import ast
from clingo.ast import AST, ASTType, Sign

from bylaw.errors import Place, Problem
from bylaw.policy.lexical import scan
from bylaw.policy.model import Encoding, Rule, Shape
from bylaw.policy.syntax import (
    Atom,
    Occurrence,
    atoms_of,
    atoms_of_head,
    bodies_of,
    conditions_of,
    constant_of,
    fixed_of,
    is_choice,
    variable_of,
)

_MESSAGE = re.compile(r"<string>:(\d+):(\d+)(?:-[\d:]+)?: (?:error|warning|info): (.*)", re.DOTALL)
_TAG = re.compile(r"%@\s*(.*?)\s*")
_UNTAGGED = re.compile(r"none\b\s*:?\s*(.*)")


@dataclass(slots=True)
class RuleFile:
    """What one file of rules holds.

    Args:
        file: relative to the pack.
        name: as the reader names it, for places.
        shows: the (name, arity) of each `#show`, and where it stands.
        bodies: the atoms in the body of each rule, by its number.
    """

    file: str
    name: str
    text: str
    rules: list[Rule] = field(default_factory=list)
    shows: list[tuple[str, int, Place]] = field(default_factory=list)
    tags: list[tuple[str, Place]] = field(default_factory=list)
    terms: list[AST] = field(default_factory=list)
    bodies: dict[int, list[Occurrence]] = field(default_factory=dict)

    def place(self, node: AST) -> Place:
        """Return where a node of the syntax tree starts."""
        begin = node.location.begin
        return self.at(begin.line, begin.column)

    def at(self, line: int, column: int) -> Place:
        """Return a place; clingo counts columns in bytes, people in characters."""
        lines = self.text.split("\n")
        if 0 < line <= len(lines):
            before = lines[line - 1].encode()[: column - 1]
            column = len(before.decode(errors="ignore")) + 1
        return Place(self.name, line, column)


def read_rules(
    file: str, name: str, text: str, number: int, problems: list[Problem], *, tagged: bool = True
) -> RuleFile | None:
    """Read one file of rules.

    Args:
        file: relative to the pack.
        name: how places name it.
        text: all of it.
        number: the number of its first rule.
        tagged: whether each rule has to stand under a tag.

    Returns:
        None, with the problems noted, if clingo must not see the text or cannot parse it.
    """
    found = scan(text, name)
    if found:
        problems.extend(found)
        return None
    read = RuleFile(file, name, text)
    nodes = _parse(read, problems)
    if nodes is None:
        return None
    _Reader(read, nodes, number, problems, tagged).read()
    return read


def build(files: Sequence[RuleFile]) -> Encoding:
    """Put the files of a pack together, in the order of the manifest."""
    texts = {read.file: read.text for read in files}
    rules = tuple(rule for read in files for rule in read.rules)
    whole = "".join(text if text.endswith("\n") else f"{text}\n" for text in texts.values())
    return Encoding(rules, whole, texts, _dependencies(rules))


def _switches(rule: AST) -> Iterator[tuple[str, str]]:
    """Yield the readings that a rule asks for by name and alternative; a pool leaves a choice."""
    for literal in rule.body:
        if literal.ast_type != ASTType.Literal or literal.sign != Sign.NoSign:
            continue
        atoms = atoms_of(literal)
        if len(atoms) == 1 and atoms[0].name == "reading" and len(atoms[0].args) == 2:
            name, value = (constant_of(term) for term in atoms[0].args)
            if name and value:
                yield name, value


def _shape(alternatives: Sequence[Atom]) -> Shape:
    """Return an atom as a rule writes it; of alternatives, only what they have in common."""
    columns = list(zip(*(atom.args for atom in alternatives), strict=True))
    fixed = [{fixed_of(term) for term in terms} for terms in columns]
    variables = [{variable_of(term) or "" for term in terms} for terms in columns]
    return Shape(
        alternatives[0].name,
        tuple(next(iter(told)) if len(told) == 1 else None for told in fixed),
        tuple(next(iter(told)) if len(told) == 1 else "" for told in variables),
    )


def _dependencies(rules: Sequence[Rule]) -> Mapping[str, frozenset[str]]:
    depends: dict[str, set[str]] = {}
    for rule in rules:
        for head, _ in rule.heads:
            depends.setdefault(head, set()).update(rule.uses)
    return {name: frozenset(needed) for name, needed in depends.items()}


def _parse(read: RuleFile, problems: list[Problem]) -> list[AST] | None:
    """Return the statements and comments of a file in the order in which they stand."""
    messages: list[str] = []
    nodes: list[AST] = []
    try:
        ast.parse_string(
            read.text, nodes.append, logger=lambda _code, text: messages.append(text), message_limit=50
        )
    except RuntimeError as cause:
        messages = messages or [str(cause)]
    for message in messages:
        match = _MESSAGE.match(message.strip())
        if match is None:
            problems.append(Problem(f"clingo cannot read the file: {message.strip()}", Place(read.name)))
            continue
        words = " ".join(match[3].split()).removeprefix("syntax error, ").removeprefix("lexer error, ")
        words = words.replace('"', "`")
        help = None
        if "unexpected EOF" in words:
            words, help = "the last statement is not finished", "a statement ends with `.`"
        problems.append(
            Problem(f"not a rule of clingo: {words}", read.at(int(match[1]), int(match[2])), help)
        )
    if messages:
        return None
    return sorted(nodes, key=lambda node: (node.location.begin.line, node.location.begin.column))


class _Reader:
    """Goes through a file from top to bottom with the tag that holds."""

    def __init__(
        self, read: RuleFile, nodes: list[AST], number: int, problems: list[Problem], tagged: bool
    ) -> None:
        self.file = read
        self.nodes = nodes
        self.number = number
        self.problems = problems
        self.tag: tuple[str, ...] | None = None if tagged else ()
        self.comments: dict[int, str] = {}
        self.busy_until = (0, 0)
        self.tagged_lines: set[int] = set()

    def read(self) -> None:
        """Fill the file's rules, shows and tags."""
        for node in self.nodes:
            kind = node.ast_type
            if kind == ASTType.Comment:
                self.comment(node)
                continue
            begin, end = node.location.begin, node.location.end
            if (begin.line, begin.column) != (
                end.line,
                end.column,
            ):  # the implied `#program base.` is nowhere
                self.busy_until = max(self.busy_until, (end.line, end.column))
            if kind == ASTType.Rule:
                self.rule(node)
            elif kind == ASTType.ShowSignature:
                if node.name:
                    self.file.shows.append((node.name, node.arity, self.file.place(node)))
                else:
                    self.report(node, "`#show.` hides what the pack declares", "take it out")
            elif kind == ASTType.ShowTerm:
                self.report(node, "`#show` of a term is not allowed in a pack", "write `#show name/arity.`")
            elif kind == ASTType.Program:
                if node.name != "base" or node.parameters:
                    help = "only `#program base.` is read"
                    self.report(node, f"`#program {node.name}` is not allowed in a pack", help)
            elif kind != ASTType.Defined:
                self.report(node, f"this statement is not allowed in a pack: `{str(node)[:60]}`")

    def report(self, node: AST, message: str, help: str | None = None, code: str = "") -> None:
        """Note a problem at a node."""
        self.problems.append(Problem(message, self.file.place(node), help, code=code))

    def comment(self, node: AST) -> None:
        """Take a tag, or keep a comment for the rule below it."""
        text = str(node.value)
        begin = node.location.begin
        beside = (begin.line, begin.column) < self.busy_until or begin.line == self.busy_until[0]
        if not text.startswith("%@"):
            if not (text.startswith("%*") or beside):
                self.comments[begin.line] = text
            return
        if beside:
            self.report(node, "a tag stands on a line of its own, above its rules", code="L010")
            return
        self.tagged_lines.add(begin.line)
        words = _TAG.fullmatch(text.rstrip("\n"))
        content = words[1] if words else ""
        untagged = _UNTAGGED.fullmatch(content)
        self.tag = ()
        if untagged:
            if not untagged[1]:
                self.report(
                    node, "the tag `none` does not say why", "write `%@ none: ` and the reason", "L010"
                )
            return
        ids = [part.strip() for part in content.split(",")]
        if not all(ids):
            self.report(
                node, "the tag names no provision", "write `%@ 14.A.2` or `%@ none: ` and the reason", "L010"
            )
        self.tag = tuple(dict.fromkeys(part for part in ids if part))
        self.file.tags.extend((part, self.file.place(node)) for part in self.tag)

    def rule(self, node: AST) -> None:
        """Keep a rule with what stands above it."""
        if self.tag is None:
            help = "write `%@ ` and the provision above it, or `%@ none: ` and the reason"
            self.report(node, "the rule has no tag", help, "L010")
        line = node.location.begin.line
        heads = dict.fromkeys((atom.name, atom.arity) for atom in atoms_of_head(node))
        number = self.number + len(self.file.rules)
        body = self.file.bodies[number] = bodies_of(node)
        self.file.rules.append(
            Rule(
                number=number,
                file=self.file.file,
                line=line,
                provisions=self.tag or (),
                source=str(node),
                comment=self.sentence(line - 1),
                tree=node,
                heads=tuple(heads),
                choice=is_choice(node),
                uses=tuple(dict.fromkeys(one.atom.name for one in body)),
                switches=tuple(dict.fromkeys(_switches(node))),
                conditions=tuple(map(_shape, conditions_of(node))),
                derives=tuple(_shape([atom]) for atom in atoms_of_head(node)),
            )
        )

    def sentence(self, line: int) -> str:
        """Return the ordinary comment that ends on a line; a tag may stand between."""
        found: list[str] = []
        while line in self.comments or line in self.tagged_lines:
            text = self.comments.get(line)
            if text is not None:
                if text.startswith("%%"):
                    break
                text = "" if text.startswith("%!") else text
                found.append(text.removeprefix("%").strip())
            line -= 1
        return " ".join(part for part in reversed(found) if part)
