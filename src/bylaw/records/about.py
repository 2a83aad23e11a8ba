"""What a source says of the whole: its pack, whether its persons exist, its title, the present."""

from __future__ import annotations

from dataclasses import dataclass

from bylaw.errors import Problem, did_you_mean
from bylaw.files.csv import visible
from bylaw.files.yaml import Document
from bylaw.policy.model import Policy, Show
from bylaw.policy.patterns import clock_type, clock_value

ABOUT = ("policy", "synthetic", "title", "as_of")


@dataclass(frozen=True, slots=True)
class About:
    """What a source says of the whole; None where it says nothing.

    Args:
        synthetic: whether its persons are made up.
        title: what it calls itself.
        as_of: the value of the pack's clock.
    """

    synthetic: bool | None = None
    title: str | None = None
    as_of: int | None = None


def read_about(policy: Policy, document: Document, keys: tuple[str, ...]) -> tuple[About, list[Problem]]:
    """Read the keys that cohorts, single records and mappings share.

    Args:
        policy: the pack that the source has to be for.
        document: the file.
        keys: all keys that it may have.

    Returns:
        What it says, and what is wrong.
    """
    data = document.data
    if not isinstance(data, dict):
        help_line = "known here: " + ", ".join(f"`{key}`" for key in keys)
        return About(), [Problem("the file is a map of keys", document.place(), help=help_line)]
    problems: list[Problem] = []

    def report(key: str, message: str, help_line: str | None = None) -> None:
        problems.append(Problem(message, document.place((key,)), help=help_line, field=key))

    for key in data:
        if key not in keys:
            message = f"`{visible(key)}` is not a key of this file"
            problems.append(Problem(message, document.key_place((key,)), did_you_mean(key, keys)))
    meant = data.get("policy")
    if "policy" in data and meant != policy.id:
        report("policy", f"the records are for policy `{visible(str(meant))}`, not for `{policy.id}`")
    synthetic = data.get("synthetic")
    if "synthetic" in data and not isinstance(synthetic, bool):
        report("synthetic", f"`synthetic` is `{visible(str(synthetic))}`; `true` or `false` is needed")
    title = data.get("title")
    if title is not None and not isinstance(title, str):
        report("title", "`title` is text", "quote it")
    as_of, given = None, data.get("as_of")
    if given is not None:
        kind = clock_type(policy)
        as_of = clock_value(kind, given)
        dated = kind is not None and kind.show is Show.DATE
        if as_of is None:
            report(
                "as_of",
                f"`as_of` is `{visible(str(given))}`; {'a date' if dated else 'a whole number'} is needed",
                "write the day: 2021-09-30" if dated else "write the year: 2021",
            )
    return About(
        synthetic if isinstance(synthetic, bool) else None, title if isinstance(title, str) else None, as_of
    ), problems
