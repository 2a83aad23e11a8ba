"""A decision as text: what follows from a record, grouped by what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bylaw.analysis.written import written_atom
from bylaw.policy.editions import editions_in_order
from bylaw.report.hanging import OpenPoints, considered
from bylaw.report.phrases import FAINT, as_of_words, assumed, cited_sentence, listed, unknown_tables
from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.engine.solve import Conclusion, Decision, Engine
    from bylaw.explain.sentences import Sentences
    from bylaw.records.model import Records


def heading(
    engine: Engine, records: Records, *, several: bool = False, sentences: Sentences | None = None
) -> list[Line]:
    """Return the lines that say by which rules, read how, and on what record.

    Args:
        several: whether decisions by several editions follow, each of which names its own.
        sentences: with the labels of a decision, in which the present may have a name.
    """
    policy = engine.policy
    editions = [one.edition for one in editions_in_order(policy)] if several else [policy.edition]
    named = f"edition {editions[0]}" if len(editions) == 1 else f"editions {listed(editions)}"
    of = f", {policy.institution}" if policy.institution else ""
    now = f", as of {as_of_words(policy, records.as_of, sentences)}" if records.as_of is not None else ""
    lines = [line(f"{policy.title}{of}, {named}{now}", FAINT, hang=2)]
    made_up = " (synthetic)" if records.synthetic else ""
    lines.append(line(f"Record: {records.source}{made_up}", FAINT, hang=2))
    for name, value in engine.readings.items():
        reading = policy.readings[name]
        if value != reading.default:
            lines.append(line(f"Read otherwise than usual: {name} = {value}", FAINT, hang=2))
    return lines


def decision_page(
    engine: Engine, records: Records, decision: Decision, *, headed: bool = True, named: bool = False
) -> Iterator[Line]:
    """Yield the page of a decision.

    Args:
        headed: whether it says which rules and records it is from.
        named: whether it names its edition, as one of several pages by several editions does.
    """
    from bylaw.explain.sentences import Sentences

    policy = engine.policy
    sentences = Sentences(policy, decision.atoms)
    explored = decision.explored
    possible = [one for one in decision.reported() if one.status == "possible"] if explored else []
    points = OpenPoints(policy, [explored.hanging(one.atom) for one in possible if explored], sentences)
    if headed:
        yield from heading(engine, records, sentences=sentences)
        yield line()
    named = named or decision.edition != policy.edition
    edition = f", by edition {decision.edition}" if named else ""
    yield line(f"{decision.subject}{edition}", "bold")
    group = ""
    for one in decision.conclusions:
        if one.predicate.name != group:
            group = one.predicate.name
            yield line(f"{group}:", FAINT, indent=2)
        yield from _conclusion(engine, decision, one, sentences, points)
    if not decision.conclusions and not decision.undetermined:
        yield line("Nothing follows from this record.", indent=2)
    if decision.findings:
        yield line("findings, to which the text attaches no consequence:", FAINT, indent=2)
        for one in decision.findings:
            yield from _conclusion(engine, decision, one, sentences, points)
    if decision.undetermined:
        yield line("undetermined:", FAINT, indent=2)
        for unknown in decision.undetermined:
            reason = unknown_tables(policy, unknown.tables)
            yield line(f"{unknown.predicate.name}: {reason}.", "yellow", indent=4, hang=2)
    if decision.explored is not None:
        yield from points.lines()
        yield line(considered(decision.explored), FAINT, indent=2, hang=2)
    yield from assumed(one.says for one in decision.assumptions)
    if decision.conclusions:
        first = decision.conclusions[0]
        pattern = written_atom(policy, first.predicate, first.args)
        yield line(f"Reasons: bylaw why {decision.subject} '{pattern}'", FAINT, indent=2)


def _conclusion(
    engine: Engine, decision: Decision, one: Conclusion, sentences: Sentences, points: OpenPoints
) -> Iterator[Line]:
    says = sentences.atom(one.predicate.name, one.args)
    parts = cited_sentence(engine.policy, says, one.provisions)
    if one.status == "possible" and decision.explored is None:
        parts.append(Part(" Possible, not certain.", "yellow"))
    yield Line(tuple(parts), indent=4, hang=2)
    if one.status == "possible" and decision.explored is not None:
        yield points.status(decision.explored.hanging(one.atom))
