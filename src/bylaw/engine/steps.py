"""Steps that a subject can take, as a choice in a ground program: what is taken, and what it weighs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import clingo

from bylaw.engine.program import BY
from bylaw.engine.symbols import fact_symbol
from bylaw.policy.model import ActionSpec, Predicate
from bylaw.records.added import NewRow
from bylaw.tables.terms import Term

TAKE = "_take"
GOAL = clingo.Function("_goal")

Weight = tuple[int, int, int]
"""What plans are compared by: cost, highest figure, sum of the figures."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a subject can take.

    Args:
        atom: that says so.
        predicate: of role action.
        args: of the atom.
        row: what it adds to the record.
        figure: what is to be kept low, such as the mark to reach; 0 if the step has none.
        round: how many other steps it needs before it, at least.
        provisions: that open it.
    """

    atom: clingo.Symbol
    predicate: Predicate
    args: tuple[Term, ...]
    row: NewRow
    figure: int
    round: int
    provisions: tuple[str, ...] = ()

    @property
    def spec(self) -> ActionSpec:
        """What taking it means."""
        assert self.predicate.action is not None
        return self.predicate.action

    def at_least(self, other: Step) -> bool:
        """Whether it is another step with the same figure or a higher one."""
        names = [name for name, _ in self.predicate.args]
        same = self.predicate is other.predicate and all(
            mine == theirs
            for name, mine, theirs in zip(names, self.args, other.args, strict=True)
            if name != self.spec.least
        )
        return same and self.figure >= other.figure


@dataclass(frozen=True, slots=True)
class Choice:
    """The steps of one answer set.

    Args:
        atoms: of the steps taken.
        opened: for each, the numbers of the rules of the actions that open it.
        weight: of all together.
        proved: whether there is no lighter one.
    """

    atoms: frozenset[clingo.Symbol]
    opened: Mapping[clingo.Symbol, tuple[int, ...]]
    weight: Weight
    proved: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found: choices, the last or all of them the best.

    Args:
        ended: whether it came to its end.
        capped: whether it is proved that no plan asks for a lower highest figure.
    """

    choices: list[Choice]
    ended: bool
    capped: bool = False


class StepChoice:
    """A program with a choice of steps: each taken adds its row, and no two the same row.

    The goal and the condition that a step is open where it is taken are asked for as assumptions, so that
    other questions can be put to the same grounding.

    Args:
        control: with the rules and facts; not yet grounded.
        steps: to choose from.
    """

    def __init__(self, control: clingo.Control, steps: Iterable[Step]) -> None:
        self.control = control
        self._steps = {step.atom: step for step in steps}
        self._taken: dict[clingo.Symbol, int] = {}
        self._by_row: dict[object, list[clingo.Symbol]] = {}
        self._ladders: dict[object, list[tuple[int, int]]] = {}
        self._strict = 0

    def offer(self) -> None:
        """Add the choice; to be called before the program is grounded."""
        with self.control.backend() as backend:
            for atom, step in self._steps.items():
                taken = backend.add_atom(clingo.Function(TAKE, [atom]))
                backend.add_rule([taken], [], choice=True)
                for fact in step.row.facts():
                    backend.add_rule([backend.add_atom(fact_symbol(fact))], [taken])
                self._taken[atom] = taken
                self._by_row.setdefault(step.row.key, []).append(atom)

    def constrain(self) -> None:
        """Add what a plan has to keep, and what it weighs; to be called after the program is grounded."""
        atoms = self.control.symbolic_atoms
        with self.control.backend() as backend:
            self._strict = backend.add_atom()
            backend.add_rule([self._strict], [], choice=True)
            for rivals in self._by_row.values():
                if len(rivals) > 1:
                    backend.add_weight_rule([], 2, [(self._taken[atom], 1) for atom in rivals])
            for atom, taken in self._taken.items():
                opened = atoms[atom]
                if opened is None:
                    backend.add_rule([], [taken, self._strict])
                elif not opened.is_fact:
                    backend.add_rule([], [taken, -opened.literal, self._strict])
            for row, rivals in self._by_row.items():
                self._ladders[row] = self._ladder(backend, rivals)
            backend.add_minimize(2, self._costs())

    @property
    def reachable(self) -> bool:
        """Whether the grounder finds the goal possible."""
        return self.control.symbolic_atoms[GOAL] is not None

    @property
    def _goal(self) -> int:
        goal = self.control.symbolic_atoms[GOAL]
        assert goal is not None
        return goal.literal

    def cheapest(self, deadline: float) -> Answer:
        """Look for a plan of the least cost.

        Args:
            deadline: on the monotonic clock.
        """
        return self._answer("opt", 0, [], deadline)

    def lightest(self, cost: int, most: int, deadline: float) -> Answer:
        """Look for all plans of a cost that ask for the lowest highest figure and, of these, the least sum.

        Args:
            cost: the least that a plan costs.
            most: how many plans to look at.
            deadline: on the monotonic clock.
        """
        with self.control.backend() as backend:
            backend.add_weight_rule([], cost + 1, self._costs())
            heights = self._heights(backend)
            backend.add_minimize(1, self._figures())
        low, high = 0, len(heights)  # with heights[high:] denied there is a plan
        best: list[Choice] = []
        while low < high:
            middle = (low + high) // 2
            answer = self._answer("ignore", 1, [-reached for reached in heights[middle:]], deadline)
            if not answer.ended:
                return Answer(best or self._answer("ignore", 1, [], deadline).choices, False)
            best = answer.choices or best
            low, high = (low, middle) if answer.choices else (middle + 1, high)
        answer = self._answer("optN", most, [-reached for reached in heights[high:]], deadline)
        proved = [choice for choice in answer.choices if choice.proved]
        return Answer(proved or answer.choices[-1:] or best, answer.ended, capped=True)

    def _ladder(self, backend: clingo.Backend, rivals: Sequence[clingo.Symbol]) -> list[tuple[int, int]]:
        """Return figures from the lowest up, each with a literal: the row is added with one as high.

        The lowest says that the row is added at all. So the solver sees from one literal that a course has to
        be sat, and from few that it has to be sat well, instead of weighing each mark by itself.
        """
        found = []
        for figure in sorted({self._steps[atom].figure for atom in rivals}):
            reached = backend.add_atom()
            for atom in rivals:
                if self._steps[atom].figure >= figure:
                    backend.add_rule([reached], [self._taken[atom]])
            found.append((figure, reached))
        return found

    def _costs(self) -> list[tuple[int, int]]:
        """Return literals and weights that add up to the cost of a plan."""
        found = []
        for row, rivals in self._by_row.items():
            costs = {atom: self._steps[atom].spec.cost for atom in rivals}
            least = min(costs.values())
            found.append((self._ladders[row][0][1], least))
            found += [(self._taken[atom], cost - least) for atom, cost in costs.items() if cost > least]
        return found

    def _figures(self) -> list[tuple[int, int]]:
        """Return literals and weights that add up to the sum of the figures of a plan."""
        found = []
        for ladder in self._ladders.values():
            before = 0
            for figure, reached in ladder:
                found.append((reached, figure - before))
                before = figure
        return [(literal, weight) for literal, weight in found if weight]

    def _heights(self, backend: clingo.Backend) -> list[int]:
        """Return, for each figure from the lowest up, a literal that holds if one as high is asked for."""
        found = []
        for figure in sorted({step.figure for step in self._steps.values()} - {0}):
            reached = backend.add_atom()
            for ladder in self._ladders.values():
                rung = next((literal for height, literal in ladder if height >= figure), None)
                if rung is not None:
                    backend.add_rule([reached], [rung])
            found.append(reached)
        return found

    def _answer(self, mode: str, models: int, further: Sequence[int], deadline: float) -> Answer:
        """Solve for plans, each step open and the goal reached, as long as there is time."""
        self.control.configuration.solve.opt_mode = mode  # type: ignore[union-attr]
        self.control.configuration.solve.models = str(models)  # type: ignore[union-attr]
        found: list[Choice] = []
        assumed = [self._goal, self._strict, *further]
        with self.control.solve(assumptions=assumed, yield_=True, async_=True) as handle:
            while True:
                handle.resume()
                if not handle.wait(max(deadline - time.monotonic(), 0.01)):
                    handle.cancel()
                    return Answer(found, False)
                model = handle.model()
                if model is None:
                    return Answer(found, True)
                found.append(self._read(model))

    def _read(self, model: clingo.Model) -> Choice:
        """Return the steps of an answer set."""
        taken = frozenset(atom for atom, literal in self._taken.items() if model.is_true(literal))
        opened: dict[clingo.Symbol, list[int]] = {}
        for one in self.control.symbolic_atoms.by_signature(BY, 2):
            number, atom = one.symbol.arguments
            if atom in taken and model.is_true(one.literal):
                opened.setdefault(atom, []).append(number.number)
        steps = [self._steps[atom] for atom in taken]
        weight = (
            sum(step.spec.cost for step in steps),
            max((step.figure for step in steps), default=0),
            sum(step.figure for step in steps),
        )
        rules = {atom: tuple(sorted(numbers)) for atom, numbers in opened.items()}
        return Choice(taken, rules, weight, model.optimality_proven)

    def holds_above(self, atoms: frozenset[clingo.Symbol], deadline: float) -> bool:
        """Whether the goal holds with any higher figures of the same steps as well, proved by the solver.

        A step that higher figures make needless or close is then taken without effect.

        Args:
            atoms: the steps.
            deadline: on the monotonic clock.
        """
        taken = {self._steps[atom].row.key: self._steps[atom] for atom in atoms}
        assumed = [-self._goal, -self._strict]
        with self.control.backend() as backend:
            for key, rivals in self._by_row.items():
                kept = [a for a in rivals if key in taken and self._steps[a].at_least(taken[key])]
                assumed += [-self._taken[atom] for atom in rivals if atom not in kept]
                if kept:
                    some = backend.add_atom()
                    for atom in kept:
                        backend.add_rule([some], [self._taken[atom]])
                    assumed.append(some)
        self.control.configuration.solve.opt_mode = "ignore"  # type: ignore[union-attr]
        self.control.configuration.solve.models = "1"  # type: ignore[union-attr]
        with self.control.solve(assumptions=assumed, async_=True) as handle:
            if not handle.wait(max(deadline - time.monotonic(), 0.05)):
                handle.cancel()
                return False
            return bool(handle.get().unsatisfiable)
