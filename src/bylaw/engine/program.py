"""A policy's rules as one program, with a companion for each rule that can conclude something.

The rules carry no bookkeeping. For a rule `h :- body` with the number 7 that derives a conclusion, the
program also holds `_by(7, h) :- body`, so the grounder itself tells which rules derived each conclusion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast

from bylaw.engine.symbols import fact_symbol
from bylaw.errors import Place, PolicyError, Problem
from bylaw.policy.model import Policy, Role, Rule
from bylaw.tables.terms import Fact

BY = "_by"
"""The predicate of the companions: `_by(RuleNumber, Conclusion)`."""

_MESSAGE = re.compile(r"<block>:(\d+):(\d+)(?:-[\d:]+)?: (error|info|warning): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class HeadAtom:
    """An atom that a rule may derive, with the conditions that stand beside it in a choice."""

    atom: ast.AST
    conditions: tuple[ast.AST, ...] = ()


def head_atoms(rule: Rule) -> list[HeadAtom]:
    """Return the atoms in the head of a rule, pools of terms taken apart."""
    head = rule.node.head
    found: list[HeadAtom] = []
    if head.ast_type == ast.ASTType.Literal:
        if head.atom.ast_type == ast.ASTType.SymbolicAtom:
            found.append(HeadAtom(head.atom.symbol))
    elif head.ast_type in (ast.ASTType.Aggregate, ast.ASTType.HeadAggregate):
        for element in head.elements:
            literal = element if head.ast_type == ast.ASTType.Aggregate else element.condition
            found.append(HeadAtom(literal.literal.atom.symbol, tuple(literal.condition)))
    return [
        HeadAtom(term, one.conditions)
        for one in found
        for term in (one.atom.arguments if one.atom.ast_type == ast.ASTType.Pool else [one.atom])
    ]


def companions(policy: Policy) -> str:
    """Return the companion rules of all rules that derive a conclusion or a finding."""
    reported = {p.name for p in policy.predicates.values() if p.role in (Role.CONCLUSION, Role.FINDING)}
    lines = []
    for rule in policy.encoding.rules:
        if not any(name in reported for name, _ in rule.heads):
            continue
        body = [str(literal) for literal in rule.node.body]
        for head in head_atoms(rule):
            needed = [*body, *(str(condition) for condition in head.conditions)]
            if rule.choice:
                needed.append(str(head.atom))
            lines.append(
                f"{BY}({rule.number},{head.atom})" + (f" :- {'; '.join(needed)}." if needed else ".")
            )
    return "\n".join(lines)


class Program:
    """The rules of a policy, ready to be grounded with facts.

    Args:
        policy: whose rules they are.
        readings: switches set otherwise than by default.
    """

    def __init__(self, policy: Policy, readings: Mapping[str, str] | None = None) -> None:
        self.policy = policy
        self._rules = policy.encoding.text
        self._companions = companions(policy)
        self._statements = [fact_symbol(fact) for fact in policy.statements(readings)]
        self._lines = _line_table(policy)

    def ground(self, facts: Iterable[Fact], *, attribute: bool = True) -> clingo.Control:
        """Ground the rules with the pack's own statements and the facts of one or more records.

        Args:
            facts: of the records.
            attribute: whether the companions are part of the program.

        Raises:
            PolicyError: if clingo refuses a rule or cannot compute a term of it.
        """
        messages: list[str] = []
        control = clingo.Control(
            ["--warn=no-atom-undefined"], logger=lambda _code, text: messages.append(text), message_limit=50
        )
        try:
            control.add("base", [], self._rules)
            if attribute:
                control.add("base", [], self._companions)
            add_facts(control, [*self._statements, *(fact_symbol(fact) for fact in facts)])
            control.ground([("base", [])])
        except RuntimeError as error:
            raise PolicyError(self._problems(messages or [str(error)])) from None
        if messages:
            raise PolicyError(self._problems(messages))
        return control

    def _problems(self, messages: Sequence[str]) -> list[Problem]:
        """Turn clingo's messages into problems with the place in the pack's own files."""
        problems: dict[tuple[str, str], Problem] = {}
        for message in messages:
            match = _MESSAGE.match(message.strip())
            if not match:
                problems.setdefault((message, ""), Problem(f"clingo refuses the rules: {message.strip()}"))
                continue
            line, column, text = int(match[1]), int(match[2]), match[4]
            place = None
            if line <= len(self._lines):
                file, line = self._lines[line - 1]
                place = Place(file, line, column)
            words, helps = _in_words(text)
            problems.setdefault((str(place), words), Problem(words, place, help=helps))
        return sorted(problems.values(), key=lambda p: (p.place or Place("")).__str__())


def add_facts(control: clingo.Control, atoms: Iterable[clingo.Symbol]) -> None:
    """State ground atoms as facts without a detour over text."""
    with control.backend() as backend:
        for atom in atoms:
            backend.add_rule([backend.add_atom(atom)])


def _line_table(policy: Policy) -> list[tuple[str, int]]:
    """Return, for each line of the whole program, its file and the line in it."""
    table: list[tuple[str, int]] = []
    for name, text in policy.encoding.files.items():
        count = text.count("\n") + (0 if text.endswith("\n") else 1)
        table.extend((f"{policy.folder}/{name}", number + 1) for number in range(count))
    return table


def _in_words(text: str) -> tuple[str, str | None]:
    """Say a message of clingo's in a sentence, with a help line where one is known."""
    first, _, rest = text.partition("\n")
    detail = " ".join(line.strip() for line in rest.splitlines() if line.strip())
    if first.startswith("unsafe variables"):
        names = re.findall(r"'(\w+)' is unsafe", text)
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
        return (
            f"the rule leaves {listed or 'a variable'} unbound",
            "each variable occurs in a condition without `not`, or is assigned by `=`",
        )
    if first.startswith("operation undefined"):
        return (
            f"a term cannot be computed: {detail or 'operation undefined'}",
            "arithmetic needs numbers, and a division a divisor other than 0",
        )
    if "integer overflow" in text or "overflow" in first:
        return (
            f"a number grows beyond 32 bits: {detail}",
            "keep units such that sums stay below 2,147,483,648",
        )
    return (f"{first.rstrip(':')}{': ' + detail if detail else ''}", None)
