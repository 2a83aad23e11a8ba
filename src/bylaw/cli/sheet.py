"""A page for the student: the day that stands on it, and where it is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bylaw.cli.output import OWNER_ONLY, say, write
from bylaw.errors import UsageError
from bylaw.files.atomic import write_text


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a page goes, and the day on it.

    Args:
        out: the file; None for stdout.
        made: the day.
    """

    out: Path | None
    made: date

    def write(self, html: str) -> None:
        """Write the page, whole or not at all.

        Raises:
            UsageError: the file cannot be written.
        """
        if self.out is None:
            write(html)
            return
        try:
            write_text(self.out, html, None if self.out.exists() else OWNER_ONLY)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"`{self.out}` cannot be written: {reason}") from None
        say(f"page written to {self.out}")


def day_asked(given: str | None) -> date:
    """Return the day that stands on a page: as given, else that of SOURCE_DATE_EPOCH, else today.

    Raises:
        UsageError: what is given is no day.
    """
    if given is not None:
        try:
            return date.fromisoformat(given)
        except ValueError:
            raise UsageError(f"`{given}` is no day", "write it as 2024-05-31") from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC).date()
        except (ValueError, OverflowError, OSError):
            help = "it is a number of seconds since 1970"
            raise UsageError(f"SOURCE_DATE_EPOCH is `{epoch}`, which is no time", help) from None
    return datetime.now().astimezone().date()
