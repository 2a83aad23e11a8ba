"""The page of a whole regulation in Markdown: what each provision says and what the pack does with it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bylaw.explain.sentences import number
from bylaw.policy.editions import in_force_words
from bylaw.policy.model import Limit, Provision, Reading, Rule, Status
from bylaw.report.phrases import listed, sentence
from bylaw.report.provision_page import STATUS_WORDS, asserted

if TYPE_CHECKING:
    from bylaw.policy.cases import Case
    from bylaw.policy.model import Policy
    from bylaw.tables.schema import Table

_END = re.compile(r"\.\s*(?:%(?!\*).*)?$")
"""A line that ends a rule, with or without a comment behind it."""


def regulation_page(
    policy: Policy, cases: Sequence[Case], home: Path | None = None, family: Sequence[Policy] = ()
) -> str:
    """Write the page of a policy.

    Args:
        cases: those of the policy.
        home: the folder in which the page will stand, for links to the pack's files; without it none.
        family: all editions of the pack, if it has several.
    """
    page = _Page(policy, cases, home, family)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(page.lines())).strip() + "\n"


class _Page:
    """Writes the page, part by part."""

    def __init__(
        self, policy: Policy, cases: Sequence[Case], home: Path | None, family: Sequence[Policy]
    ) -> None:
        self.policy = policy
        self.family = family if len(family) > 1 else ()
        self.cases = [(case, asserted(case)) for case in cases]
        self.home = home
        self.order = {pid: place for place, pid in enumerate(policy.provisions)}

    def lines(self) -> Iterator[str]:
        """Yield the whole page."""
        yield from self._head()
        yield from self._contents()
        for provision in self.policy.provisions.values():
            yield from self._provision(provision)
        yield from self._questions()

    # --- The head and the table of contents

    def _head(self) -> Iterator[str]:
        policy = self.policy
        yield f"# {_plain(policy.title)}"
        yield ""
        named = [policy.institution, f"edition {policy.edition}", policy.source]
        yield sentence(", ".join(_plain(text) for text in named if text))
        yield ""
        yield (
            "What this page says of the text is a restatement; the text decides. It is written from the "
            f"pack `{policy.id}` by `bylaw page` and is not edited by hand."
        )
        yield ""
        if self.family:
            periods = listed([in_force_words(edition) for edition in self.family])
            yield sentence(f"this is one of {len(self.family)} editions: {_plain(periods)}")
            yield ""
        counted = Counter(p.status for p in policy.provisions.values() if p.status is not Status.GROUP)
        yield "| | |"
        yield "| --- | --- |"
        yield f"| provisions | {sum(counted.values())} |"
        for status in (Status.ENCODED, Status.RECORDED_FACT, Status.DISCRETION, Status.NOT_COMPUTATIONAL):
            if counted[status]:
                yield f"| {STATUS_WORDS[status]} | {counted[status]} |"
        yield f"| rules | {len(policy.encoding.rules)} |"
        yield f"| limits | {len(policy.limits)} |"
        yield f"| readings of open questions | {len(policy.readings)} |"
        yield f"| questions recognised and not modelled | {len(policy.open_questions)} |"
        yield f"| cases | {len(self.cases)} |"
        yield ""

    def _contents(self) -> Iterator[str]:
        yield "## Contents"
        yield ""
        for provision in self.policy.provisions.values():
            if self._heads(provision):
                text = _plain(provision.title or provision.summary).removesuffix(".")
                yield f"- [{_plain(provision.cite)}](#{_anchor(provision.id)}): {text}"
        yield "- [Open questions](#open-questions)"
        yield ""

    def _heads(self, provision: Provision) -> bool:
        """Whether no other provision stands above this one."""
        first, *rest = provision.id.split(".")
        return not rest or first not in self.policy.provisions

    # --- A provision

    def _provision(self, provision: Provision) -> Iterator[str]:
        level = "##" if self._heads(provision) else "###"
        title = f": {_plain(provision.title)}" if provision.title else ""
        yield f'<a id="{_anchor(provision.id)}"></a>'
        yield ""
        yield f"{level} {_plain(provision.cite)}{title}"
        yield ""
        yield sentence(_plain(provision.summary))
        yield ""
        if provision.status is not Status.GROUP:
            actor = f"; on the {provision.actor}" if provision.actor else ""
            yield f"*{sentence(STATUS_WORDS[provision.status] + actor)}*" + (
                f" {sentence(_plain(provision.why_not_encoded))}" if provision.why_not_encoded else ""
            )
            yield ""
        yield from _list("On the text", [sentence(_plain(note)) for note in provision.notes])
        limits = [limit for limit in self.policy.limits.values() if limit.provision == provision.id]
        yield from _list("Limits", [self._limit(limit) for limit in limits])
        tables = [t for t in self.policy.tables.values() if t.pack and t.provision == provision.id]
        yield from _list("Tables", [self._table(table) for table in tables])
        readings = [r for r in self.policy.readings.values() if provision.id in r.provisions]
        for reading in readings:
            yield from self._reading(reading, provision)
        yield from self._rules(provision)
        deciding = [case for case, provisions in self.cases if provision.id in provisions]
        yield from _list(
            "Cases", [f"{_plain(case.name)} ({self._link(case.file, case.line)})" for case in deciding]
        )

    def _table(self, table: Table) -> str:
        described = f": {_plain(table.description)}" if table.description else ""
        return f"`{table.name}`, {self._link(table.file)}{described}"

    def _limit(self, limit: Limit) -> str:
        since = f", since {limit.since}" if limit.since is not None else ""
        figure = number(limit.value, limit.scale, limit.unit)
        return f"`{limit.name}`: {figure}{since}. {sentence(_plain(limit.says))}"

    def _reading(self, reading: Reading, provision: Provision) -> Iterator[str]:
        home = min(reading.provisions, key=lambda pid: self.order.get(pid, len(self.order)))
        if home != provision.id:
            yield f"**Open question** `{reading.name}`: see [{self.policy.cite(home)}](#{_anchor(home)})."
            yield ""
            return
        yield f"**Open question** `{reading.name}`: {_plain(reading.question)}"
        yield ""
        for name, meaning in reading.readings.items():
            taken = " (taken)" if name == reading.default else ""
            yield f"- `{name}`{taken}: {_plain(meaning)}"
        yield ""
        yield f"Why this one: {sentence(_plain(reading.why))}"
        yield ""

    # --- Rules

    def _rules(self, provision: Provision) -> Iterator[str]:
        """Yield each rule where the first provision stands that it carries; elsewhere the way there."""
        carried = [rule for rule in self.policy.encoding.rules if provision.id in rule.provisions]
        elsewhere: dict[str, list[str]] = {}
        for block in _blocks(carried):
            home = min(block[0].provisions, key=lambda pid: self.order.get(pid, len(self.order)))
            if home != provision.id:
                elsewhere.setdefault(home, []).append(self._link(block[0].file, block[0].line))
                continue
            yield f"{sentence(_plain(block[0].comment))} {self._link(block[0].file, block[0].line)}".strip()
            yield ""
            yield "```prolog"
            yield from self._source(block)
            yield "```"
            yield ""
        yield from _list(
            "Rules shared with another provision",
            [
                f"{listed(places)}, at [{self.policy.cite(home)}](#{_anchor(home)})"
                for home, places in elsewhere.items()
            ],
        )

    def _source(self, block: Sequence[Rule]) -> Iterator[str]:
        """Yield rules as their file has them."""
        text = self.policy.encoding.files[block[0].file].splitlines()
        last = 0
        for rule in block:
            if rule.line <= last:  # several rules on one line
                continue
            for last in range(rule.line, len(text) + 1):
                yield text[last - 1].rstrip()
                if _END.search(text[last - 1]):
                    break

    # --- Open questions

    def _questions(self) -> Iterator[str]:
        yield '<a id="open-questions"></a>'
        yield ""
        yield "## Open questions"
        yield ""
        yield "Where the text can be read in several ways, `--reading NAME=VALUE` takes another reading."
        yield ""
        yield "| reading | question | taken | provisions |"
        yield "| --- | --- | --- | --- |"
        for reading in self.policy.readings.values():
            yield (
                f"| `{reading.name}` | {_cell(reading.question)} | `{reading.default}` | "
                f"{self._cited(reading.provisions)} |"
            )
        yield ""
        if self.policy.open_questions:
            yield "Recognised and not modelled:"
            yield ""
        for one in self.policy.open_questions.values():
            text = f"{_plain(one.question)} {sentence(_plain(one.why))}"
            yield f"- `{one.name}` ({self._cited(one.provisions)}): {text}"

    def _cited(self, provisions: Sequence[str]) -> str:
        return "; ".join(f"[{_plain(self.policy.cite(pid))}](#{_anchor(pid)})" for pid in provisions)

    def _link(self, file: str, line: int | None = None) -> str:
        """Name a place in the pack, as a link where the page has a home."""
        shown = file if line is None else f"{file}:{line}"
        if self.home is None:
            return f"`{shown}`"
        path = Path(os.path.relpath(self.policy.folder / file, self.home)).as_posix()
        return f"[`{shown}`]({path}{'' if line is None else f'#L{line}'})"


def _blocks(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Put together the rules below one sentence: neighbours of one tag, none with a sentence of its own."""
    found: list[list[Rule]] = []
    for rule in rules:
        before = found[-1][-1] if found else None
        same = before is not None and (before.number + 1, before.file) == (rule.number, rule.file)
        if before and same and before.provisions == rule.provisions and rule.comment in ("", before.comment):
            found[-1].append(rule)
        else:
            found.append([rule])
    return found


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"**{title}**"
        yield ""
        yield from (f"- {item}" for item in items)
        yield ""


def _anchor(provision_id: str) -> str:
    return f"p-{provision_id}"


def _plain(text: str) -> str:
    """Keep what Markdown would take for a sign of its own as it is."""
    return re.sub(r"([*<>])", r"\\\1", " ".join(text.split()))


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")
