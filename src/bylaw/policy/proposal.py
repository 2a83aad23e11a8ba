"""What a proposal changes in a policy, for those who compare the text before and after."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bylaw.errors import Place


class PartKind(StrEnum):
    """What a part of an amendment changes."""

    LIMIT = "limit"
    READING = "reading"
    TABLE = "table"
    TEXT = "text"
    """Provisions are repealed, or rules are added, or both."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an amendment that can stand or fall by itself.

    Args:
        amendment: the id of the amendment.
        name: of the limit, reading or table; empty for the text.
        provisions: those that it changes.
        before: how it is without the part, as a person writes it; empty where that says nothing.
        after: how it is with it.
    """

    amendment: str
    kind: PartKind
    name: str
    provisions: tuple[str, ...]
    before: str = ""
    after: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A proposal, as it was applied.

    Args:
        since: from when it stands, as a person writes it; empty if it is for all times.
        by: what that goes by, `admission` or `year`; empty likewise.
    """

    id: str
    title: str
    summary: str
    why: str
    parts: tuple[Part, ...]
    since: str = ""
    by: str = ""
