"""Running probes: how the rules fare that could derive a goal, under one answer set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.answer_set import AnswerSet
from bylaw.engine.program import add_facts
from bylaw.explain.conditions import ANY, Case, Element, Form, Instance, Outcome
from bylaw.explain.probes import Probe
from bylaw.explain.workshop import Workshop
from bylaw.policy.model import Rule

Holds = Callable[[clingo.Symbol], bool]
"""Tells whether an atom of the answer set matches."""


class Prober:
    """Examines goals against the rules under one answer set.

    Args:
        rules: of the policy.
        atoms: the answer set.
    """

    def __init__(self, rules: Sequence[Rule] | Workshop, atoms: Iterable[clingo.Symbol]) -> None:
        self._workshop = rules if isinstance(rules, Workshop) else Workshop(rules)
        self._atoms = atoms if isinstance(atoms, AnswerSet) else AnswerSet.of(atoms)
        self._indexes: dict[tuple[str, int], _Index] = {}
        self._matched: dict[clingo.Symbol, list[clingo.Symbol]] = {}

    def holds(self, goal: clingo.Symbol) -> bool:
        """Whether an atom of the answer set matches a goal."""
        return bool(self.matches(goal))

    def matches(self, goal: clingo.Symbol) -> list[clingo.Symbol]:
        """Return the atoms of the answer set that match a goal, sorted."""
        if goal not in self._matched:
            self._matched[goal] = [goal] if goal in self._atoms else self._index(goal).matches(goal)
        return self._matched[goal]

    def _index(self, goal: clingo.Symbol) -> _Index:
        signature = (goal.name, len(goal.arguments))
        if signature not in self._indexes:
            self._indexes[signature] = _Index(self._atoms.named(*signature))
        return self._indexes[signature]

    def derivable(self, goal: clingo.Symbol) -> bool:
        """Whether a rule has the goal's predicate in its head."""
        return self._workshop.derives((goal.name, len(goal.arguments)))

    def examine(self, goals: Sequence[clingo.Symbol]) -> dict[clingo.Symbol, list[Instance]]:
        """Return, for each goal, the rules that could derive it under the furthest substitutions.

        A rule whose head cannot be the goal is not among them. For a rule with a complete substitution all
        complete ones are given; otherwise those that got furthest.
        """
        wanted: list[tuple[int, clingo.Symbol, Probe]] = []
        parts: list[tuple[str, list[clingo.Symbol]]] = []
        texts: dict[str, str] = {}
        for goal in dict.fromkeys(goals):
            mask = tuple(argument != ANY for argument in goal.arguments)
            given = [argument for argument in goal.arguments if argument != ANY]
            for rule, n, head in self._workshop.candidates((goal.name, len(goal.arguments))):
                if not _may_be(head.atom, goal):
                    continue
                name, probe = self._workshop.probe(rule, n, head, mask)
                texts[name] = probe.text
                parts.append((name, [clingo.Number(len(wanted)), *given]))
                wanted.append((len(wanted), goal, probe))
        found: dict[clingo.Symbol, list[Instance]] = {goal: [] for goal in goals}
        if not wanted:
            return found
        seen = _Observations(self._ground(texts, parts, [probe for _, _, probe in wanted]))
        for number, goal, probe in wanted:
            found[goal].extend(_instances(probe, seen, number, self.holds))
        return found

    def _ground(
        self,
        texts: Mapping[str, str],
        parts: Sequence[tuple[str, Sequence[clingo.Symbol]]],
        probes: Iterable[Probe],
    ) -> clingo.Control:
        control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
        needed = frozenset[tuple[str, int]]().union(*(probe.needs for probe in probes))
        add_facts(control, (atom for signature in needed for atom in self._atoms.named(*signature)))
        control.add("base", [], "")
        for text in texts.values():
            control.add("base", [], text)
        control.ground([("base", []), *parts])
        return control


class _Index:
    """The atoms of one predicate, to be found by the arguments that a goal gives.

    Args:
        atoms: of the predicate.
    """

    def __init__(self, atoms: Iterable[clingo.Symbol]) -> None:
        self._rows = [(atom, atom.arguments) for atom in atoms]
        self._by_argument: dict[int, dict[clingo.Symbol, list[int]]] = {}

    def matches(self, goal: clingo.Symbol) -> list[clingo.Symbol]:
        """Return the atoms that have the arguments given, sorted."""
        given = [(n, want) for n, want in enumerate(goal.arguments) if want != ANY]
        if not given:
            return sorted(atom for atom, _ in self._rows)
        fewest, *_ = sorted((self._having(n, want) for n, want in given), key=len)
        rows = (self._rows[row] for row in fewest)
        return sorted(atom for atom, args in rows if all(args[n] == want for n, want in given))

    def _having(self, n: int, want: clingo.Symbol) -> list[int]:
        """Return the rows that have a value as an argument."""
        if n not in self._by_argument:
            known: dict[clingo.Symbol, list[int]] = {}
            for row, (_, args) in enumerate(self._rows):
                known.setdefault(args[n], []).append(row)
            self._by_argument[n] = known
        return self._by_argument[n].get(want, [])


def _may_be(head: ast.AST, goal: clingo.Symbol) -> bool:
    """Whether the constants in a head allow it to be the goal."""
    return all(
        want == ANY or term.ast_type != ASTType.SymbolicTerm or term.symbol == want
        for term, want in zip(head.arguments, goal.arguments, strict=True)
    )


class _Observations:
    """What the probes of one call tell, by the number of the goal and the rule."""

    def __init__(self, control: clingo.Control) -> None:
        self.reached: dict[int, dict[int, list[clingo.Symbol]]] = {}
        self.tested: set[tuple[int, int, clingo.Symbol]] = set()
        self.told: dict[tuple[str, int, int, int, clingo.Symbol], list[list[clingo.Symbol]]] = {}
        atoms = control.symbolic_atoms
        for one in atoms.by_signature("_p", 3):
            number, stage, theta = one.symbol.arguments
            self.reached.setdefault(number.number, {}).setdefault(stage.number, []).append(theta)
        for one in atoms.by_signature("_t", 3):
            number, i, theta = one.symbol.arguments
            self.tested.add((number.number, i.number, theta))
        for name, arity in (("_v", 5), ("_w", 6), ("_e", 7), ("_k", 8)):
            for one in atoms.by_signature(name, arity):
                number, i, k, theta, *rest = one.symbol.arguments
                key = (name, number.number, i.number, k.number, theta)
                self.told.setdefault(key, []).append(rest)

    def of(self, name: str, number: int, i: int, k: int, theta: clingo.Symbol) -> list[list[clingo.Symbol]]:
        """Return what is told under one name, sorted."""
        return sorted(self.told.get((name, number, i, k, theta), []))


def _instances(probe: Probe, seen: _Observations, number: int, holds: Holds) -> list[Instance]:
    """Read the instances of a rule from what its probe tells."""
    stages = seen.reached.get(number, {})
    if not stages:
        return []
    last = max(stages)
    complete = last == len(probe.binders)
    found = []
    for theta in sorted(stages[last]):
        values = theta.arguments
        outcomes: dict[int, Outcome] = {}
        for k, i in enumerate(probe.binders[: last + 1]):
            met = k < last
            stage = k + 1 if met else k
            outcomes[i] = _outcome(probe, seen, number, i, stage, values, met, holds)
        for i, k in probe.checks.items():
            if k <= last:
                cut = clingo.Tuple_(values[: len(probe.stages[k])])
                met = (number, i, cut) in seen.tested
                outcomes[i] = _outcome(probe, seen, number, i, k, values, met, holds)
        binding = dict(zip(probe.stages[last], values, strict=True))
        ordered = [outcomes[i] for i in sorted(outcomes)]
        found.append(Instance(probe.rule, binding, ordered, complete))
    return found


def _outcome(
    probe: Probe,
    seen: _Observations,
    number: int,
    i: int,
    k: int,
    values: Sequence[clingo.Symbol],
    met: bool,
    holds: Holds,
) -> Outcome:
    condition = probe.conditions[i]
    theta = clingo.Tuple_(values[: len(probe.stages[k])])
    outcome = Outcome(condition, met)
    told = seen.of("_v", number, i, k, theta)
    if condition.form is Form.ATOM and told:
        so = met is (condition.sign is not Sign.Negation)
        outcome.atom = next((one for (one,) in told if holds(one) is so), told[0][0])
    elif condition.form is Form.COMPARISON and told:
        outcome.sides = tuple(told[0][0].arguments)
    elif condition.form is Form.AGGREGATE:
        outcome.value = told[0][0] if told else None
        outcome.guards = tuple((w[0].string, w[1]) for w in seen.of("_w", number, i, k, theta))
        merged: dict[tuple[clingo.Symbol, ...], Element] = {}
        for position, terms, atoms in seen.of("_e", number, i, k, theta):
            key, signed = tuple(terms.arguments), _signed_atoms(atoms)
            if all(holds(atom) is positive for positive, atom in signed):  # not so for parts of a pool
                merged.setdefault(key, Element(key, signed, position.number))
        outcome.elements = list(merged.values())
    elif condition.form is Form.EACH:
        for ok, sign, atom, by in seen.of("_k", number, i, k, theta):
            if not all(holds(one) is positive for positive, one in _signed_atoms(by)):
                continue
            outcome.cases.append(
                Case(
                    bool(ok.number),
                    sign.name == "p",
                    None if atom == ANY else atom,
                    _signed_atoms(by),
                )
            )
    return outcome


def _signed_atoms(symbol: clingo.Symbol) -> tuple[tuple[bool, clingo.Symbol], ...]:
    return tuple((part.name == "p", part.arguments[0]) for part in symbol.arguments)
