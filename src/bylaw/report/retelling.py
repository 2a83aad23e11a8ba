"""What is told once in a tree of reasons, and where, so that no letter refers to what it leaves out."""

from __future__ import annotations

from dataclasses import replace

from bylaw.explain.reason import Kind, Reason


def originals_of(reason: Reason) -> dict[str, Reason]:
    """Return where each atom that is so is explained, by the atom in the words of the rules."""
    return {
        one.atom: one
        for one in reason.walk()
        if one.kind is Kind.ATOM and one.holds and one.because and not one.repeated
    }


def unhidden(reason: Reason) -> Reason:
    """Return a tree with all that is explained only below an exception that does not apply.

    Such an exception is shortened to its sentence, so what is explained below it is explained where it is
    spoken of next.
    """
    hidden: dict[str, Reason] = {}
    for one in reason.walk():
        if not one.holds and one.met:
            hidden |= originals_of(one)
    repeated = any(one.repeated and one.atom in hidden for one in reason.walk())
    return _shown(reason, hidden) if repeated else reason


def _shown(reason: Reason, hidden: dict[str, Reason]) -> Reason:
    if not reason.holds and reason.met:
        return reason
    if reason.kind is Kind.ATOM and reason.repeated and reason.atom in hidden:
        reason = replace(hidden.pop(reason.atom), met=reason.met)
    elif reason.kind is Kind.ATOM and reason.because:
        hidden.pop(reason.atom, None)
    return replace(reason, because=[_shown(one, hidden) for one in reason.because])
