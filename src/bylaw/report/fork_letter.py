"""A letter on what is possible: what it hangs on, why it is so in one case and not in the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bylaw.explain.reason import Kind, Reason
from bylaw.explain.sentences import Sentences
from bylaw.report.hanging import OpenPoints, considered, hangs, headed
from bylaw.report.letter import Letter
from bylaw.report.phrases import FAINT, clause, listed, sentence, unbroken
from bylaw.report.terminal import Line, line

if TYPE_CHECKING:
    from bylaw.explain.branches import Branch, Fork, Outlook

DEPTH = 3
"""Levels of reasons that a case shows in which it is so, unless asked for more."""
DEPTH_OF_FAILURE = 2
"""The same for a case in which it is not so."""


def settled_line(outlook: Outlook) -> Line:
    """Return the line that says that nothing that is open changes the answer."""
    explored = outlook.explored
    so = "it is so" if outlook.certain else "it is not so"
    if not (explored.decisions or explored.readings):
        told = f"Certain: {so}."
    elif explored.complete:
        told = f"Certain: {so}, however this is settled."
    else:
        told = f"{so[0].upper()}{so[1:]} in every case that was considered."
    return line(f"{told} {considered(explored)}", hang=2)


def fork_page(outlook: Outlook, *, full: bool, depth: int | None, atoms: bool) -> Iterator[Line]:
    """Yield the letter on the possible conclusions of a pattern.

    Args:
        full: whether every step is written.
        depth: levels of reasons; DEPTH unless given.
        atoms: whether atoms stand in place of sentences.
    """
    sentences = Sentences(outlook.engine.policy, outlook.decision.atoms)
    for number, fork in enumerate(outlook.forks):
        yield from [line()] if number else []
        yield from _fork(outlook, fork, sentences)
        for branch in fork.branches:
            yield line()
            yield from _branch(outlook, fork, branch, sentences, full=full, depth=depth, atoms=atoms)
    for words, others in (("Possible, too", outlook.further), ("Certain", outlook.certain)):
        if others:
            yield line()
            told = listed([sentences.symbol(atom) for atom in others])
            yield line(f"{words}: {sentence(told)}", indent=2, hang=2)
    yield line()
    yield line(considered(outlook.explored), FAINT, indent=2, hang=2)
    yield from Letter(outlook.engine, outlook.records, outlook.decision).closing()


def _fork(outlook: Outlook, fork: Fork, sentences: Sentences) -> Iterator[Line]:
    """Yield what is possible and what it hangs on."""
    policy = outlook.engine.policy
    yield line(f"{clause(sentences.symbol(fork.atom))}: possible, not certain.", "bold", hang=2)
    text = f"It {hangs(policy, fork.hanging)}."
    yield line(unbroken(policy, text), "yellow", indent=2, hang=2)
    yield from OpenPoints(policy, [fork.hanging], sentences).lines()


def _branch(
    outlook: Outlook,
    fork: Fork,
    branch: Branch,
    sentences: Sentences,
    *,
    full: bool,
    depth: int | None,
    atoms: bool,
) -> Iterator[Line]:
    """Yield one case with its reasons."""
    policy = outlook.engine.policy
    yield line(f"{headed(policy, branch.options, branch.holds, sentences)}.", "bold cyan", hang=2)
    reason, left = branch.reason, 0
    if not branch.holds and not full:
        reason, left = _contrasted(fork, branch.reason)
    letter = Letter(
        branch.engine,
        branch.records,
        branch.decision,
        full=full,
        depth=depth or (None if full else DEPTH if branch.holds else DEPTH_OF_FAILURE),
        atoms=atoms,
    )
    yield from letter.body(reason, negative=not branch.holds)
    if left:
        ways = "Another way to it is" if left == 1 else f"{left} other ways to it are"
        yield line(f"{ways} not open either; `--full` tells all.", FAINT, indent=2, hang=2)


def _contrasted(fork: Fork, reason: Reason) -> tuple[Reason, int]:
    """Return why something is not so by the rules of the other case, and how many ways that leaves out."""
    so = [branch.reason for branch in fork.branches if branch.holds]
    taken = {one.rule for told in so for one in (told, *told.because)}
    same = [route for route in reason.because if route.kind is Kind.ROUTE and route.rule in taken]
    if not same:
        return reason, 0
    provisions = tuple(dict.fromkeys(pid for route in same for pid in route.provisions))
    told = {one.atom: one for one in reason.walk() if one.because and not one.repeated}
    seen: set[str] = set()
    whole = [_retold(route, told, seen) for route in same]
    return replace(reason, because=whole, provisions=provisions), len(reason.because) - len(same)


def _retold(reason: Reason, told: Mapping[str, Reason], seen: set[str]) -> Reason:
    """Tell a reason in full where it was told in a way that is left out.

    Args:
        told: the reasons that are told in full, by atom.
        seen: the atoms that are told here already.
    """
    full = told.get(reason.atom) if reason.repeated and reason.atom not in seen else None
    if full is not None:
        reason = replace(full, met=reason.met)
    if reason.because and reason.kind is Kind.ATOM:
        seen.add(reason.atom)
    return replace(reason, because=[_retold(child, told, seen) for child in reason.because])
