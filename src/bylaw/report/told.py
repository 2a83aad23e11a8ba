"""What is told of each student of a cohort: a JSON object, made where the student is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bylaw.engine.opened import OpenEngine
    from bylaw.engine.solve import Decision, Engine
    from bylaw.engine.symbols import Symbol
    from bylaw.explain.sentences import Sentences
    from bylaw.policy.model import Policy
    from bylaw.records.model import Records

Form = Literal["shape", "page"]
"""`shape`: as `bylaw decide --format json` has it; `page`: the lines of the text of `bylaw decide`."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The task of deciding students and telling what follows, each as a line of JSON.

    Args:
        form: what is told.
        readings: switches set otherwise than by default.
        decisions: whether decisions that are not on record may be taken.
        open_readings: whether the text may be read otherwise.
    """

    form: Form = "shape"
    readings: Mapping[str, str] = field(default_factory=dict)
    decisions: bool = False
    open_readings: bool = False

    @property
    def open(self) -> bool:
        """Whether anything is left open, so that each student is decided alone."""
        return self.decisions or self.open_readings

    def begin(self, policy: Policy) -> Callable[[Records], list[str]]:
        """Return what tells of the students of some records, in their order."""
        from bylaw.engine.editions import open_engine
        from bylaw.report.json_shapes import json_text

        engine = open_engine(policy, self.readings)
        judge: OpenEngine | None = None
        if self.open:  # else what it takes need not be read
            from bylaw.engine.opened import OpenEngine

            judge = OpenEngine(engine, decisions=self.decisions, readings=self.open_readings)

        def tell(records: Records) -> list[str]:
            decided: Iterator[Decision] = (
                (judge.decide(records, subject) for subject in records.subjects)
                if judge is not None
                else engine.decide_all(records, records.subjects, len(records.subjects))
            )
            words = _Words()
            return [json_text(self._told(engine, records, one, words), indent=None) for one in decided]

        return tell

    def _told(self, engine: Engine, records: Records, decision: Decision, words: _Words) -> dict[str, Any]:
        from bylaw.report.json_shapes import decision_shape, digests

        own = engine.applying(records, decision.subject)
        if self.form == "shape":
            return decision_shape(own, records, decision, words.of(own.policy, decision))
        from bylaw.report.decision_text import decision_page

        several = engine.policy.editions is not None
        page = decision_page(own, records, decision, headed=False, named=several)
        return {
            "student": decision.subject,
            "page": [
                [
                    [[p.text, p.style, p.glue] for p in one.parts],
                    one.indent,
                    one.mark,
                    one.mark_style,
                    one.hang,
                ]
                for one in page
            ],
            "undetermined": len(decision.undetermined),
            "digest": digests(own, records, decision.subject),
        }


class _Words:
    """Sentences for the students of a batch, who share the labels of what they name."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[list[Sequence[Symbol]], Sentences]] = {}

    def of(self, policy: Policy, decision: Decision) -> Sentences:
        """Return sentences with the labels of a decision: those of the one before, if they are the same."""
        from bylaw.explain.sentences import Sentences

        names = {kind.label: None for kind in policy.types.values() if kind.label}
        labels = [decision.atoms.named(name, 2) for name in names]
        before = self._known.get(policy.edition)
        if before is None or any(one is not other for one, other in zip(labels, before[0], strict=True)):
            before = self._known[policy.edition] = (labels, Sentences(policy, decision.atoms))
        return before[1]
