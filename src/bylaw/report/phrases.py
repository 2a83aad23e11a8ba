"""Words that every report shares: sentences, citations, rows of evidence, what is assumed or unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING

from bylaw.explain.sentences import number
from bylaw.report.terminal import NO_BREAK, Line, Part, line
from bylaw.tables.terms import Row

if TYPE_CHECKING:
    from bylaw.explain.reason import Reason, Value
    from bylaw.explain.sentences import Sentences
    from bylaw.policy.model import Policy

CITED = "cyan"
FAINT = "dim"


def sentence(text: str) -> str:
    """Give a sentence its capital and its full stop; ids keep their case."""
    text = text.strip()
    if not text:
        return ""
    first = text.split(maxsplit=1)[0].rstrip(",:;")
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", ":")) else text + "."


def clause(text: str) -> str:
    """Take the full stop from a sentence, to go on after it."""
    return sentence(text).removesuffix(".").removesuffix(":")


def listed(words: Sequence[str], last: str = "and") -> str:
    """Write a list as a sentence has it: `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def citations(policy: Policy, provisions: Iterable[str]) -> str:
    """Write citations as a sentence ends with them: `(Article 14(A)(2); 14(C))`, or nothing."""
    cited = [policy.cite(provision) for provision in provisions]
    word = f"{policy.citation.word} "
    short = [one.removeprefix(word) if number and len(word) > 1 else one for number, one in enumerate(cited)]
    return f"({'; '.join(short)})" if short else ""


def unbroken(policy: Policy, text: str) -> str:
    """Keep on one line what belongs together: `Article 14`, `60 %`."""
    word = policy.citation.word
    text = re.sub(r"(?<=\d) %", NO_BREAK + "%", text)
    return re.sub(rf"\b{re.escape(word)} (?=[\w(])", word + NO_BREAK, text) if word else text


def cited_sentence(policy: Policy, text: str, provisions: Sequence[str], style: str = "") -> list[Part]:
    """Return a sentence with its citations before the full stop, but for those that it names itself."""
    further = [one for one in provisions if f"({policy.cite(one)})" not in text]
    for known in policy.provisions.values() if further and text.endswith(")") else ():
        if text.endswith(f" ({known.cite})"):
            text, further = text.removesuffix(f" ({known.cite})"), [known.id, *further]
            break
    cited = citations(policy, further)
    whole = unbroken(policy, sentence(text))
    if not cited:
        return [Part(whole, style)]
    end = whole[-1] if whole else ""
    return [Part(whole[:-1] + " ", style), Part(unbroken(policy, cited), CITED), Part(end, style)]


def short_row(row: Row, source: str, pack: PurePath | None = None) -> str:
    """Name a row as briefly as it is still found: without the folder that the report names.

    Args:
        source: the folder or file of the records, as the reader named it.
        pack: the folder of the pack, whose own tables are named from it on.
    """
    if row.ref:
        within = "" if row.file == source else f"{_below(row.file, source)} "
        return f"{within}{row.ref}"
    if not row.line:  # an option of the command line
        return row.file
    path = PurePath(row.file)
    if pack is not None and path.is_relative_to(pack) and pack.name:
        return f"{pack.name}/{path.relative_to(pack).as_posix()}:{row.line}"
    return f"{_below(row.file, source)}:{row.line}"


def _below(file: str, source: str) -> str:
    """Name a file without the folder of the records."""
    path = PurePath(file)
    for base in (PurePath(source), PurePath(source).parent):
        if path != base and path.is_relative_to(base) and str(base) != ".":
            return path.relative_to(base).as_posix()
    return path.as_posix()


def row_part(rows: Sequence[Row], source: str, pack: PurePath | None = None, shown: int = 3) -> list[Part]:
    """Return the rows that a sentence rests on, to stand after it."""
    names = list(dict.fromkeys(short_row(row, source, pack) for row in rows))
    if not names:
        return []
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    parts = [Part(f"  {name}", FAINT, glue=True) for name in names[:shown]]
    return [*parts, Part(more, FAINT)] if more else parts


def as_of_words(policy: Policy, as_of: int, sentences: Sentences | None = None) -> str:
    """Write the present as the clock's type is written: 2024 as 2024/25.

    Args:
        sentences: with the labels of a decision, for a clock whose numbers have names.
    """
    if policy.clock and policy.clock.predicate in policy.predicates:
        kinds = policy.predicates[policy.clock.predicate].args
        kind = policy.types.get(kinds[0][1]) if kinds else None
        if kind and kind.label and sentences is not None:
            return sentences.term(kind, as_of)
        if kind and kind.show == "year_span":
            return f"{as_of}/{(as_of + 1) % 100:02d}"
        if kind and kind.show == "date" and 1 <= as_of <= date.max.toordinal():
            return date.fromordinal(as_of).isoformat()
    return str(as_of)


def margin(value: Value) -> str:
    """Say by how much a figure fails what is asked of it: `3 credit hours too many`, or nothing."""
    if value.bound is None or value.unit is None:
        return ""
    over = value.actual - value.bound
    measured = bool(value.scale) or value.unit[1] == "%"
    if value.relation == "<=" and over > 0:
        return f"{number(over, value.scale, value.unit)} too {'much' if measured else 'many'}"
    if value.relation == ">=" and over < 0:
        return f"{number(-over, value.scale, value.unit)} short"
    return ""


def idle_words(count: int) -> str:
    """Say that conditions of a rule are left out, which are met for nothing but what failed in it."""
    if count == 1:
        return "One further condition is not in question as long as the above is not met."
    return f"{count} further conditions are not in question as long as the above is not met."


def permitted(reason: Reason) -> bool:
    """Tell whether a rule that did not lead to something has all its conditions met: it only permits it."""
    return not reason.met and bool(reason.because) and all(one.met for one in reason.because)


PERMITTED = "Its conditions are met: it permits this, and does not require it."


def unknown_tables(policy: Policy, tables: Sequence[str]) -> str:
    """Say which tables are missing, so that something cannot be told."""
    named = [f"`{name}`" for name in tables]
    plural = len(named) > 1
    del policy
    return (
        f"the record has nothing on {listed(named)}, and no rows there "
        f"{'do' if plural else 'does'} not mean none"
    )


def assumed(says: Iterable[str]) -> Iterator[Line]:
    """Yield one line on all that is assumed because tables were not supplied."""
    told = dict.fromkeys(
        text.removeprefix("assumed: ").removesuffix(", table not supplied")
        for one in says
        for text in one.split("; assumed: ")
    )
    if told:
        which = "its table is" if len(told) == 1 else "their tables are"
        yield line(f"Assumed, for {which} not supplied: {'; '.join(told)}.", FAINT, indent=2, hang=2)
