"""What a subject can still do to reach a goal: searched, and each plan decided like any other record."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bylaw.engine.search import Found, Plan, StepSearch, as_it_stands
from bylaw.engine.solve import Conclusion, Decision, Engine
from bylaw.engine.symbols import term_of
from bylaw.errors import Fault, Problem, UsageError
from bylaw.policy.patterns import Pattern
from bylaw.records.added import with_rows
from bylaw.records.model import Records
from bylaw.tables.terms import Term, Text

SECONDS = 5.0
"""How long a search may take unless another time is given."""
MOST = 5
"""How many plans of the same weight are told unless another number is given."""


@dataclass(frozen=True, slots=True)
class Way:
    """A plan, and what follows once its steps are on record.

    Args:
        plan: the steps.
        reaches: the conclusions that were asked for; none where the goal is a step on the way.
    """

    plan: Plan
    reaches: tuple[Conclusion, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer to what a subject can still do.

    Args:
        goal: what was asked for, with the subject in it.
        decision: on the record as it stands, of the goal and what the actions ask for.
        reached: whether the goal is reached already.
        undetermined: tables for want of which it cannot be told.
        found: by the search; None where nothing had to be searched.
        ways: each decided with its steps on record.
    """

    goal: Pattern
    decision: Decision
    reached: bool = False
    undetermined: tuple[str, ...] = ()
    found: Found | None = None
    ways: tuple[Way, ...] = ()

    @property
    def out_of_reach(self) -> bool:
        """Whether it is proved that no steps lead to the goal."""
        return self.found is not None and not self.ways and self.found.proved


def advise(
    engine: Engine,
    records: Records,
    subject: str,
    goal: Pattern,
    *,
    seconds: float = SECONDS,
    most: int = MOST,
) -> Advice:
    """Search the least steps by which a subject reaches a goal.

    Args:
        engine: of the edition that applies.
        goal: which conclusion is wanted.
        seconds: how long to search.
        most: how many plans of the same weight to return.

    Raises:
        UsageError: there is no such subject, or the pack declares no actions.
        LimitExceeded: the time was over before anything could be searched.
        Fault: a plan was found that does not reach the goal when the record is decided with it.
    """
    if engine.policy.actions is None:
        raise UsageError(
            f"`{engine.policy.id}` does not say which steps are open to a {engine.policy.subject}",
            "declare actions in the pack: see docs/reference/packs.md",
        )
    wanted = {goal.predicate.name, *as_it_stands(engine.policy)}
    decision = engine.decide(records, subject, wanted)
    goal = _of(goal, engine.policy.subject, subject)
    tables = next((u.tables for u in decision.undetermined if u.predicate.name == goal.predicate.name), ())
    if tables:
        return Advice(goal, decision, undetermined=tables)
    if _reaches(decision, goal):
        return Advice(goal, decision, reached=True)
    found = StepSearch(engine, records, decision, goal, seconds).run(most)
    ways = tuple(_way(engine, records, subject, goal, plan) for plan in found.plans)
    return Advice(goal, decision, found=found, ways=ways)


def _of(goal: Pattern, kind: str, subject: str) -> Pattern:
    """Fill the subject in where a goal leaves it open."""
    args: list[Term | None] = list(goal.args)
    for number, (_, type_name) in enumerate(goal.predicate.args):
        if type_name == kind:
            args[number] = Text(subject) if args[number] is None else args[number]
            break
    return replace(goal, args=tuple(args))


def _reaches(decision: Decision, goal: Pattern) -> bool:
    """Whether what is wanted follows for certain."""
    reported = [one for one in decision.reported() if one.predicate.name == goal.predicate.name]
    if reported:
        return any(one.status == "certain" and goal.matches(one.args) for one in reported)
    return decision.answer_sets == 1 and any(
        goal.matches(tuple(term_of(argument) for argument in atom.arguments))
        for atom in decision.atoms.named(goal.predicate.name, goal.predicate.arity)
    )


def _way(engine: Engine, records: Records, subject: str, goal: Pattern, plan: Plan) -> Way:
    """Decide the record with the steps of a plan on it."""
    changed = with_rows(records, subject, [step.row for step in plan.steps])
    after = engine.decide(changed, subject, {goal.predicate.name})
    if not _reaches(after, goal):
        steps = ", ".join(str(step.atom) for step in plan.steps)
        raise Fault(
            Problem(
                f"the search found steps that do not lead to `{goal.text}` once they are on record: {steps}",
                subject=subject,
                help="this is a fault of bylaw; nothing is advised",
            )
        )
    reaches = [
        one
        for one in after.reported()
        if one.predicate.name == goal.predicate.name and one.status == "certain" and goal.matches(one.args)
    ]
    return Way(plan, tuple(reaches))
