"""Notes that records were looked at: when, by which command, how many; and nothing of them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from bylaw.errors import UsageError

ENDING = ".jsonl"
_START = b'{"when": "'
_OWNER = 0o600


def note_access(log: Path, command: str, policy: str, digest: str, students: int) -> None:
    """Add a line to a log, which is made if it is not there; nobody else may read it.

    The line is written at once, so that lines of commands that run at the same time do not mix, and before
    anything is told, so that a command that is cut short is noted too.

    Args:
        log: the file.
        command: such as `decide`.
        policy: the id of the pack.
        digest: of the pack.
        students: how many records are looked at.

    Raises:
        UsageError: it cannot be written; nothing may be told then.
    """
    told = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "policy": policy,
        "digest": digest,
        "students": students,
    }
    line = (json.dumps(told, ensure_ascii=False) + "\n").encode()
    if log.suffix != ENDING:
        raise UsageError(f"the access log `{log}` does not end in `{ENDING}`", "name it `access.jsonl`, say")
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        file = os.open(log, flags, _OWNER)
        try:
            # Whoever wrote the defaults may have named a file that is something else.
            if os.pread(file, len(_START), 0) not in (b"", _START):
                raise UsageError(f"`{log}` is no access log", "name a new file")
            os.write(file, line)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as cause:
        reason = (cause.strerror or "it cannot be opened").lower()
        raise UsageError(
            f"the access log `{log}` cannot be written: {reason}", "no record is opened without it"
        ) from None
