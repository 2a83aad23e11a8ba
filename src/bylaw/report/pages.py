"""What the pages on one student share: by which rules, on what record, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from bylaw.report.html import safe_text
from bylaw.report.json_shapes import digests
from bylaw.report.phrases import as_of_words, sentence

if TYPE_CHECKING:
    from bylaw.engine.solve import Decision, Engine
    from bylaw.records.model import Records


def frame(
    engine: Engine, records: Records, decision: Decision, *, made: date, version: str
) -> dict[str, object]:
    """Return what stands above and below every page: by which rules, on what record, who decides, digests.

    Args:
        made: the day that stands on it.
        version: of bylaw.
    """
    from bylaw.explain.sentences import Sentences

    policy = engine.policy
    sentences = Sentences(policy, decision.atoms)
    digest = digests(engine, records, decision.subject)
    return {
        "title": safe_text(f"{decision.subject}: {policy.title}"),
        "institution": policy.institution,
        "regulations": policy.title,
        "edition": decision.edition,
        "authority": policy.authority,
        "synthetic": records.synthetic,
        "student": decision.subject,
        "record": records.source,
        "as_of": as_of_words(policy, records.as_of, sentences) if records.as_of is not None else "",
        "readings": [
            f"{name} = {value}"
            for name, value in engine.readings.items()
            if value != policy.readings[name].default
        ],
        "policy_digest": digest["policy"],
        "record_digest": digest["records"],
        "made": made.isoformat(),
        "version": version,
    }


def assumptions(says: Iterable[str]) -> list[str]:
    """Return what is assumed for want of tables, each in a sentence."""
    told = dict.fromkeys(
        text.removeprefix("assumed: ").removesuffix(", table not supplied")
        for one in says
        for text in one.split("; assumed: ")
    )
    return [sentence(one) for one in told]
