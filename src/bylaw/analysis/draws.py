"""Random numbers for a generator: each a function of the seed and its key, equal on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "uniform": ("Lo", "Hi"),
    "normal": ("Mean", "Sd", "Lo", "Hi"),
    "percent": ("P",),
    "one_of": ("N",),
}
"""The distributions and the names of their arguments, all whole numbers."""

_PARTS = 12
_BITS = 16
_SPREAD = 1 << _BITS
_MIDDLE = _PARTS * (_SPREAD - 1) // 2


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a number is drawn: `uniform(1,6)`, `normal(76,7,0,100)`, `percent(25)` or `one_of(4)`.

    Args:
        name: one of `SIGNATURES`.
        args: as its signature names them.

    Raises:
        ValueError: there is no such distribution, or its arguments do not fit it.
    """

    name: str
    args: tuple[int, ...]

    def __post_init__(self) -> None:
        names = SIGNATURES.get(self.name)
        if names is None or len(names) != len(self.args):
            raise ValueError(f"`{self}` is no distribution")
        given = dict(zip(names, self.args, strict=True))
        if given.get("Lo", 0) > given.get("Hi", 0):
            raise ValueError(f"`{self}` has no numbers: {given['Lo']} is above {given['Hi']}")
        if given.get("Sd", 0) < 0:
            raise ValueError(f"`{self}` spreads by {given['Sd']}; a spread is 0 or more")
        if not 0 <= given.get("P", 0) <= 100:
            raise ValueError(f"`{self}` is {given['P']} in a hundred; a percentage is 0 to 100")
        if given.get("N", 1) < 1:
            raise ValueError(f"`{self}` has no numbers; one of at least 1 can be drawn")

    def __str__(self) -> str:
        return f"{self.name}({','.join(str(arg) for arg in self.args)})"

    def draw(self, seed: int, key: str) -> int:
        """Return the number that a seed gives a key.

        Only whole numbers are computed with, so the same seed gives the same bytes everywhere.

        Args:
            seed: of the whole cohort.
            key: what the number is for, as clingo writes the term.
        """
        noise = int.from_bytes(hashlib.sha256(f"{seed}\n{key}".encode()).digest(), "big")
        match self.name, self.args:
            case "uniform", (low, high):
                return low + noise % (high - low + 1)
            case "normal", (mean, spread, low, high):
                return min(max(mean + _scaled(noise, spread), low), high)
            case "percent", (chance,):
                return int(noise % 100 < chance)
            case _:
                return noise % self.args[0]


def _scaled(noise: int, spread: int) -> int:
    """Return a near-normal number around 0: twelve uniform ones together spread as far as one ranges."""
    total = sum(noise >> (_BITS * part) & (_SPREAD - 1) for part in range(_PARTS))
    return (2 * spread * (total - _MIDDLE) + _SPREAD) // (2 * _SPREAD)
