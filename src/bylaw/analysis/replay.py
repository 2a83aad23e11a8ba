"""Derives the verdict of a receipt again and tells whether it is identical, or what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bylaw.analysis.receipt import Line, Receipt, Unknown, versions
from bylaw.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Basis:
    """Something that a verdict rests on and that is not what it was.

    Args:
        what: such as `policy digest`.
        receipt: as the receipt has it; None if it has none.
        now: as it is; None if there is none any more.
    """

    what: str
    receipt: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A receipt beside the verdict that is derived now.

    Args:
        basis: what the verdict rests on and is not as it was.
        lost: conclusions and findings that no longer follow.
        added: those that follow only now.
        otherwise: those that follow by other provisions, or with another status: then and now.
        no_longer_told: what could be told then and cannot now.
        told_now: what can be told only now.
    """

    receipt: Receipt
    now: Receipt
    basis: tuple[Basis, ...]
    lost: tuple[Line, ...]
    added: tuple[Line, ...]
    otherwise: tuple[tuple[Line, Line], ...]
    no_longer_told: tuple[Unknown, ...]
    told_now: tuple[Unknown, ...]

    @property
    def same_verdict(self) -> bool:
        """Whether the same follows, by the same provisions."""
        return not (self.lost or self.added or self.otherwise or self.no_longer_told or self.told_now)

    @property
    def identical(self) -> bool:
        """Whether the verdict and all that it rests on are the same."""
        return self.same_verdict and not self.basis


def readings_still_known(policy: Policy, receipt: Receipt) -> dict[str, str]:
    """Return the readings of a receipt that the policy still offers."""
    return {
        name: value
        for name, value in receipt.readings.items()
        if name in policy.readings and value in policy.readings[name].readings
    }


def compare(receipt: Receipt, now: Receipt) -> Replay:
    """Return what differs between a receipt and the one of the verdict that is derived now."""
    then = {one.atom: one for one in (*receipt.conclusions, *receipt.findings)}
    follows = {one.atom: one for one in (*now.conclusions, *now.findings)}
    return Replay(
        receipt,
        now,
        tuple(_basis(receipt, now)),
        lost=tuple(one for atom, one in then.items() if atom not in follows),
        added=tuple(one for atom, one in follows.items() if atom not in then),
        otherwise=tuple(
            (one, follows[atom])
            for atom, one in then.items()
            if atom in follows and not _alike(one, follows[atom])
        ),
        no_longer_told=_unlike(now.undetermined, receipt.undetermined),
        told_now=_unlike(receipt.undetermined, now.undetermined),
    )


def _alike(one: Line, other: Line) -> bool:
    return one.status == other.status and sorted(one.provisions) == sorted(other.provisions)


def _unlike(those: Sequence[Unknown], others: Sequence[Unknown]) -> tuple[Unknown, ...]:
    return tuple(one for one in those if one not in others)


def _basis(receipt: Receipt, now: Receipt) -> Iterator[Basis]:
    pairs: list[tuple[str, str | None, str | None]] = [
        ("policy digest", receipt.policy.digest, now.policy.digest),
        ("edition", receipt.policy.edition, now.policy.edition),
        ("record digest", receipt.records.digest, now.records.digest),
        ("present", _text(receipt.as_of), _text(now.as_of)),
    ]
    for name in dict.fromkeys((*receipt.readings, *now.readings)):
        pairs.append((f"reading {name}", receipt.readings.get(name), now.readings.get(name)))
    running = versions()
    for program in ("bylaw", "clingo", "python"):
        pairs.append((f"version of {program}", getattr(receipt.versions, program), getattr(running, program)))
    yield from (Basis(what, then, present) for what, then, present in pairs if then != present)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
