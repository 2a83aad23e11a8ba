"""One self-contained page of all that follows from a record, each conclusion with its provisions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bylaw.report.hanging import considered, hangs
from bylaw.report.html import template
from bylaw.report.pages import assumptions, frame
from bylaw.report.phrases import citations, sentence, unknown_tables

if TYPE_CHECKING:
    from bylaw.engine.solve import Conclusion, Decision, Engine
    from bylaw.explain.sentences import Sentences
    from bylaw.records.model import Records


def decision_html(engine: Engine, records: Records, decision: Decision, *, made: date, version: str) -> str:
    """Return the page as HTML.

    Args:
        made: the day that stands on it.
        version: of bylaw.
    """
    from bylaw.explain.sentences import Sentences

    policy = engine.policy
    sentences = Sentences(policy, decision.atoms)
    groups = [
        ("What follows", "", decision.conclusions),
        ("Findings", "The text attaches no consequence to these.", decision.findings),
    ]
    said = len(decision.reported())
    follows = f"{said} conclusion{'' if said == 1 else 's'} on {decision.subject}" if said else ""
    return template("decision_page.html").render(
        page=frame(engine, records, decision, made=made, version=version)
        | {
            "outcome": sentence(follows or f"nothing follows from the record of {decision.subject}"),
            "groups": [
                {
                    "name": name,
                    "note": note,
                    "conclusions": [_told(engine, decision, one, sentences) for one in found],
                }
                for name, note, found in groups
                if found
            ],
            "undetermined": [
                sentence(f"{one.predicate.name.replace('_', ' ')}: {unknown_tables(policy, one.tables)}")
                for one in decision.undetermined
            ],
            "hangs": [sentence(considered(decision.explored))] if decision.explored else [],
            "assumed": assumptions(one.says for one in decision.assumptions),
        }
    )


def _told(engine: Engine, decision: Decision, one: Conclusion, sentences: Sentences) -> dict[str, str]:
    """Return a conclusion as a sentence, with its citation and, if it is only possible, what it hangs on."""
    status = ""
    if one.status == "possible":
        explored = decision.explored
        on = hangs(engine.policy, explored.hanging(one.atom)) if explored else "not certain"
        status = sentence(f"Possible: {on}")
    return {
        "says": sentence(sentences.atom(one.predicate.name, one.args)),
        "cited": citations(engine.policy, one.provisions)[1:-1],
        "status": status,
    }
