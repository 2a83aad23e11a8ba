"""What a subject can still do, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bylaw.explain.sentences import Sentences
from bylaw.report.json_shapes import assumption_shape, digests, header, reason_shape, undetermined_shape
from bylaw.report.letter import Letter
from bylaw.report.phrases import FAINT, cited_sentence, sentence, unbroken
from bylaw.report.terminal import Line, Part, line
from bylaw.tables.cells import written
from bylaw.tables.rows import plain
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Constant, Term

if TYPE_CHECKING:
    from bylaw.analysis.advise import Advice, Way
    from bylaw.engine.solve import Engine
    from bylaw.engine.steps import Step
    from bylaw.explain.reason import Reason
    from bylaw.records.added import NewRow
    from bylaw.records.model import Records

MOST_OFFERED = 8
"""How many of the steps that do not suffice are named."""
DEPTH = 2
"""Levels of reasons shown for a goal out of reach."""


class AdvicePage:
    """Writes one piece of advice.

    Args:
        reason: why the goal is not reached as the record stands; told where it is out of reach.
        seconds: how long was searched.
    """

    def __init__(
        self,
        engine: Engine,
        records: Records,
        advice: Advice,
        reason: Reason | None = None,
        *,
        seconds: float,
    ) -> None:
        self.engine = engine
        self.policy = engine.policy
        self.records = records
        self.advice = advice
        self.reason = reason
        self.seconds = seconds
        self.sentences = Sentences(engine.policy, advice.decision.atoms)
        self.goal = self.sentences.atom(advice.goal.predicate.name, advice.goal.args)

    def page(self) -> Iterator[Line]:
        """Yield the page."""
        advice = self.advice
        letter = Letter(self.engine, self.records, advice.decision, depth=DEPTH)
        if advice.undetermined and self.reason is not None:
            yield from letter.undetermined(self.reason, advice.undetermined)
            return
        yield Line(
            (Part("Wanted: ", FAINT), Part(unbroken(self.policy, sentence(self.goal)), "bold")), hang=2
        )
        if advice.reached:
            yield line("It is so already; nothing has to be done. `bylaw why` gives the reasons.", indent=2)
            yield from self._closing()
        elif advice.ways:
            yield from self._ways()
            yield from self._closing()
        else:
            yield from self._none()
            if self.reason is not None:
                yield line()
                yield from letter.page(self.reason, negative=True)

    def _ways(self) -> Iterator[Line]:
        ways = self.advice.ways
        count = len(ways[0].plan.steps)
        steps = "one step" if count == 1 else f"{count} steps"
        if len(ways) == 1:
            yield line(f"It can still be reached, by {steps}:", indent=2)
        else:
            yield line(f"It can still be reached, in {len(ways)} ways of the same weight:", indent=2)
        for number, way in enumerate(ways, 1):
            yield line()
            if len(ways) > 1:
                yield line(f"Way {number}", "bold", indent=2)
            yield from self._way(way)
        yield line()
        yield line(self._proof(), indent=2, hang=2)

    def _way(self, way: Way) -> Iterator[Line]:
        for number, step in enumerate(way.plan.steps, 1):
            parts = cited_sentence(self.policy, self.says(step), step.provisions)
            yield Line(tuple(parts), indent=2, mark=f"{number}.")
        for one in way.reaches:
            says = f"then {self.sentences.atom(one.predicate.name, one.args)}"
            yield Line(tuple(cited_sentence(self.policy, says, one.provisions)), indent=2, hang=2)
        if any(step.figure for step in way.plan.steps) and not way.plan.at_least:
            says = "Meant exactly: with a higher figure other steps may be needed."
            yield line(says, FAINT, indent=2, hang=2)

    def _proof(self) -> str:
        found = self.advice.found
        assert found is not None
        figured = any(step.figure for way in self.advice.ways for step in way.plan.steps)
        if found.proved:
            text = "Proved smallest: nothing that costs less leads to it"
            text += ", and no lower figures do." if figured else "."
        elif found.steps_proved:
            text = (
                "Proved smallest in its steps and in the highest figure asked for; the sum of the figures is "
                f"the best found in {self.seconds:g} seconds."
            )
        else:
            text = f"The best found in {self.seconds:g} seconds; not proved smallest."
        if found.more:
            text += " There are further ways of the same weight; `--most` shows more of them."
        return text

    def _none(self) -> Iterator[Line]:
        found = self.advice.found
        assert found is not None
        if not found.proved:
            yield line(f"No way to it was found in {self.seconds:g} seconds; there may be one.", indent=2)
            return
        offered = self._highest(found.offered)
        if not offered:
            yield line("It is out of reach by the steps that the pack declares: none is open.", indent=2)
            return
        says = (
            "It is out of reach by the steps that the pack declares: none that is open leads to it, nor any "
            "that another could open. Open are:"
        )
        yield line(says, indent=2, hang=2)
        for step in offered[:MOST_OFFERED]:
            parts = cited_sentence(self.policy, self.says(step), step.provisions)
            yield Line(tuple(parts), indent=4, mark="-")
        if len(offered) > MOST_OFFERED:
            yield line(f"and {len(offered) - MOST_OFFERED} more.", indent=6)

    @staticmethod
    def _highest(offered: Sequence[Step]) -> list[Step]:
        """Return, for each row that could be added to the record now, the step that asks for most."""
        best: dict[object, Step] = {}
        for step in offered:
            if step.round:
                continue
            if step.row.key not in best or best[step.row.key].figure < step.figure:
                best[step.row.key] = step
        return list(best.values())

    def _closing(self) -> Iterator[Line]:
        yield from Letter(self.engine, self.records, self.advice.decision).closing()

    def says(self, step: Step) -> str:
        """Say a step in words."""
        return self.sentences.atom(step.predicate.name, step.args)

    def shape(self) -> dict[str, Any]:
        """Return the advice as JSON."""
        advice, found = self.advice, self.advice.found
        shape = header(self.engine, self.records)
        shape |= {"student": advice.decision.subject, "goal": advice.goal.text, "says": self.goal}
        shape["reached_already"] = advice.reached
        shape["advice"] = [self._way_shape(way) for way in advice.ways]
        if found is not None:
            shape |= {"proved": found.proved, "more": found.more}
        if found is not None and not advice.ways:
            shape["out_of_reach"] = {
                "proved": found.proved,
                "steps_open": [self._step_shape(step) for step in self._highest(found.offered)],
            }
            if self.reason is not None:
                shape["out_of_reach"]["why_not"] = reason_shape(self.reason)
        if advice.undetermined:
            name = advice.goal.predicate.name
            shape["undetermined"] = [undetermined_shape(name, advice.undetermined)]
        shape["assumptions"] = [assumption_shape(one) for one in advice.decision.assumptions]
        shape["digest"] = digests(self.engine, self.records, advice.decision.subject)
        return shape

    def _way_shape(self, way: Way) -> dict[str, Any]:
        plan = way.plan
        return {
            "steps": [self._step_shape(step) for step in plan.steps],
            "cost": plan.cost,
            "points": plan.points,
            "at_least": plan.at_least,
            "then": [
                {
                    "atom": str(one.atom),
                    "says": self.sentences.atom(one.predicate.name, one.args),
                    "provisions": list(one.provisions),
                }
                for one in way.reaches
            ],
        }

    def _step_shape(self, step: Step) -> dict[str, Any]:
        return {
            "says": self.says(step),
            "action": step.predicate.name,
            "row": {"table": step.row.table.name, "values": row_values(step.row)},
            "provisions": list(step.provisions),
        }


def row_values(row: NewRow) -> dict[str, str | int]:
    """Return the values of a row as its file has them, without empty cells."""
    return {
        name: _value(row.table.columns[name], value)
        for name, value in row.values.items()
        if value is not None
    }


def _value(column: Column, term: Term) -> str | int:
    if isinstance(term, int):
        return term if column.type is ColumnType.INTEGER else written(column, term)
    if isinstance(term, Constant):
        return next((word for word, known in column.choices.items() if known == term), term.name)
    return plain(term)
