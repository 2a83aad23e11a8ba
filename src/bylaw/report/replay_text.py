"""A replayed receipt as text and as JSON: identical, or what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bylaw.analysis.replay import Basis, Replay
from bylaw.engine.symbols import read_atom, term_of
from bylaw.explain.sentences import Sentences
from bylaw.report.phrases import FAINT, cited_sentence, unknown_tables
from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.analysis import receipt as receipts
    from bylaw.engine.solve import Decision
    from bylaw.policy.model import Policy

SHOWN_DIGITS = 12
"""How many digits of a hash the page shows; the JSON has all."""


def replay_page(policy: Policy, decision: Decision, found: Replay) -> Iterator[Line]:
    """Yield what came of a receipt.

    Args:
        decision: that is derived now; its labels name what the sentences are about.
    """
    who = found.receipt.student
    if found.identical:
        yield line(f"Identical: the verdict on {who}, and all that it rests on.", "bold")
        conclusions, findings = len(found.now.conclusions), len(found.now.findings)
        told = f"{_counted(conclusions, 'conclusion')} and {_counted(findings, 'finding')}, each by the same "
        told += "provisions."
        yield line(told, FAINT, indent=2)
    elif found.same_verdict:
        yield line(f"The verdict on {who} is the same; what it rests on is not.", "bold")
    else:
        yield line(f"The verdict on {who} differs.", "bold")
    sentences = Sentences(policy, decision.atoms)
    for title, lines in (
        ("No longer so:", found.lost),
        ("So only now:", found.added),
    ):
        if lines:
            yield line(title, FAINT, indent=2)
        for one in lines:
            yield Line(tuple(_sentence(policy, sentences, one)), 4, hang=2)
    if found.otherwise:
        yield line("So by other provisions:", FAINT, indent=2)
    for then, now in found.otherwise:
        yield Line(tuple(_sentence(policy, sentences, then)), 4, "then:")
        yield Line(tuple(_sentence(policy, sentences, now)), 4, "now: ")
    yield from _unknown(policy, "Cannot be told any more:", found.no_longer_told)
    yield from _unknown(policy, "Could not be told then:", found.told_now)
    if found.basis:
        yield line("What it rests on:", FAINT, indent=2)
    elif not found.same_verdict:
        says = "The pack, the record and the programs are the same: the receipt itself was altered."
        yield line(says, "yellow", indent=2, hang=2)
    for one_basis in found.basis:
        yield line(_basis(one_basis), indent=4, hang=2)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _sentence(policy: Policy, sentences: Sentences, one: receipts.Line) -> list[Part]:
    """Say a conclusion in words, or as the receipt has it where the pack has no words for it any more."""
    atom = read_atom(one.atom)
    predicate = policy.predicates.get(atom.name) if atom is not None else None
    if atom is None or predicate is None or predicate.arity != len(atom.arguments):
        says = one.atom
    else:
        says = sentences.atom(predicate.name, tuple(term_of(argument) for argument in atom.arguments))
    known = [provision for provision in one.provisions if provision in policy.provisions]
    parts = cited_sentence(policy, says, known)
    gone = [provision for provision in one.provisions if provision not in policy.provisions]
    if gone:
        parts.append(Part(f" By {', '.join(gone)}, which the pack does not have."))
    if one.status == "possible":
        parts.append(Part(" Possible, not certain.", "yellow"))
    return parts


def _unknown(policy: Policy, title: str, those: Iterable[receipts.Unknown]) -> Iterator[Line]:
    listed = list(those)
    if listed:
        yield line(title, FAINT, indent=2)
    for one in listed:
        yield line(f"{one.predicate}: {unknown_tables(policy, one.tables)}.", "yellow", indent=4, hang=2)


def _basis(one: Basis) -> str:
    then, now = _short(one.receipt), _short(one.now)
    if then is None:
        return f"{one.what}: {now}, of which the receipt says nothing."
    if now is None:
        return f"{one.what}: {then} then, and there is none now."
    return f"{one.what}: {then} then, {now} now."


def _short(text: str | None) -> str | None:
    if text is not None and text.startswith("sha256:"):
        return f"{text[: len('sha256:') + SHOWN_DIGITS]}..."
    return text


def replay_shape(file: str, found: Replay) -> dict[str, Any]:
    """Return the JSON of `bylaw replay`."""
    return {
        "receipt": file,
        "student": found.receipt.student,
        "identical": found.identical,
        "verdict": "same" if found.same_verdict else "differs",
        "basis": [
            {
                "what": one.what,
                **({} if one.receipt is None else {"receipt": one.receipt}),
                **({} if one.now is None else {"now": one.now}),
            }
            for one in found.basis
        ],
        "lost": [one.model_dump() for one in found.lost],
        "added": [one.model_dump() for one in found.added],
        "other_provisions": [
            {
                "atom": then.atom,
                "status_receipt": then.status,
                "status_now": now.status,
                "provisions_receipt": then.provisions,
                "provisions_now": now.provisions,
            }
            for then, now in found.otherwise
        ],
        "undetermined_now": [one.model_dump() for one in found.no_longer_told],
        "undetermined_then": [one.model_dump() for one in found.told_now],
    }
