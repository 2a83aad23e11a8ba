"""Options of commands that open records: other names for the persons in them; and what `bylaw.toml` asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bylaw.cli.adding import Verb, Words, adding
from bylaw.cli.defaults import Defaults, project_folder, read_defaults
from bylaw.cli.discretion import Discretion, now

KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--pseudonymise",
        metavar="KEYFILE",
        envvar="BYLAW_PSEUDONYM_KEY",
        show_envvar=False,
        help="Give every person another name, the same one for the same key; names are left out.",
    ),
]


def discreet(name: str, verb: Verb, *, names: bool) -> Verb:
    """Have a command note that it opens records, and give it the option of other names.

    Args:
        name: of the command.
        names: whether it has the option.
    """

    def first(words: Words) -> None:
        key = words.get("pseudonymise")
        student = words.get("student")
        pseudonyms, least = None, 1
        if key is not None:
            from bylaw.files.secret import read_key
            from bylaw.records.pseudonyms import Pseudonyms
            from bylaw.report.comparison import LEAST_GROUP

            # Where persons have other names, a group of fewer is not counted.
            least = LEAST_GROUP
            pseudonyms = Pseudonyms(read_key(key, _handed_on(words, read_defaults())))
            if isinstance(student, str):
                words["student"] = student = pseudonyms.of(student)
        told = read_defaults()
        whose = student if isinstance(student, str) else None
        now.set(Discretion(name, whose, pseudonyms, told.access_log, told.least_group or least))

    return adding(verb, {"pseudonymise": KeyOption} if names else {}, first)


def _handed_on(words: Words, told: Defaults) -> list[tuple[str, Path]]:
    """Return the folders in which no key may lie: of the project, of packs and of records."""
    packs = [words.get(one) for one in ("policy", "old", "new")] + [told.policy]
    named = [
        *(("the pack", one) for one in packs),
        *(("the records", one) for one in (words.get("records"), told.records)),
    ]
    folders = [("the project", project_folder())]
    for what, one in named:
        if one is None or "://" in str(one):
            continue
        path = Path(str(one).partition("+")[0] or ".")
        if path.is_dir():
            folders.append((what, path))
        elif path.exists():
            folders.append((what, path.parent))
    return folders
