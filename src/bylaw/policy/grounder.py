"""What clingo's grounder says of rules, told with the places in the pack's own files."""

from __future__ import annotations

import re
from collections.abc import Sequence

import clingo

from bylaw.errors import Place, Problem
from bylaw.policy.model import Encoding

CLINGO = clingo.__version__
"""The version of clingo."""

Lines = Sequence[tuple[str, int]]
"""For each line of a program, the file it comes from, as the reader names it, and the line there."""

_MESSAGE = re.compile(r"<block>:(\d+):(\d+)(?:-[\d:]+)?: (error|info|warning): (.*)", re.DOTALL)


def lines_of(encoding: Encoding, shown: str) -> list[tuple[str, int]]:
    """Return where each line of the whole program stands.

    Args:
        shown: the folder of the pack as the reader names it.
    """
    table: list[tuple[str, int]] = []
    for name, text in encoding.files.items():
        count = text.count("\n") + (0 if text.endswith("\n") else 1)
        table.extend((f"{shown}/{name}", number + 1) for number in range(count))
    return table


def check_safety(encoding: Encoding, shown: str) -> list[Problem]:
    """Return the rules of a pack that clingo refuses, such as those that leave a variable unbound."""
    return check_text(encoding.text, lines_of(encoding, shown))


def check_file(text: str, name: str) -> list[Problem]:
    """Return what clingo refuses in one file of rules.

    Args:
        name: how places name it.
    """
    return check_text(text, [(name, number + 1) for number in range(text.count("\n") + 1)])


def check_text(text: str, lines: Lines) -> list[Problem]:
    """Return what clingo refuses in the text of some rules.

    The rules are looked at and not grounded, so it takes no longer for a rule that has no end.
    """
    messages: list[str] = []
    control = clingo.Control(
        ["--warn=no-atom-undefined"], logger=lambda _code, text: messages.append(text), message_limit=50
    )
    try:
        control.add("rules", [], text)
        control.ground([("base", [])])
    except RuntimeError as error:
        messages = messages or [str(error)]
    return problems_of(messages, lines)


def problems_of(messages: Sequence[str], lines: Lines) -> list[Problem]:
    """Turn clingo's messages into problems, each once, in the order of their places."""
    problems: dict[tuple[str, str], Problem] = {}
    for message in messages:
        match = _MESSAGE.match(message.strip())
        if not match and message.strip().startswith("vector::"):
            problem = Problem(
                "a rule has more alternatives than clingo can write out", help="say them in several rules"
            )
            problems.setdefault((message, ""), problem)
            continue
        if not match:
            problems.setdefault((message, ""), Problem(f"clingo refuses the rules: {message.strip()}"))
            continue
        line, column, text = int(match[1]), int(match[2]), match[4]
        place = None
        if line <= len(lines):
            file, line = lines[line - 1]
            place = Place(file, line, column)
        words, helps = _in_words(text)
        problems.setdefault((str(place), words), Problem(words, place, help=helps, code="L019"))
    return sorted(problems.values(), key=lambda p: (p.place or Place("")).__str__())


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
