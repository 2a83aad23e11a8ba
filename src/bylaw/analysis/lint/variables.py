"""Variables that stand once in a rule, where `_` is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bylaw.analysis.lint.findings import Edit, Finding, Source
from bylaw.policy.syntax import bodies_of, members, nodes_of, variable_of


def singletons(source: Source) -> Iterator[Finding]:
    """Yield the variables of a file that stand once; those whose name begins with `_` say so themselves.

    In rules of the text each value of a variable is a reason of its own, and of `_` one is enough. Which is
    meant the linter cannot tell, so only rules that are no law are mended.
    """
    for rule in source.read.rules:
        count: dict[str, int] = {}
        for node in nodes_of(rule.node):
            if node.ast_type.name == "Variable":
                count[node.name] = count.get(node.name, 0) + 1
        for occurrence in bodies_of(rule.node):
            for argument in occurrence.atom.args:
                for term in members(argument):
                    name = variable_of(term)
                    if name is not None and count.get(name) == 1 and not name.startswith("_"):
                        message = f"variable `{name}` stands once in the rule"
                        help = f"write `_` where one value is reason enough, `_{name}` where each is a reason"
                        edit = None if source.law else _blank(source, term)
                        yield Finding("L103", message, source.read.place(term), help, edit)


def _blank(source: Source, term: Any) -> Edit:
    begin, end = term.location.begin, term.location.end
    return Edit(source.path, begin.line, begin.column - 1, end.column - 1, "_")
