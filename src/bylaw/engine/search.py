"""The least steps that lead to a goal: candidates in rounds, then the solver's minimum over all of them.

What is searched is a program of its own: the rules that goal and steps depend on, the facts of the record,
and a choice of steps, each of which adds its row. Nothing that is recorded is changed, so the program is as
stratified as the rules are, but for that choice. A step may be taken only where its own rule holds in the
record with all steps in it. Which steps are worth choosing from is found in rounds: what the grounder finds
possible with the candidates so far are those of the next round.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import clingo

from bylaw.engine.applicable import Given
from bylaw.engine.program import BY, UNSHOWN, add_facts, head_atoms
from bylaw.engine.slices import Slicer
from bylaw.engine.solve import Decision, Engine
from bylaw.engine.steps import GOAL, Answer, Choice, Step, StepChoice
from bylaw.engine.symbols import fact_symbol, symbol_of, term_of
from bylaw.errors import LimitExceeded, PolicyError, Problem
from bylaw.policy.actions import AS_IT_STANDS, GOAL_NAME
from bylaw.policy.model import ActionsText, Policy, Predicate, Role
from bylaw.policy.patterns import Pattern
from bylaw.records.added import NewRow, RowsOnRecord
from bylaw.records.model import Records
from bylaw.tables.schema import ColumnValue
from bylaw.tables.terms import Term

MOST_ROUNDS = 8
MOST_CANDIDATES = 8000
MOST_TIES = 200
"""How many plans of the same weight are looked at; beyond it, there are more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that together lead to the goal.

    Args:
        steps: in an order in which they can be taken.
        cost: of all together.
        points: the sum of the figures that they ask for.
        at_least: whether the goal is also reached with any higher figures; False where that is not so or
            could not be shown.
    """

    steps: tuple[Step, ...]
    cost: int
    points: int
    at_least: bool = False


@dataclass(slots=True)
class Found:
    """What a search finds.

    Args:
        plans: of the least weight found, in a stable order.
        proved: whether nothing lighter exists; without plans, whether none exists at all.
        steps_proved: whether at least nothing cheaper exists, and nothing with a lower highest figure.
        more: whether there are more plans of this weight.
        offered: the steps that were open, or that others could open.
    """

    plans: list[Plan] = field(default_factory=list)
    proved: bool = False
    steps_proved: bool = False
    more: bool = False
    offered: list[Step] = field(default_factory=list)


def as_it_stands(policy: Policy) -> frozenset[str]:
    """Return the predicates that the actions of a policy ask for in the record as it stands."""
    asked = {name for rule in policy.actions.rules for name in rule.uses} if policy.actions else set()
    return frozenset(
        name.removeprefix(AS_IT_STANDS)
        for name in asked - policy.predicates.keys()
        if name.removeprefix(AS_IT_STANDS) in policy.predicates
    )


class StepSearch:
    """Searches the steps that lead a subject to a goal.

    Args:
        engine: of the edition that applies, of a pack that has actions.
        records: that hold the subject.
        decision: what follows from the record of the subject as it stands, of `as_it_stands` at least.
        goal: what is to follow.
        seconds: how long the search may take.
    """

    def __init__(
        self, engine: Engine, records: Records, decision: Decision, goal: Pattern, seconds: float
    ) -> None:
        policy = engine.policy
        assert policy.actions is not None  # who searches has seen to it
        self._policy = policy
        self._actions: ActionsText = policy.actions
        subject = decision.subject
        self._subject = subject
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._specs = {p.name: p for p in policy.predicates.values() if p.role is Role.ACTION}
        self._facts = [fact_symbol(fact) for fact in policy.statements(engine.readings)]
        self._facts += [fact_symbol(fact) for fact in records.facts(subject)]
        self._cheapest = min(spec.action.cost for spec in self._specs.values() if spec.action)
        self._order = {name: number for number, name in enumerate(self._specs)}
        self._on_record = self._rows(records)
        self._text = self._program(engine, decision, goal)
        self._provisions = {pid: number for number, pid in enumerate(policy.provisions)}

    def run(self, most: int) -> Found:
        """Search, and return no more than some plans of the least weight.

        Raises:
            PolicyError: clingo refuses the program of the actions.
            LimitExceeded: not even the steps that are open could be found in time.
        """
        candidates: dict[clingo.Symbol, Step] = {}
        found: tuple[StepChoice, Choice] | None = None
        least_cost = 0
        complete = False
        for number in range(MOST_ROUNDS + 1):
            ground = self._ground(candidates.values())
            if candidates and ground.reachable:
                answer = ground.cheapest(self._deadline)
                if answer.choices:
                    found = ground, answer.choices[-1]
                if not answer.ended:
                    break
            # What a later round adds needs a step of each round before it: does that cost more than is found?
            complete = found is not None and least_cost + self._cheapest > found[1].weight[0]
            fresh = [] if complete else self._fresh(ground, candidates, number)
            least_cost += min((step.spec.cost for step in fresh), default=0)
            complete = not fresh or (found is not None and least_cost > found[1].weight[0])
            if complete or number == MOST_ROUNDS or len(candidates) + len(fresh) > MOST_CANDIDATES:
                break
            candidates.update((step.atom, step) for step in fresh)
        offered = sorted(candidates.values(), key=self._place)
        if found is None:
            return Found([], complete, complete, False, offered)
        return self._lightest(*found, complete, candidates, most, offered)

    # ------------------------------------------------------------------------------------- the program

    def _rows(self, records: Records) -> RowsOnRecord:
        tables = {spec.action.adds.predicate for spec in self._specs.values() if spec.action}
        return RowsOnRecord(records, self._subject, [self._policy.tables[name] for name in sorted(tables)])

    def _program(self, engine: Engine, decision: Decision, goal: Pattern) -> str:
        """Return the rules of the search but for the choice of steps."""
        own = {head for rule in self._actions.rules for head, _ in rule.heads}
        asked = {name for rule in self._actions.rules for name in rule.uses} - own
        standing = as_it_stands(self._policy)
        for name in sorted(standing):
            for atom in decision.atoms.named(name, self._policy.predicates[name].arity):
                self._facts.append(clingo.Function(f"{AS_IT_STANDS}{name}", atom.arguments))
        self._facts.append(clingo.Function(GOAL_NAME, [clingo.Function(goal.predicate.name)]))
        asked &= self._policy.predicates.keys()
        given = {atom.name for atom in self._facts}
        for spec in self._specs.values():
            assert spec.action is not None
            given |= {fact.predicate for fact in self._policy.tables[spec.action.adds.predicate].facts}
        slicer = Slicer(self._policy.encoding, self._policy.chosen_readings(engine.readings))
        rules = slicer.rules([Given(frozenset(given))], [goal.predicate.name, *asked])
        lines = [rule.source for rule in rules]
        for rule in self._actions.rules:
            lines.append(rule.source)
            body = "; ".join(map(str, rule.node.body))
            for head in head_atoms(rule):
                if rule.heads[0][0] in self._specs:
                    lines.append(f"{BY}({rule.number},{head.atom})" + (f" :- {body}." if body else "."))
        lines.append(f"{GOAL.name} :- {self._goal(goal)}.")
        return "\n".join(lines)

    def _goal(self, goal: Pattern) -> str:
        args: list[str] = []
        for (_, kind), given in zip(goal.predicate.args, goal.args, strict=True):
            whole = given is None and kind == self._policy.subject and not args
            term = clingo.String(self._subject) if whole else None if given is None else symbol_of(given)
            args.append("_" if term is None else str(term))
        return f"{goal.predicate.name}({','.join(args)})" if args else goal.predicate.name

    def _ground(self, candidates: Iterable[Step]) -> StepChoice:
        """Ground the program with a choice of the candidates."""
        messages: list[str] = []
        control = clingo.Control(
            ["--warn=no-atom-undefined"],
            logger=lambda _code, text: messages.append(text),
            message_limit=20,
        )
        choice = StepChoice(control, candidates)

        def ground() -> None:
            control.add("base", [], UNSHOWN)
            control.add("base", [], self._text)
            add_facts(control, self._facts)
            choice.offer()
            control.ground([("base", [])])

        try:
            self._in_time(ground)
        except RuntimeError as error:
            raise self._refused(messages or [str(error)]) from None
        if messages:
            raise self._refused(messages)
        choice.constrain()
        return choice

    def _in_time(self, work: Callable[[], None]) -> None:
        """Do some work, and give it up when the time is over; clingo does not stop grounding by itself."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(max(self._deadline - time.monotonic(), 0.05))
        if thread.is_alive():
            raise LimitExceeded(
                Problem(
                    f"the steps open to `{self._subject}` could not be laid out in {self._seconds:g} seconds",
                    help="give more time with --seconds, or a goal that names its year",
                )
            )
        if failed:
            raise failed[0]

    def _refused(self, messages: Sequence[str]) -> PolicyError:
        name = f"{self._policy.folder.name}/{self._actions.file}"
        shown = "; ".join(" ".join(message.split()) for message in messages[:3])
        return PolicyError(Problem(f"clingo refuses the actions of {name}: {shown}"))

    # ------------------------------------------------------------------------------------ the candidates

    def _fresh(self, ground: StepChoice, known: Mapping[clingo.Symbol, Step], number: int) -> list[Step]:
        """Return the steps that are possible and no candidates yet, sorted."""
        found = []
        opened: dict[clingo.Symbol, list[int]] = {}
        for one in ground.control.symbolic_atoms.by_signature(BY, 2):
            rule, atom = one.symbol.arguments
            opened.setdefault(atom, []).append(rule.number)
        for name, predicate in self._specs.items():
            for one in ground.control.symbolic_atoms.by_signature(name, predicate.arity):
                if one.symbol in known:
                    continue
                step = self._step(predicate, one.symbol, number)
                if step is not None and self._on_record.admits(step.row):
                    found.append(replace(step, provisions=self._tags(opened[one.symbol])))
        return sorted(found, key=self._place)

    def _step(self, predicate: Predicate, atom: clingo.Symbol, number: int) -> Step | None:
        assert predicate.action is not None
        spec = predicate.action
        args = tuple(term_of(argument) for argument in atom.arguments)
        named = dict(zip((name for name, _ in predicate.args), args, strict=True))
        if self._subject_of(predicate, args) != self._subject:
            return None
        table = self._policy.tables[spec.adds.predicate]
        values: dict[str, Term | None] = dict.fromkeys(table.columns)
        for column, given in zip(table.columns, spec.adds.args, strict=False):
            values[column] = named[given.column] if isinstance(given, ColumnValue) else given
        row = NewRow(table, values)
        misfit = row.misfit()
        if misfit:
            file = f"{self._policy.folder.name}/{self._actions.file}"
            message = f"{file} opens `{atom}`, whose row of `{table.name}` is none: {misfit}"
            raise PolicyError(Problem(message))
        figure = named.get(spec.least, 0)
        return Step(atom, predicate, args, row, figure if isinstance(figure, int) else 0, number)

    def _subject_of(self, predicate: Predicate, args: Sequence[Term]) -> str | None:
        for (_, kind), term in zip(predicate.args, args, strict=True):
            if kind == self._policy.subject:
                return getattr(term, "value", None)
        return self._subject

    def _place(self, step: Step) -> tuple[int, int, clingo.Symbol]:
        """Return what orders steps: the round, the order of the vocabulary, the arguments."""
        return step.round, self._order[step.predicate.name], step.atom

    # ------------------------------------------------------------------------------------------- the plans

    def _lightest(
        self,
        ground: StepChoice,
        cheapest: Choice,
        complete: bool,
        candidates: Mapping[clingo.Symbol, Step],
        most: int,
        offered: list[Step],
    ) -> Found:
        """Return the lightest of the plans of the least cost."""
        answer = Answer([cheapest], False)
        if complete:
            answer = ground.lightest(cheapest.weight[0], MOST_TIES, self._deadline)
        choices = answer.choices or [cheapest]
        proved = complete and choices[0].proved
        place = {atom: self._place(step) for atom, step in candidates.items()}
        ordered = sorted(choices, key=lambda one: sorted(place[atom] for atom in one.atoms))
        plans = [self._plan(choice, ground, candidates) for choice in ordered[:most]]
        more = len(ordered) > most or len(ordered) >= MOST_TIES or not answer.ended
        return Found(plans, proved, complete and answer.capped, more, offered)

    def _tags(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Return the provisions of some rules of the actions, in the order of the text."""
        tagged = {provision for number in numbers for provision in self._actions.rules[number].provisions}
        return tuple(sorted(tagged, key=lambda pid: self._provisions.get(pid, len(self._provisions))))

    def _plan(self, choice: Choice, ground: StepChoice, candidates: Mapping[clingo.Symbol, Step]) -> Plan:
        steps = []
        for step in sorted((candidates[atom] for atom in choice.atoms), key=self._place):
            steps.append(replace(step, provisions=self._tags(choice.opened[step.atom])))
        cost, _, points = choice.weight
        return Plan(tuple(steps), cost, points, ground.holds_above(choice.atoms, self._deadline))
