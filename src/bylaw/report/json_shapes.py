"""Decisions and reasons as JSON: the shapes that other programs read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bylaw.report.folding import Folding
from bylaw.report.hanging import considered_shape, hangs_on_shape, option_shape
from bylaw.report.reckoned import figures_of
from bylaw.report.terminal import steering
from bylaw.tables.terms import Row, Term, plain_value

if TYPE_CHECKING:
    from bylaw.engine.explored import Explored
    from bylaw.engine.solve import Assumption, Conclusion, Decision, Engine
    from bylaw.explain.branches import Fork, Outlook
    from bylaw.explain.contrast import Contrast
    from bylaw.explain.reason import Reason, Value
    from bylaw.explain.reckoning import Reckoner, Reckoning
    from bylaw.explain.sentences import Sentences
    from bylaw.records.model import Records


def json_text(data: Any, *, indent: int | None = 2) -> str:
    """Return a value as JSON; what a terminal would act on is escaped in it."""
    separators = (",", ": ") if indent else (", ", ": ")
    return steering(
        json.dumps(data, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False)
    )


def term_shape(term: Term) -> int | str:
    """Return a term as JSON: a number as the rules have it, a text or a constant as text."""
    return plain_value(term)


def number_shape(value: int, scale: int) -> int | float:
    """Return a number as a person writes it: 198 of scale 2 is 1.98."""
    return value / 10**scale if scale else value


def row_shape(row: Row) -> dict[str, Any]:
    """Return where a row stands."""
    if row.ref:
        return {"file": row.file, "row": row.line, "ref": row.ref}
    return {"file": row.file, "line": row.line} if row.line else {"file": row.file}


def header(engine: Engine, records: Records) -> dict[str, Any]:
    """Return the keys at the head of every report: which rules, read how, as of when."""
    policy = engine.policy
    chosen = {name: reading.default for name, reading in policy.readings.items()} | dict(engine.readings)
    shape: dict[str, Any] = {"policy": policy.id, "edition": policy.edition}
    if records.as_of is not None:
        shape["as_of"] = records.as_of
    shape["readings"] = chosen
    if records.synthetic:
        shape["synthetic"] = True
    return shape


def digests(engine: Engine, records: Records, subject: str) -> dict[str, str]:
    """Return what identifies the rules and the record behind a report."""
    return {"policy": engine.policy.digest, "records": records.digest(subject)}


def decision_shape(
    engine: Engine, records: Records, decision: Decision, sentences: Sentences | None = None
) -> dict[str, Any]:
    """Return a decision as the JSON of `bylaw decide`.

    Args:
        sentences: with the labels of this decision, where they are at hand.
    """
    from bylaw.explain.sentences import Sentences

    sentences = sentences or Sentences(engine.policy, decision.atoms)
    explored = decision.explored
    return {
        **header(engine, records),
        **({"considered": considered_shape(explored)} if explored else {}),
        "edition": decision.edition,
        "student": decision.subject,
        "conclusions": [conclusion_shape(one, sentences, decision.explored) for one in decision.conclusions],
        "undetermined": [undetermined_shape(one.predicate.name, one.tables) for one in decision.undetermined],
        "assumptions": [assumption_shape(one) for one in decision.assumptions],
        "findings": [conclusion_shape(one, sentences, decision.explored) for one in decision.findings],
        "digest": digests(engine, records, decision.subject),
    }


def conclusion_shape(one: Conclusion, sentences: Sentences, explored: Explored | None) -> dict[str, Any]:
    """Return a conclusion or a finding.

    Args:
        explored: the worlds that its status comes from, where something was left open.
    """
    hanging = explored.hanging(one.atom) if explored and one.status == "possible" else None
    return {
        "atom": str(one.atom),
        "predicate": one.predicate.name,
        "args": [term_shape(term) for term in one.args],
        "says": sentences.atom(one.predicate.name, one.args),
        "status": one.status,
        "provisions": list(one.provisions),
        **({"hangs_on": hangs_on_shape(sentences.policy, hanging, sentences)} if hanging else {}),
    }


def undetermined_shape(predicate: str, tables: Sequence[str]) -> dict[str, Any]:
    """Return what cannot be told, and for want of which tables."""
    return {"predicate": predicate, "tables": list(tables)}


def assumption_shape(one: Assumption) -> dict[str, Any]:
    """Return what was taken as given."""
    return {"table": one.table, "says": one.says}


def value_shape(value: Value) -> dict[str, Any]:
    """Return a figure against its bound, in the numbers a person writes."""
    shape: dict[str, Any] = {"actual": number_shape(value.actual, value.scale)}
    if value.relation:
        shape["relation"] = value.relation
    if value.bound is not None:
        shape["bound"] = number_shape(value.bound, value.scale)
    if value.unit:
        shape["unit"] = value.unit[1]
    return shape


def reason_shape(reason: Reason) -> dict[str, Any]:
    """Return a reason and all below it; keys that do not apply are absent."""
    shape: dict[str, Any] = {"kind": reason.kind.value, "atom": reason.atom, "says": reason.says}
    shape["holds"] = reason.holds
    if not reason.met:
        shape["met"] = False
    derived = reason.rule is not None
    if reason.provisions or derived:
        shape["provisions"] = list(reason.provisions)
    if reason.rule is not None:
        shape["rule"] = {"file": reason.rule[0], "line": reason.rule[1]}
    if reason.because or derived:
        shape["because"] = [reason_shape(child) for child in reason.because]
    if reason.evidence:
        shape["evidence"] = [row_shape(row) for row in reason.evidence]
    if reason.value is not None:
        shape["value"] = value_shape(reason.value)
    if reason.assumed:
        shape["assumed"] = reason.assumed
    if reason.supposed:
        shape["supposed"] = True
    if reason.repeated:
        shape["repeated"] = True
    if reason.more:
        shape["more"] = reason.more
    return shape


def reason_report(
    engine: Engine,
    records: Records,
    decision: Decision,
    reason: Reason,
    undetermined: Sequence[str] = (),
    outlook: Outlook | None = None,
    contrast: Contrast | None = None,
    reckoner: Reckoner | None = None,
) -> dict[str, Any]:
    """Return the JSON of `why` and `why-not`: a reason, and what it was told from.

    Args:
        undetermined: the tables for want of which it cannot be told.
        outlook: what becomes of it where something was left open.
        contrast: the nearest way to a better outcome.
        reckoner: what tells how its figures came about.
    """
    report = header(engine, records) | {"student": decision.subject} | reason_shape(reason)
    if outlook is not None:
        report |= outlook_shape(outlook)
    if undetermined:
        report["undetermined"] = [undetermined_shape(reason.predicate, undetermined)]
    if contrast is not None:
        report["contrast"] = {
            "atom": contrast.outcome.atom,
            "says": contrast.says,
            "provisions": list(contrast.outcome.provisions),
            "failed": [reason_shape(one) for one in contrast.failed],
        }
    if reckoner is not None:
        figures = figures_of(Folding(engine.policy).fold(reason))
        known = [one for figure in figures if (one := reckoner.of(figure)) is not None]
        if known:
            report["reckoned"] = [reckoning_shape(one) for one in known]
    report["assumptions"] = [assumption_shape(one) for one in decision.assumptions]
    report["digest"] = digests(engine, records, decision.subject)
    return report


def reckoning_shape(one: Reckoning) -> dict[str, Any]:
    """Return how a figure came about: what was added up, each contribution with its factors."""
    return {
        "figure": one.atom,
        "says": one.says,
        "total": one.total,
        "provisions": list(one.provisions),
        "entries": [
            {
                "says": entry.label,
                "factor": value_shape(entry.product.factor)["actual"],
                "weight": value_shape(entry.product.weight)["actual"],
                "adds": value_shape(entry.product.value)["actual"],
            }
            for entry in one.entries
        ],
    }


def outlook_shape(outlook: Outlook) -> dict[str, Any]:
    """Return what becomes of a conclusion where something is left open: its status, and two cases of it."""
    from bylaw.explain.sentences import Sentences

    sentences = Sentences(outlook.engine.policy, outlook.decision.atoms)
    status = "possible" if outlook.forks else "certain"
    shape: dict[str, Any] = {"status": status, "considered": considered_shape(outlook.explored)}
    if len(outlook.forks) == 1 and not (outlook.certain or outlook.further):
        return shape | _fork_shape(outlook.forks[0], sentences)
    if outlook.forks:
        told = [{"atom": str(fork.atom), **_fork_shape(fork, sentences)} for fork in outlook.forks]
        further = [
            {"atom": str(atom), "hangs_on": hangs_on_shape(sentences.policy, hanging, sentences)}
            for atom in outlook.further
            for hanging in [outlook.explored.hanging(atom)]
        ]
        shape["certain"] = [str(atom) for atom in outlook.certain]
        shape["possible"] = [*told, *further]
    return shape


def _fork_shape(fork: Fork, sentences: Sentences) -> dict[str, Any]:
    return {
        "hangs_on": hangs_on_shape(sentences.policy, fork.hanging, sentences),
        "branches": [
            {
                "holds": branch.holds,
                "supposed": [option_shape(sentences.policy, one, sentences) for one in branch.options],
                "reason": reason_shape(branch.reason),
            }
            for branch in fork.branches
        ],
    }
