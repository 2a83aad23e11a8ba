"""The page of a provision, a limit, a reading or a predicate: what the text says and what the pack does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bylaw.errors import UsageError, did_you_mean, nearest
from bylaw.policy.editions import editions_in_order, in_force_words
from bylaw.policy.model import Limit, Predicate, Provision, Reading, Rule, Status
from bylaw.report.json_shapes import number_shape
from bylaw.report.phrases import FAINT, citations, listed, sentence
from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.policy.cases import Case
    from bylaw.policy.model import Policy

Shown = Provision | Limit | Reading | Predicate

STATUS_WORDS = {
    Status.ENCODED: "encoded",
    Status.RECORDED_FACT: "not encoded: a fact that is recorded",
    Status.DISCRETION: "not encoded: left to somebody's discretion",
    Status.NOT_COMPUTATIONAL: "not encoded: nothing to compute",
    Status.GROUP: "a heading",
}


@dataclass(frozen=True, slots=True)
class _Around:
    """What in a pack belongs to a provision."""

    rules: list[Rule]
    limits: list[Limit]
    readings: list[Reading]
    tables: list[str]
    questions: list[str]
    below: list[Provision]
    cases: list[Case]


def find(policy: Policy, name: str) -> Shown:
    """Return what a name means: a provision by id or citation, a limit, a reading or a predicate.

    Raises:
        UsageError: if there is no such thing.
    """
    name = name.strip()
    by_name: dict[str, Shown] = {
        **policy.predicates,
        **policy.readings,
        **policy.limits,
        **policy.provisions,
    }
    if name in by_name:
        return by_name[name]
    wanted = _bare(policy, name)
    for provision in policy.provisions.values():
        cited = (provision.id, provision.cite, policy.citation.of(provision.id))
        if wanted in {_bare(policy, one) for one in cited}:
            return provision
    close = nearest(_dotted(policy, name), policy.provisions) or nearest(name, by_name)
    help_line = f"did you mean `{close}`?" if close else did_you_mean(name, by_name)
    raise UsageError(
        f"{policy.id} has no provision, limit, reading or predicate `{name}`",
        help_line or "`bylaw show` alone lists the provisions",
    )


def _dotted(policy: Policy, name: str) -> str:
    """Write a citation as an id: `Article 14(A)(2)` as `14.A.2`."""
    word = policy.citation.word
    if word and name.lower().startswith(word.lower()):
        name = name[len(word) :]
    name = re.sub(r",?\s*sentence\s*(\d+)", r".s\1", name)
    return re.sub(r"[\s().,]+", ".", name).strip(".")


def _bare(policy: Policy, name: str) -> str:
    return _dotted(policy, name).lower()


def _around(policy: Policy, provision: Provision, cases: Sequence[Case]) -> _Around:
    pid = provision.id
    return _Around(
        rules=[rule for rule in policy.encoding.rules if pid in rule.provisions],
        limits=[limit for limit in policy.limits.values() if limit.provision == pid],
        readings=[reading for reading in policy.readings.values() if pid in reading.provisions],
        tables=[table.name for table in policy.tables.values() if table.provision == pid],
        questions=[q.question for q in policy.open_questions.values() if pid in q.provisions],
        below=[one for one in policy.provisions.values() if one.id.startswith(f"{pid}.")],
        cases=[case for case in cases if pid in asserted(case)],
    )


def asserted(case: Case) -> set[str]:
    """Return the provisions that a case expects something by."""
    return {
        pid for expected in case.expect for pid in (*(expected.because or ()), *expected.because_includes)
    }


def rule_place(policy: Policy, rule: Rule) -> str:
    """Name where a rule stands."""
    return f"{policy.folder.name}/{rule.file}:{rule.line}"


def other_editions(policy: Policy, shown: Policy) -> Iterator[Line]:
    """Yield which edition of a pack was shown and which others it has, if it has any."""
    if policy.editions is None:
        return
    yield line()
    yield line(
        sentence(f"this is {in_force_words(shown)}".replace(" is in force", ", in force")), FAINT, hang=2
    )
    for edition in editions_in_order(policy):
        if edition.edition != shown.edition:
            asked = f"`--edition {shlex.quote(edition.edition)}`"
            yield line(sentence(f"{asked}: {in_force_words(edition)}"), FAINT, hang=2)


def listing(policy: Policy) -> Iterator[Line]:
    """Yield a line for each provision of a policy."""
    yield line(f"{policy.title}, {policy.institution}, edition {policy.edition}".replace(", ,", ","), "bold")
    for provision in policy.provisions.values():
        depth = provision.id.count(".")
        text = provision.title or provision.summary
        words = "" if provision.status in (Status.ENCODED, Status.GROUP) else f"  [{provision.status}]"
        yield Line(
            (Part(provision.id, "cyan"), Part(f"  {_brief(text)}"), Part(words, FAINT)),
            indent=2 * depth,
            hang=4,
        )


def _brief(text: str) -> str:
    return text if len(text) <= 70 else text[:70].rsplit(" ", 1)[0] + " ..."


def listing_shape(policy: Policy) -> dict[str, Any]:
    """Return the provisions of a policy as JSON."""
    return {
        "policy": policy.id,
        "edition": policy.edition,
        "title": policy.title,
        "provisions": [
            {"id": p.id, "cite": p.cite, "title": p.title, "summary": p.summary, "status": p.status.value}
            for p in policy.provisions.values()
        ],
    }


def page(policy: Policy, shown: Shown, cases: Sequence[Case]) -> Iterator[Line]:
    """Yield the page of a provision, a limit, a reading or a predicate."""
    if isinstance(shown, Provision):
        yield from _provision_page(policy, shown, cases)
    elif isinstance(shown, Limit):
        yield from _limit_page(policy, shown)
    elif isinstance(shown, Reading):
        yield from _reading_page(policy, shown)
    else:
        yield from _predicate_page(policy, shown)


def _provision_page(policy: Policy, provision: Provision, cases: Sequence[Case]) -> Iterator[Line]:
    found = _around(policy, provision, cases)
    title = f": {provision.title}" if provision.title else ""
    yield Line((Part(f"{provision.cite}{title}", "bold"), Part(f"  [{provision.id}]", FAINT)), hang=2)
    yield line(sentence(provision.summary), indent=2)
    yield line()
    actor = f"; on {provision.actor}" if provision.actor else ""
    yield line(sentence(f"status: {STATUS_WORDS[provision.status]}{actor}"), indent=2, hang=2)
    if provision.why_not_encoded:
        yield line(sentence(provision.why_not_encoded), indent=4)
    for note in provision.notes:
        yield line(sentence(f"note: {note}"), indent=2, hang=2)
    if found.below:
        yield line(sentence(f"below it: {listed([one.id for one in found.below])}"), indent=2, hang=2)
    for limit in found.limits:
        yield line(sentence(f"limit {limit.name} = {_limit_words(limit)}: {limit.says}"), indent=2, hang=2)
    for reading in found.readings:
        yield line(f"Reading {reading.name}: {reading.question} Taken: {reading.default}.", indent=2, hang=2)
    for question in found.questions:
        yield line(f"Open question: {question}", indent=2, hang=2)
    for name in found.tables:
        table = policy.tables[name]
        yield line(sentence(f"table {name}: {policy.folder.name}/{table.file}"), indent=2, hang=2)
    for rule in found.rules:
        yield from _rule_lines(policy, rule)
    if found.cases:
        yield line()
        yield line("Asserted by the cases:", indent=2)
        for case in found.cases:
            yield Line((Part(case.name), Part(f"  {case.file}:{case.line}", FAINT, glue=True)), 4, hang=2)
    elif found.rules:
        yield line()
        yield line("No case asserts it.", indent=2)


def _rule_lines(policy: Policy, rule: Rule) -> Iterator[Line]:
    yield line()
    yield line(rule_place(policy, rule), FAINT, indent=2)
    if rule.comment:
        yield line(sentence(rule.comment), indent=4)
    for text in _laid_out(rule.source):
        yield line(text.strip(), "green", indent=4 + (len(text) - len(text.lstrip())), hang=4)


def _laid_out(source: str) -> list[str]:
    """Break a rule behind its head, as the files of a pack have it."""
    head, sign, body = source.partition(" :- ")
    return [f"{head} :-", f"    {body}"] if sign and len(source) > 70 else source.splitlines()


def _limit_words(limit: Limit) -> str:
    from bylaw.explain.sentences import number

    return number(limit.value, limit.scale, limit.unit)


def _limit_page(policy: Policy, limit: Limit) -> Iterator[Line]:
    yield line(f"Limit {limit.name} = {_limit_words(limit)}", "bold", hang=2)
    yield line(sentence(f"{limit.says} {citations(policy, [limit.provision])}"), indent=2)
    if limit.since is not None:
        yield line(f"Since {limit.since}.", indent=2)
    yield from _used_by(policy, rf"limit\({limit.name},")


def _reading_page(policy: Policy, reading: Reading) -> Iterator[Line]:
    yield line(f"Reading {reading.name}: {reading.question}", "bold", hang=2)
    for name, meaning in reading.readings.items():
        taken = " (taken)" if name == reading.default else ""
        yield line(f"{name}{taken}: {meaning}", indent=2, mark="-")
    yield line(f"Why {reading.default}: {sentence(reading.why)}", indent=2, hang=2)
    yield line(sentence(f"provisions: {citations(policy, reading.provisions)[1:-1]}"), indent=2, hang=2)
    yield line(f"To read it otherwise: --reading {reading.name}=VALUE", FAINT, indent=2, hang=2)
    yield from _used_by(policy, rf"reading\({reading.name},")


def _predicate_page(policy: Policy, predicate: Predicate) -> Iterator[Line]:
    args = ", ".join(f"{name}: {kind}" for name, kind in predicate.args)
    yield Line((Part(f"{predicate.name}({args})", "bold"), Part(f"  {predicate.role}", FAINT)), hang=2)
    yield line(sentence(predicate.says), indent=2)
    if predicate.says_not:
        yield line(sentence(f"otherwise: {predicate.says_not}"), indent=2)
    rules = [r for r in policy.encoding.rules if (predicate.name, predicate.arity) in r.heads]
    for rule in rules:
        yield from _rule_lines(policy, rule)
        if rule.provisions:
            yield line(citations(policy, rule.provisions), "cyan", indent=4)
    if not rules:
        tables = [
            table.name
            for table in policy.tables.values()
            if any(template.predicate == predicate.name for template in table.facts)
        ]
        if tables:
            yield line(sentence(f"from the table {listed(tables)}"), indent=2)


def _used_by(policy: Policy, pattern: str) -> Iterator[Line]:
    rules = [rule for rule in policy.encoding.rules if re.search(pattern, rule.source)]
    if rules:
        yield line("Used by:", indent=2)
    for rule in rules:
        cited = citations(policy, rule.provisions)
        yield Line((Part(rule_place(policy, rule)), Part(f" {cited}", "cyan")), indent=4, hang=2)


def shape(policy: Policy, shown: Shown, cases: Sequence[Case]) -> dict[str, Any]:
    """Return a provision, a limit, a reading or a predicate as JSON."""
    head = {"policy": policy.id, "edition": policy.edition}
    if isinstance(shown, Limit):
        return head | {"kind": "limit"} | _limit_shape(shown)
    if isinstance(shown, Reading):
        return head | {"kind": "reading"} | _reading_shape(shown)
    if isinstance(shown, Predicate):
        return head | {
            "kind": "predicate",
            "name": shown.name,
            "role": shown.role.value,
            "args": [{"name": name, "type": kind} for name, kind in shown.args],
            "says": shown.says,
            "rules": [
                _rule_shape(policy, rule)
                for rule in policy.encoding.rules
                if (shown.name, shown.arity) in rule.heads
            ],
        }
    found = _around(policy, shown, cases)
    data: dict[str, Any] = head | {
        "kind": "provision",
        "id": shown.id,
        "cite": shown.cite,
        "title": shown.title,
        "summary": shown.summary,
        "status": shown.status.value,
        "actor": shown.actor,
        "why_not_encoded": shown.why_not_encoded,
        "catalogue_id": shown.catalogue_id,
        "notes": list(shown.notes),
        "below": [one.id for one in found.below],
        "limits": [_limit_shape(limit) for limit in found.limits],
        "readings": [_reading_shape(reading) for reading in found.readings],
        "open_questions": found.questions,
        "tables": found.tables,
        "rules": [_rule_shape(policy, rule) for rule in found.rules],
        "cases": [{"name": c.name, "file": c.file, "line": c.line} for c in found.cases],
    }
    return {key: value for key, value in data.items() if value not in ("", [])}


def _limit_shape(limit: Limit) -> dict[str, Any]:
    data: dict[str, Any] = {"name": limit.name, "value": number_shape(limit.value, limit.scale)}
    if limit.unit:
        data["unit"] = limit.unit[1]
    if limit.since is not None:
        data["since"] = limit.since
    return data | {"says": limit.says, "provision": limit.provision}


def _reading_shape(reading: Reading) -> dict[str, Any]:
    return {
        "name": reading.name,
        "question": reading.question,
        "readings": dict(reading.readings),
        "default": reading.default,
        "why": reading.why,
        "provisions": list(reading.provisions),
    }


def _rule_shape(policy: Policy, rule: Rule) -> dict[str, Any]:
    return {
        "file": f"{policy.folder.name}/{rule.file}",
        "line": rule.line,
        "comment": rule.comment,
        "source": rule.source,
        "provisions": list(rule.provisions),
    }
