"""What a possible conclusion hangs on, in words and as JSON: the officer and provision, or the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bylaw.engine.symbols import term_of
from bylaw.report.phrases import FAINT, citations, clause, listed, sentence, unbroken
from bylaw.report.terminal import Line, Part, line
from bylaw.tables.rows import plain

if TYPE_CHECKING:
    from bylaw.engine.explored import Explored, Hanging, Option
    from bylaw.explain.sentences import Sentences
    from bylaw.policy.model import Policy

MOST_WAYS = 3
"""How many ways to change a conclusion are named in one sentence."""


class OpenPoints:
    """What is open for the conclusions of a page, numbered, each point with the ways to settle it.

    Args:
        hangings: of the conclusions.
        sentences: that say what is decided.
    """

    def __init__(self, policy: Policy, hangings: Iterable[Hanging], sentences: Sentences) -> None:
        self.policy = policy
        self._sentences = sentences
        self._points: dict[str, dict[str, Option]] = {}
        for hanging in hangings:
            for way in hanging.ways:
                for option in way:
                    self._points.setdefault(str(option.point), {}).setdefault(str(option.atom), option)

    def lines(self) -> Iterator[Line]:
        """Yield what is open, each point once."""
        if self._points:
            yield line("What is open:", FAINT, indent=2)
        for number, options in enumerate(self._points.values(), 1):
            text = self._told(list(options.values()))
            yield Line((Part(unbroken(self.policy, text)),), indent=4, mark=f"{number}.")

    def status(self, hanging: Hanging) -> Line:
        """Return the line below a possible conclusion."""
        numbers = {name: number for number, name in enumerate(self._points, 1)}
        ways = dict.fromkeys(
            " together with ".join(str(numbers[str(option.point)]) for option in way) for way in hanging.ways
        )
        now = "so as the record stands" if hanging.holds else "not so as the record stands"
        on = f"hangs on what is open under {listed(list(ways), 'or')}" if ways else "the rules leave it open"
        return line(f"Possible: {now}; {on}.", "yellow", indent=6, hang=2)

    def _told(self, options: Sequence[Option]) -> str:
        """Say what is open and how it may be settled."""
        first = options[0]
        if first.kind == "decision":
            ways = [self._sentences.symbol(option.atom).rstrip(".") for option in options]
            return f"{_capital(named(self.policy, first))}: {'; or: '.join(ways)}."
        reading = self.policy.readings[str(first.point.arguments[0])]
        usual = str(first.replaces[0].arguments[1])
        others = [sentence(reading.readings[str(option.atom.arguments[1])]) for option in options]
        return (
            f"{_capital(named(self.policy, first))}: {sentence(reading.question)} "
            f"Taken here: {sentence(reading.readings[usual])} Otherwise: {' Or: '.join(others)}"
        )


def named(policy: Policy, option: Option) -> str:
    """Name what is open: `a decision of the Dean (Article 7(E))`, `how Article 10(C) is read`."""
    cited = citations(policy, option.provisions)
    if option.kind == "decision":
        return f"a decision of {policy.officer(option.provisions[0])} {cited}"
    return f"how {_cited(policy, option)} {_is(option)} read"


def hangs(policy: Policy, hanging: Hanging) -> str:
    """Say what a conclusion hangs on."""
    if not hanging.ways:
        return "is left open by the rules themselves"
    ways = list(
        dict.fromkeys(" together with ".join(named(policy, option) for option in way) for way in hanging.ways)
    )
    more = f", and {len(ways) - MOST_WAYS} more" if len(ways) > MOST_WAYS else ""
    return f"hangs on {listed(ways[:MOST_WAYS], 'or on')}{more}"


def headed(policy: Policy, options: Sequence[Option], holds: bool, sentences: Sentences) -> str:
    """Return the heading of a branch."""
    so = "So" if holds else "Not so"
    if not options:
        return f"{so}, as the record stands"
    settled = []
    for option in options:
        if option.kind == "decision":
            decided = sentences.symbol(option.atom).rstrip(".")
            settled.append(f"by {named(policy, option)}: {decided}")
        else:
            name, value = (str(argument) for argument in option.atom.arguments)
            meaning = clause(policy.readings[name].readings[value])
            settled.append(f"if {_cited(policy, option)} {_is(option)} read otherwise: {meaning}")
    return unbroken(policy, f"{so}, {'; and '.join(settled)}")


def _cited(policy: Policy, option: Option) -> str:
    return listed([policy.cite(one) for one in option.provisions]) or "the text"


def _is(option: Option) -> str:
    return "are" if len(option.provisions) > 1 else "is"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def considered(explored: Explored) -> str:
    """Say over how much a conclusion is certain or possible."""
    parts = []
    if explored.decisions:
        parts.append(f"{explored.decisions} open decision{'s' * (explored.decisions > 1)}")
    if explored.readings:
        questions = (
            "questions of the text that bear" if explored.readings > 1 else "question of the text that bears"
        )
        parts.append(f"{explored.readings} open {questions} on this record")
    if not parts:
        return "Nothing is open that bears on this."
    what = " and ".join(parts)
    if explored.complete:
        whole = ", in all combinations" if explored.together > 1 else ""
        return f"Considered: {what}{whole}."
    if explored.together < 2:
        return f"Considered: {what}, each by itself; not what several of them would change together."
    return (
        f"Considered: {what}, each by itself and up to {explored.together} at a time of those that change "
        "anything by themselves; not every combination."
    )


def considered_shape(explored: Explored) -> dict[str, Any]:
    """Return over how much a status is told."""
    return {
        "decisions": explored.decisions,
        "readings": explored.readings,
        "worlds": len(explored.worlds),
        "together": explored.together,
        "complete": explored.complete,
    }


def hangs_on_shape(policy: Policy, hanging: Hanging, sentences: Sentences) -> list[dict[str, Any]]:
    """Return what a conclusion hangs on; where several things have to come together, they share a `way`."""
    shapes = []
    for number, way in enumerate(hanging.ways, 1):
        for option in way:
            shape = option_shape(policy, option, sentences) | {"holds": not hanging.holds}
            shapes.append(shape | ({"way": number} if len(way) > 1 else {}))
    return shapes


def option_shape(policy: Policy, option: Option, sentences: Sentences) -> dict[str, Any]:
    """Return one thing that is open, and how it is settled."""
    provisions = list(option.provisions)
    if option.kind == "decision":
        free = [one for one in option.atom.arguments if one not in option.point.arguments]
        values = [plain(term_of(one)) for one in free]
        return {
            "decision": str(option.atom),
            "says": sentences.symbol(option.atom),
            "officer": policy.officer(option.provisions[0]),
            "provisions": provisions,
            "value": values[0] if len(values) == 1 else values,
        }
    name, value = (str(argument) for argument in option.atom.arguments)
    reading = policy.readings[name]
    return {
        "reading": name,
        "question": reading.question,
        "says": reading.readings[value],
        "provisions": provisions,
        "value": value,
    }
