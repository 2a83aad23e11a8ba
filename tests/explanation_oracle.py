"""What clingo itself and plain arithmetic say of rules, conditions and figures that an explanation tells.

Nothing here uses the code that explains: rules and conditions are put beside the answer set as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import clingo
from clingo import ast

from bylaw.explain.conditions import Form, Instance, Outcome
from bylaw.explain.prober import Prober
from bylaw.explain.reason import Kind, Reason
from bylaw.explain.templates import ANY
from bylaw.policy.model import Policy, Rule

COMPARE = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}
SOLVED = re.compile(r'"[^"]*"|-?\w+|\(?[A-Z]\w*\+\d+\)?|\(?\d+\*[A-Z]\w*\)?|\(\w+;\w+\)')
"""Arguments that clingo can solve for their variable."""
FUNCTIONS = ("#count", "#sum", "#sum+", "#min", "#max")


def grounded(atoms: Iterable[clingo.Symbol], text: str) -> clingo.Control:
    """Ground rules beside atoms that are facts."""
    control = clingo.Control(["--warn=none"])
    facts = "".join(f"{atom}.\n" for atom in atoms)
    control.add("base", [], facts + text)
    control.ground([("base", [])])
    return control


def heads(rule: Rule, apart: bool = True) -> list[tuple[str, list[str]]]:
    """Return each atom in the head of a rule with the conditions beside it, as text.

    Args:
        apart: whether the Z of a choice gets another name than a Z that is local in the body.
    """
    head = rule.node.head
    if head.ast_type == ast.ASTType.Literal:
        symbol = head.atom.symbol
        terms = symbol.arguments if symbol.ast_type == ast.ASTType.Pool else [symbol]
        return [(str(term), []) for term in terms]

    def written(node: ast.AST) -> str:
        return re.sub(r"\bZ\b", "_CZ", str(node)) if apart else str(node)

    return [
        (written(one.literal), [written(condition) for condition in one.condition]) for one in head.elements
    ]


def head_terms(rule: Rule) -> list[str]:
    """Return the atoms in the head of a rule, `_` for arguments that clingo cannot solve for a variable."""
    found = []
    head = rule.node.head
    literals = [head] if head.ast_type == ast.ASTType.Literal else [one.literal for one in head.elements]
    for literal in literals:
        symbol = literal.atom.symbol
        for term in symbol.arguments if symbol.ast_type == ast.ASTType.Pool else [symbol]:
            words = [str(argument) for argument in term.arguments]
            words = [one if SOLVED.fullmatch(one) else "_" for one in words]
            found.append(f"{term.name}({','.join(words)})" if words else term.name)
    return found


def told(instances: list[Instance]) -> list[object]:
    """Return all that is told of instances, rules and conditions by their place and text."""
    return [
        (
            one.rule.number,
            dict(one.binding),
            one.complete,
            [
                (o.condition.text, o.met, o.atom, o.sides, o.value, o.guards, o.elements, o.cases)
                for o in one.outcomes
            ],
        )
        for one in instances
    ]


class Oracle:
    """What is so under one answer set.

    Args:
        rules: of the program.
        atoms: the answer set.
    """

    def __init__(self, rules: Sequence[Rule], atoms: Iterable[clingo.Symbol]) -> None:
        self.rules = list(rules)
        self.atoms = frozenset(atoms)
        self._by_name: dict[str, list[clingo.Symbol]] = {}
        for one in self.atoms:
            self._by_name.setdefault(one.name, []).append(one)
        self._matches: dict[clingo.Symbol, list[clingo.Symbol]] = {}
        lines = []
        for rule in self.rules:
            body = [str(one) for one in rule.node.body]
            for atom, conditions in heads(rule):
                lines.append(f"_h({rule.number},{atom}) :- {'; '.join([*body, *conditions, '#true'])}.")
        control = grounded(self.atoms, "\n".join(lines))
        self.derived: dict[str, dict[clingo.Symbol, set[int]]] = {}
        for one in control.symbolic_atoms.by_signature("_h", 2):
            number, head = one.symbol.arguments
            self.derived.setdefault(head.name, {}).setdefault(head, set()).add(number.number)

    def matches(self, goal: clingo.Symbol) -> list[clingo.Symbol]:
        """Return the atoms that are so and match a goal."""
        if goal not in self._matches:
            self._matches[goal] = [atom for atom in self._by_name.get(goal.name, ()) if _is(atom, goal)]
        return self._matches[goal]

    def rules_for(self, goal: clingo.Symbol) -> set[int]:
        """Return the rules whose bodies are met for a goal."""
        derived = self.derived.get(goal.name, {})
        return {number for head, own in derived.items() if _is(head, goal) for number in own}

    def candidates(self, goals: Iterable[clingo.Symbol]) -> dict[clingo.Symbol, set[int]]:
        """Return, by goal, the rules whose head could be it: clingo matches the terms."""
        goals = list(goals)
        text = [f"_goal({n},{goal})." for n, goal in enumerate(goals)]
        for rule in self.rules:
            for atom in head_terms(rule):
                text.append(f"_may({rule.number},_I) :- _goal(_I,{atom}).")
        control = grounded((), "\n".join(text))
        found: dict[clingo.Symbol, set[int]] = {goal: set() for goal in goals}
        for one in control.symbolic_atoms.by_signature("_may", 2):
            number, n = one.symbol.arguments
            found[goals[n.number]].add(number.number)
        return found


def _is(atom: clingo.Symbol, goal: clingo.Symbol) -> bool:
    return (
        atom.name == goal.name
        and len(atom.arguments) == len(goal.arguments)
        and all(want in (ANY, have) for want, have in zip(goal.arguments, atom.arguments, strict=True))
    )


# ------------------------------------------------------------------------------------------------ instances


def check_instances(oracle: Oracle, examined: Mapping[clingo.Symbol, Sequence[Instance]]) -> int:
    """Hold instances of rules, each of their conditions, and every figure against clingo.

    Returns:
        how many conditions were looked at.
    """
    flat = [(goal, instance) for goal, found in examined.items() for instance in found]
    lines: list[str] = []
    for i, (_, instance) in enumerate(flat):
        given = [f"{name} = {value}" for name, value in instance.binding.items()] or ["#true"]
        if instance.complete:
            body = [str(one) for one in instance.rule.node.body]
            for head, conditions in heads(instance.rule, "_CZ" in instance.binding):
                lines.append(f"_full({i},{head}) :- {'; '.join([*given, *body, *conditions])}.")
        for n, outcome in enumerate(instance.outcomes):
            if outcome.condition.hidden:
                continue
            lines.append(f"_so({i},{n}) :- {'; '.join([*given, outcome.condition.text])}.")
            if outcome.condition.form is Form.AGGREGATE and outcome.value is not None:
                lines += _elements(i, n, given, outcome)
    control = grounded(oracle.atoms, "\n".join(lines))
    full = {tuple(one.symbol.arguments) for one in control.symbolic_atoms.by_signature("_full", 2)}
    so = {
        tuple(a.number for a in one.symbol.arguments) for one in control.symbolic_atoms.by_signature("_so", 2)
    }
    tuples: dict[tuple[int, int], set[tuple[clingo.Symbol, ...]]] = {}
    for one in control.symbolic_atoms.by_signature("_in", 3):
        i, n, terms = one.symbol.arguments
        tuples.setdefault((i.number, n.number), set()).add(tuple(terms.arguments))
    looked_at = 0
    for i, (goal, instance) in enumerate(flat):
        where = f"{goal} by {instance.rule.source} under {dict(instance.binding)}"
        if instance.complete:
            met = any(number.number == i and _is(head, goal) for number, head in full)
            assert instance.supports is met, where
        else:
            assert not instance.supports, where
            assert instance.unmet, where
        for n, outcome in enumerate(instance.outcomes):
            looked_at += 1
            if outcome.condition.hidden:
                continue
            assert outcome.met is ((i, n) in so), f"{outcome.condition.text} in {where}"
            _check_outcome(oracle, outcome, tuples.get((i, n), set()), where)
    return looked_at


def _elements(i: int, n: int, given: Sequence[str], outcome: Outcome) -> Iterator[str]:
    """Yield rules that list the tuples of an aggregate."""
    node = outcome.condition.atom
    bound = [one for one in given if one != "#true"]
    for position, element in enumerate(node.elements):
        if node.ast_type == ast.ASTType.BodyAggregate:
            terms = [str(term) for term in element.terms]
            when = [str(one) for one in element.condition]
        else:
            terms = [str(position), str(element.literal.atom.symbol)]
            when = [str(element.literal), *(str(one) for one in element.condition)]
        written = "(" + "".join(f"{term}," for term in terms) + ")"
        yield f"_in({i},{n},{written}) :- {'; '.join([*bound, *when, '#true'])}."


def _check_outcome(
    oracle: Oracle, outcome: Outcome, tuples: set[tuple[clingo.Symbol, ...]], where: str
) -> None:
    condition = outcome.condition
    if condition.form is Form.ATOM and outcome.atom is not None:
        holds = bool(oracle.matches(outcome.atom))
        expected = outcome.met is (condition.sign is not ast.Sign.Negation)
        # `p(X, X + 1)` may fail where `p(_, _)` is so; check_reason sees to it that it is not told as that.
        wider = ANY in outcome.atom.arguments and holds and not outcome.met
        assert holds is expected or wider, where
    elif condition.form is Form.COMPARISON and outcome.sides:
        guards = [_operator(guard.comparison) for guard in condition.atom.guards]
        met = all(
            COMPARE[relation](one, other)
            for relation, one, other in zip(guards, outcome.sides[:-1], outcome.sides[1:], strict=True)
        )
        assert outcome.met is (met is not (condition.sign is ast.Sign.Negation)), where
    elif condition.form is Form.AGGREGATE and outcome.value is not None:
        shown = {element.terms for element in outcome.elements}
        if condition.atom.ast_type == ast.ASTType.BodyAggregate:
            assert shown == tuples, f"{shown} is not {tuples} in {condition.text}, {where}"
        assert len(shown) == len(outcome.elements), where
        value = _reckoned(condition.atom, tuples)
        assert outcome.value == value, f"{outcome.value} is not {value} in {condition.text}, {where}"
        for element in outcome.elements:
            for positive, atom in element.atoms:
                assert bool(oracle.matches(atom)) is positive, where
        met = all(COMPARE[relation](outcome.value, bound) for relation, bound in outcome.guards)
        asked = sum(one is not None for one in (condition.atom.left_guard, condition.atom.right_guard))
        if len(outcome.guards) == asked and condition.sign is not ast.Sign.DoubleNegation:
            assert outcome.met is (met is not (condition.sign is ast.Sign.Negation)), where
    elif condition.form is Form.EACH:
        assert outcome.met is all(case.met for case in outcome.cases), where
        for case in outcome.cases:
            if case.atom is not None:
                assert case.met is (bool(oracle.matches(case.atom)) is case.positive), where
            for positive, atom in case.posed_by:
                assert bool(oracle.matches(atom)) is positive, where


def _operator(number: int) -> str:
    names = {
        ast.ComparisonOperator.GreaterThan: ">",
        ast.ComparisonOperator.LessThan: "<",
        ast.ComparisonOperator.LessEqual: "<=",
        ast.ComparisonOperator.GreaterEqual: ">=",
        ast.ComparisonOperator.NotEqual: "!=",
        ast.ComparisonOperator.Equal: "=",
    }
    return names[number]


def _reckoned(node: ast.AST, tuples: set[tuple[clingo.Symbol, ...]]) -> clingo.Symbol:
    """Add up, count or compare the first terms of tuples."""
    function = FUNCTIONS[node.function] if node.ast_type == ast.ASTType.BodyAggregate else "#count"
    if function == "#count":
        return clingo.Number(len(tuples))
    if function in ("#min", "#max"):
        first = [terms[0] for terms in tuples]
        if not first:
            return clingo.Supremum if function == "#min" else clingo.Infimum
        return min(first) if function == "#min" else max(first)
    numbers = [terms[0].number for terms in tuples if terms[0].type is clingo.SymbolType.Number]
    return clingo.Number(sum(one for one in numbers if function == "#sum" or one > 0))


# -------------------------------------------------------------------------------------------------- reasons


def check_reason(policy: Policy, oracle: Oracle, prober: Prober, reason: Reason) -> None:
    """Hold a whole explanation against the answer set: truth, citations, figures, and no circle."""
    goals = {goal for one in reason.walk() if one.rule and (goal := goal_of(one)) is not None}
    examined = prober.examine(sorted(goals))
    rule_at = {(f"{policy.folder.name}/{rule.file}", rule.line): rule for rule in oracle.rules}
    rests_on: dict[str, set[str]] = {}
    for one in reason.walk():
        goal = goal_of(one)
        if goal is not None:
            assert one.holds is bool(oracle.matches(goal)), one
        cited = rule_at.get(one.rule) if one.rule else None
        if one.rule:
            assert cited is not None, one.rule
        if cited is not None and goal is not None and one.kind in (Kind.ATOM, Kind.ROUTE):
            met = cited.number in oracle.rules_for(goal)
            if one.holds and one.kind is Kind.ATOM:
                assert met, f"{goal} does not follow by {cited.source}"
            if one.kind is Kind.ROUTE:
                assert met is one.met or (cited.choice and not one.holds), f"{goal}: {cited.source}"
            _check_conditions(policy, oracle, examined[goal], goal, cited, one)
        _check_value(policy, oracle, one)
        if one.holds and one.kind is Kind.ATOM and one.because:
            rests_on.setdefault(one.atom, set()).update(_used(one))
    _check_acyclic(rests_on)


def goal_of(reason: Reason) -> clingo.Symbol | None:
    """Return the atom that a reason is about, ANY for what is left open; None if it is about none."""
    about_atom = reason.kind in (Kind.ATOM, Kind.RECORD, Kind.STATED, Kind.ROUTE)
    if not about_atom and not (reason.kind is Kind.COMPARISON and reason.predicate):
        return None
    text = reason.atom
    for before in "(,":
        for after in ",)":
            while f"{before}_{after}" in text:
                text = text.replace(f"{before}_{after}", f"{before}{ANY}{after}")
    return clingo.parse_term(text)


def _check_conditions(
    policy: Policy,
    oracle: Oracle,
    examined: Sequence[Instance],
    goal: clingo.Symbol,
    rule: Rule,
    reason: Reason,
) -> None:
    """What a rule asks for is all told below the reason that cites it, and told as it is."""
    if not reason.because:
        return
    instances = [one for one in examined if one.rule.number == rule.number]
    children = reason.because
    told = {str(g) for child in children if (g := goal_of(child)) is not None}
    said = " ".join(child.says for child in children)
    limits = {limit.value for limit in policy.limits.values() if limit.says in said}
    if reason.holds:
        instances = [one for one in instances if one.supports]
        whole = [one for one in instances if not _left_out(oracle, one, told, limits)]
        assert whole, f"no instance of {rule.source} is told in full for {goal}: {told}"
        assert all(child.met for child in children), reason
        return
    fewest = min(len(one.unmet) for one in instances)
    if fewest:
        assert any(not child.met for child in children), reason
    for child in children:
        if child.kind is Kind.RECORD or child.kind is Kind.ATOM or child.kind is Kind.STATED:
            known = {
                (outcome.met, str(outcome.atom))
                for one in instances
                for outcome in one.outcomes
                if outcome.atom is not None
            }
            goal_told = goal_of(child)
            # Where many fail alike it is told once that nothing of the kind is so, which then has to be true.
            nothing = goal_told is not None and not child.met and not oracle.matches(goal_told)
            assert any(
                met is child.met
                and (
                    text == str(goal_told)
                    or _is(goal_told, clingo.parse_term(text))
                    or (nothing and _is(clingo.parse_term(text), goal_told))
                )
                for met, text in known
            ), f"{child.atom} is no condition of {rule.source} for {goal}"


def _left_out(oracle: Oracle, instance: Instance, told: set[str], limits: set[int]) -> list[str]:
    """Return the atoms that an instance rests on and that are not told."""
    missing = []
    for outcome in instance.outcomes:
        if outcome.condition.form is not Form.ATOM or outcome.atom is None or outcome.condition.hidden:
            continue
        if outcome.atom.name == "limit" and outcome.atom.arguments[1].number in limits:
            continue
        matches = [str(one) for one in oracle.matches(outcome.atom)] or [str(outcome.atom)]
        if told.isdisjoint(matches):
            missing.append(str(outcome.atom))
    return missing


def _check_value(policy: Policy, oracle: Oracle, reason: Reason) -> None:
    """A figure stands to its bound as the reason says, and a sum is that of its elements."""
    value = reason.value
    if value is None:
        return
    related = value.bound is None or not value.relation
    so = related or COMPARE[value.relation](value.actual, value.bound)
    if reason.kind in (Kind.COMPARISON, Kind.SUM, Kind.EACH) and not related:
        assert so is reason.met, reason
    predicate = policy.predicates.get(reason.predicate)
    if reason.kind is Kind.ATOM and predicate and predicate.value:
        limit = policy.limits[predicate.value.bound]
        assert value.bound == limit.value, reason
        target = policy.predicates[predicate.value.actual]
        known = dict(zip((name for name, _ in predicate.args), goal_of(reason).arguments, strict=True))
        want = [known[name] for name, _ in target.args[:-1]]
        figures = {m.arguments[-1].number for m in oracle.matches(clingo.Function(target.name, [*want, ANY]))}
        assert figures == {value.actual}, reason
    if reason.kind is Kind.COMPARISON and reason.predicate:
        figures = [a.number for a in goal_of(reason).arguments if a.type is clingo.SymbolType.Number]
        assert value.actual in figures, reason
    if reason.kind is Kind.SUM and value.of:  # told by the figure that stands for what the sum tests
        figure = clingo.parse_term(value.of)
        assert oracle.matches(figure) and figure.arguments[-1].number == value.actual, reason
    elif reason.kind is Kind.SUM and reason.atom and not reason.repeated:
        terms = [clingo.parse_term(f"({child.atom},)").arguments for child in reason.because]
        first = [one[0].number for one in terms if one[0].type is clingo.SymbolType.Number]
        if "#sum+" in reason.atom:
            assert sum(one for one in first if one > 0) == value.actual, reason
        elif "#sum" in reason.atom:
            assert sum(first) == value.actual, reason
        elif "#max" in reason.atom:
            assert max(first) == value.actual, reason
        elif "#min" in reason.atom:
            assert min(first) == value.actual, reason
        else:
            assert len(reason.because) == value.actual, reason
    if reason.kind is Kind.EACH and not reason.met:
        assert value.bound - value.actual >= sum(not child.met for child in reason.because), reason


def _used(reason: Reason) -> Iterator[str]:
    """Yield the atoms that are so and that a reason rests on, up to the next that is told by itself."""
    for child in reason.because:
        goal = goal_of(child)
        if goal is not None and child.holds and child.kind is not Kind.ROUTE:
            yield child.atom
        if goal is not None and child.kind is not Kind.ROUTE and not child.holds:
            continue
        plain = child.kind is Kind.COMPARISON and not child.predicate
        if plain or child.kind in (Kind.ROUTE, Kind.SUM, Kind.EACH, Kind.ELEMENT):
            yield from _used(child)


def _check_acyclic(rests_on: Mapping[str, set[str]]) -> None:
    done: set[str] = set()

    def visit(atom: str, above: tuple[str, ...]) -> None:
        assert atom not in above, f"{atom} rests on itself: {above}"
        if atom in done:
            return
        for used in rests_on.get(atom, ()):
            visit(used, (*above, atom))
        done.add(atom)

    for atom in rests_on:
        visit(atom, ())
