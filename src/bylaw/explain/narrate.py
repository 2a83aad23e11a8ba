"""Telling single steps of an explanation: which sentence, which figure, which rows, which citation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import head_atoms
from bylaw.engine.solve import Decision, assumption_text
from bylaw.engine.symbols import term_of
from bylaw.explain.conditions import ANY, FLIPPED, FUNCTIONS, OPERATORS, Element, Form, Instance, Outcome
from bylaw.explain.prober import Prober
from bylaw.explain.probes import PARAMETER
from bylaw.explain.reason import Kind, Reason, Value
from bylaw.explain.sentences import OPPOSITE, RELATIONS, Sentences, number, relation_words
from bylaw.policy.model import ArgType, Limit, Policy, Predicate, Rule
from bylaw.tables.schema import Missing
from bylaw.tables.terms import Constant, Fact, Term

_NUMBER = clingo.SymbolType.Number


@dataclass(slots=True)
class Hosts:
    """Which atom each comparison of an instance speaks of, by position.

    Args:
        host_of: the position of the atom that gives the compared figure.
        limit_of: the limit that it is compared with.
        folded: the positions of atoms that are told within a comparison.
    """

    host_of: dict[int, int] = field(default_factory=dict)
    limit_of: dict[int, str] = field(default_factory=dict)
    folded: set[int] = field(default_factory=set)


class Narrator:
    """Tells the steps of one decision.

    Args:
        policy: whose words are used.
        decision: what is explained.
        prober: the answer set, to look figures up.
    """

    def __init__(self, policy: Policy, decision: Decision, prober: Prober) -> None:
        self.policy = policy
        self.decision = decision
        self.sentences = Sentences(policy, decision.atoms)
        self._prober = prober
        self._absences = {name: absence for absence in decision.absences for name in absence.predicates}

    # --------------------------------------------------------------------------------------------- atoms

    def written(self, goal: clingo.Symbol) -> str:
        """Write a goal in the words of the rules, `_` for what is left open."""
        if goal == ANY:
            return "_"
        if goal.type is clingo.SymbolType.Function and goal.arguments:
            return f"{goal.name}({','.join(self.written(argument) for argument in goal.arguments)})"
        return str(goal)

    def derived(self, goal: clingo.Symbol, holds: bool) -> Reason:
        """Tell an atom that rules derive, or could have derived, with its figure if it is a test of one."""
        reason = Reason(Kind.ATOM, self.written(goal), self._said(goal, holds), holds, predicate=goal.name)
        self._tested_figure(reason, goal)
        return reason

    def given(self, atom: clingo.Symbol, facts: Sequence[Fact]) -> Reason:
        """Tell a fact of the record or of the pack."""
        rows = tuple(fact.row for fact in facts if fact.row is not None)
        from_record = any(not self.policy.tables[row.table].pack for row in rows if row.table)
        reason = Reason(
            Kind.RECORD if from_record else Kind.STATED,
            str(atom),
            self._said(atom, True),
            True,
            predicate=atom.name,
            evidence=rows,
        )
        if not rows and self._of_record(atom.name):
            reason.kind, reason.supposed = Kind.RECORD, True
        self.stated_provision(reason, atom)
        return reason

    def _of_record(self, name: str) -> bool:
        """Whether the rows of a record give a predicate."""
        tables = (table for table in self.policy.tables.values() if not table.pack)
        return any(template.predicate == name for table in tables for template in table.facts)

    def not_given(self, goal: clingo.Symbol) -> Reason:
        """Tell that the record, or the pack, has no such fact."""
        reason = Reason(Kind.RECORD, self.written(goal), self._said(goal, False), False, predicate=goal.name)
        absence = self._absences.get(goal.name)
        if absence and not absence.supplied and absence.meaning is Missing.NONE:
            reason.assumed = assumption_text(absence)
        if goal.name in ("limit", "reading"):
            reason.kind = Kind.STATED
        return reason

    def route(self, goal: clingo.Symbol, rule: Rule, holds: bool) -> Reason:
        """Tell a rule that derives an atom, or could have."""
        first = rule.provisions[0] if rule.provisions else ""
        summary = self.policy.provisions[first].summary if first in self.policy.provisions else ""
        return Reason(
            Kind.ROUTE,
            self.written(goal),
            (rule.comment or summary or self._said(goal, holds)).rstrip("."),
            holds,
            met=holds,
            predicate=goal.name,
            provisions=rule.provisions,
            rule=self.rule_place(rule),
        )

    def rule_place(self, rule: Rule) -> tuple[str, int]:
        """Return the file, from the pack's folder on, and the line of a rule."""
        return f"{self.policy.folder.name}/{rule.file}", rule.line

    def stated_provision(self, reason: Reason, atom: clingo.Symbol) -> None:
        """Cite the provision that a limit, a reading or a row of the pack's tables states."""
        name = str(atom.arguments[0]) if atom.arguments else ""
        if atom.name == "limit" and name in self.policy.limits:
            reason.provisions = (self.policy.limits[name].provision,)
        elif atom.name == "reading" and name in self.policy.readings:
            reason.provisions = self.policy.readings[name].provisions
        elif reason.kind is Kind.STATED:
            tables = (self.policy.tables[row.table] for row in reason.evidence)
            reason.provisions = tuple(dict.fromkeys(t.provision for t in tables if t.provision))

    def _said(self, goal: clingo.Symbol, holds: bool) -> str:
        return self.sentences.atom(goal.name, _terms(goal), holds)

    def _tested_figure(self, reason: Reason, goal: clingo.Symbol) -> None:
        """Add the figure that the vocabulary names for a test, with its bound."""
        predicate = self.policy.predicates.get(goal.name)
        if predicate is None or predicate.value is None:
            return
        spec = predicate.value
        actual = self._figure(predicate, goal)
        limit = self.policy.limits.get(spec.bound)
        if actual is None or limit is None:
            return
        unit = limit.unit or (self._last_type(spec.actual).unit)
        reason.value = Value(actual, spec.relation, limit.value, unit, limit.scale)
        met = _compare(actual, spec.relation, limit.value)
        relation = spec.relation if met else OPPOSITE[spec.relation]
        figure = number(actual, limit.scale, unit)
        reason.says += f": {figure}, {RELATIONS[relation]} {self._bound(limit)}"

    def _figure(self, predicate: Predicate, goal: clingo.Symbol) -> int | None:
        """Look up the figure of a tested atom: same-named arguments, the last one open."""
        assert predicate.value is not None
        target = self.policy.predicates[predicate.value.actual]
        known = {name: arg for (name, _), arg in zip(predicate.args, goal.arguments, strict=True)}
        args = [known.get(name, ANY) for name, _ in target.args[:-1]]
        matches = self._prober.matches(clingo.Function(target.name, [*args, ANY]))
        if len(matches) != 1 or matches[0].arguments[-1].type is not _NUMBER:
            return None
        return matches[0].arguments[-1].number

    def _last_type(self, name: str) -> ArgType:
        return self.policy.types[self.policy.predicates[name].args[-1][1]]

    def _bound(self, limit: Limit) -> str:
        return f"{self.sentences.bound(limit)} ({self.policy.cite(limit.provision)})"

    # --------------------------------------------------------------------------------------- comparisons

    def hosts(self, instance: Instance) -> Hosts:
        """Find, for each comparison, the atom whose figure it is about, and what is told within it."""
        found = Hosts()
        by_variable: dict[str, int] = {}
        limits: dict[str, tuple[int, str]] = {}
        for n, outcome in enumerate(instance.outcomes):
            if outcome.condition.form is not Form.ATOM or outcome.condition.sign is not Sign.NoSign:
                continue
            term = outcome.condition.atom.symbol
            if term.ast_type != ASTType.Function:
                continue
            if term.name == "limit" and len(term.arguments) == 2:
                if outcome.met and term.arguments[1].ast_type == ASTType.Variable:
                    limits[term.arguments[1].name] = (n, str(term.arguments[0]))
                continue
            for argument in term.arguments[1:]:
                if argument.ast_type == ASTType.Variable and outcome.met and outcome.atom is not None:
                    by_variable.setdefault(argument.name, n)
        for n, outcome in enumerate(instance.outcomes):
            for variable in _guard_variables(outcome):
                if variable in limits:
                    found.limit_of[n] = limits[variable][1]
                    found.folded.add(limits[variable][0])
            sides = _plain_sides(outcome)
            if sides is None or len(outcome.sides) != 2:
                continue
            left, right = sides
            for figure, bound in ((left, right), (right, left)):
                if bound in limits:
                    found.limit_of[n] = limits[bound][1]
                    found.folded.add(limits[bound][0])
                    if figure in by_variable and by_variable[figure] not in found.folded:
                        found.host_of[n] = by_variable[figure]
                        found.folded.add(by_variable[figure])
                    break
        return found

    def comparison(self, instance: Instance, n: int, host: int | None) -> Reason:
        """Tell a comparison: of an atom's figure with a limit where it is one, else of its two sides."""
        outcome = instance.outcomes[n]
        positive = outcome.condition.sign is not Sign.Negation
        text = _written_sides(outcome)
        sides = _plain_sides(outcome)
        if sides is None or len(outcome.sides) != 2 or any(s.type is not _NUMBER for s in outcome.sides):
            said = self._same_or_other(instance, outcome, sides)
            says = said or (text if outcome.met else f"not: {text}")
            return Reason(Kind.COMPARISON, text, says, outcome.met, met=outcome.met)
        left, right = sides
        relation = OPERATORS[outcome.condition.atom.guards[0].comparison]
        if not positive:
            relation = OPPOSITE[relation]
        hosts = self.hosts(instance)
        limit = self.policy.limits.get(hosts.limit_of.get(n, ""))
        values = [side.number for side in outcome.sides]
        types = [self._type_of(instance, side) for side in (left, right)]
        if limit and _is_limit(instance, left, limit.name):
            values.reverse()
            types.reverse()
            relation = FLIPPED[relation]
        kind = types[0] or types[1]
        scale = kind.scale if kind else (limit.scale if limit else 0)
        unit = (kind.unit if kind else None) or (limit.unit if limit else None)
        so = relation if outcome.met else OPPOSITE[relation]
        figure = self._number(kind, values[0], unit, scale)
        bound = self._bound(limit) if limit else self._number(types[1] or kind, values[1], unit, scale)
        said = relation_words(so, kind)
        reason = Reason(
            Kind.COMPARISON,
            text,
            f"{figure} is {said} {bound}",
            outcome.met,
            met=outcome.met,
            value=Value(values[0], relation, values[1], unit, scale),
            provisions=(limit.provision,) if limit else (),
        )
        if host is not None:
            told = instance.outcomes[host].atom
            assert told is not None
            atom = next(iter(self._prober.matches(told)), told)
            reason.atom = str(atom)
            reason.predicate = atom.name
            reason.holds = True
            reason.says = f"{self._said(atom, True)}: {said} {bound}"
        return reason

    def _same_or_other(
        self, instance: Instance, outcome: Outcome, sides: tuple[str | None, str | None] | None
    ) -> str:
        """Say of two words of one type whether they are the same; nothing if it is no such comparison."""
        if sides is None or len(outcome.sides) != 2:
            return ""
        if OPERATORS[outcome.condition.atom.guards[0].comparison] not in ("=", "!="):
            return ""
        kind = self._type_of(instance, sides[0]) or self._type_of(instance, sides[1])
        if kind is None or any(side.type is _NUMBER or side.arguments for side in outcome.sides):
            return ""
        one, other = (self.sentences.term(kind, term_of(side)) for side in outcome.sides)
        return f"{one} is {'' if outcome.sides[0] == outcome.sides[1] else 'not '}{other}"

    def _number(self, kind: ArgType | None, value: int, unit: tuple[str, str] | None, scale: int = 0) -> str:
        return self.sentences.term(kind, value) if kind is not None else number(value, scale, unit)

    def _type_of(self, instance: Instance, variable: str | None) -> ArgType | None:
        """Return the type of a variable, from where it stands in the head or in an atom of the body."""
        if variable is None:
            return None
        for name, arguments in _atoms_of(instance):
            predicate = self.policy.predicates.get(name)
            if predicate is None or predicate.arity != len(arguments):
                continue
            for (_, kind), argument in zip(predicate.args, arguments, strict=True):
                if argument.ast_type == ASTType.Variable and argument.name == variable:
                    return self.policy.types[kind]
        return None

    # ---------------------------------------------------------------------------------------- aggregates

    def aggregate(self, instance: Instance, n: int) -> Reason:
        """Tell an aggregate: its value, what is asked of it, and that its elements follow."""
        outcome = instance.outcomes[n]
        node = outcome.condition.atom
        function = FUNCTIONS[node.function] if node.ast_type == ASTType.BodyAggregate else "#count"
        value = outcome.value
        reason = Reason(Kind.SUM, outcome.condition.text, "", outcome.met, met=outcome.met)
        weight = self._weight_type(node)
        counted = len(outcome.elements)
        limit = self.policy.limits.get(self.hosts(instance).limit_of.get(n, ""))
        if value is None or value.type is not _NUMBER:
            reason.says = "there is nothing to reckon with"
            if limit:
                reason.says += f" against {self._bound(limit)}"
                reason.provisions = (limit.provision,)
            return reason
        kind = self._assigned_type(instance, outcome) or weight
        measured = kind or limit  # what is compared with a limit is measured as the limit is
        unit = measured.unit if measured else None
        scale = measured.scale if measured else 0
        plain = function == "#count" or measured is not None
        reason.value = Value(value.number, unit=unit, scale=scale)
        figure = number(value.number, scale, unit)
        if function == "#count":
            reason.says = f"there {'is' if value.number == 1 else 'are'} {figure}"
        elif function in ("#min", "#max"):
            reason.says = f"the {'least' if function == '#min' else 'greatest'} is {figure}"
        else:
            reason.says = (
                f"together {figure}"
                if plain
                else f"reckoned over {counted} {'entry' if counted == 1 else 'entries'}"
            )
        asked = [(relation, bound.number) for relation, bound in outcome.guards if bound.type is _NUMBER]
        if asked and not (len(asked) == 1 and asked[0][0] == "=" and outcome.met):
            self._asked_of(reason, outcome, asked, limit, plain=plain)
            if limit:
                reason.provisions = (limit.provision,)
        return reason

    def _asked_of(
        self,
        reason: Reason,
        outcome: Outcome,
        asked: Sequence[tuple[str, int]],
        limit: Limit | None,
        *,
        plain: bool,
    ) -> None:
        """Add to an aggregate what it is compared with; of two bounds, the one that it fails comes first."""
        assert reason.value is not None
        actual, unit, scale = reason.value.actual, reason.value.unit, reason.value.scale
        negated = outcome.condition.sign is Sign.Negation
        so = [
            (relation if _compare(actual, relation, bound) else OPPOSITE[relation], relation, bound)
            for relation, bound in asked
        ]
        if len(so) > 1:  # told is what is so: a bound that fails, or both where both are kept
            failing = [one for one in so if one[0] != one[1]]
            so = failing[:1] or so
        first = so[0]
        if len(so) == 1:
            relation = OPPOSITE[first[1]] if negated else first[1]
            reason.value = Value(actual, relation, first[2], unit, scale)
        if plain:
            bounds = [
                f"{RELATIONS[said]} "
                + (self._bound(limit) if limit and limit.value == bound else number(bound, scale, unit))
                for said, _, bound in so
            ]
            reason.says += f", {' and '.join(bounds)}"

    def element(self, instance: Instance, n: int, element: Element, parts: Sequence[Reason]) -> Reason:
        """Tell one contribution: what it is and, where the reader knows the unit, how much it adds."""
        node = instance.outcomes[n].condition.atom
        main = next((part for part in parts if part.holds and part.kind is not Kind.STATED), None)
        main = main or (parts[0] if parts else None)
        reason = Reason(
            Kind.ELEMENT,
            ", ".join(str(term) for term in element.terms),
            main.says if main else ", ".join(str(term) for term in element.terms),
            True,
        )
        if main is not None:
            reason.predicate = main.predicate
            reason.provisions = main.provisions
            reason.rule = main.rule
            reason.evidence = main.evidence
            reason.repeated = main.repeated
            reason.assumed = main.assumed
            reason.because = [*main.because, *(part for part in parts if part is not main)]
        weight = self._weight_type(node)
        summed = node.ast_type == ASTType.BodyAggregate and FUNCTIONS[node.function] != "#count"
        if summed and weight is not None and element.terms and element.terms[0].type is _NUMBER:
            reason.value = Value(element.terms[0].number, unit=weight.unit, scale=weight.scale)
            reason.says += f" ({number(element.terms[0].number, weight.scale, weight.unit)})"
        return reason

    def _weight_type(self, node: ast.AST) -> ArgType | None:
        """Return the type of what an aggregate adds up, if it is a plain variable of a declared type."""
        if node.ast_type != ASTType.BodyAggregate:
            return None
        for element in node.elements:
            if not element.terms or element.terms[0].ast_type != ASTType.Variable:
                continue
            for literal in element.condition:
                if literal.atom.ast_type != ASTType.SymbolicAtom:
                    continue
                symbol = literal.atom.symbol
                predicate = self.policy.predicates.get(getattr(symbol, "name", ""))
                if predicate is None or predicate.arity != len(symbol.arguments):
                    continue
                for (_, kind), argument in zip(predicate.args, symbol.arguments, strict=True):
                    if argument.ast_type == ASTType.Variable and argument.name == element.terms[0].name:
                        return self.policy.types[kind]
        return None

    def _assigned_type(self, instance: Instance, outcome: Outcome) -> ArgType | None:
        node = outcome.condition.atom
        for guard in (node.left_guard, node.right_guard):
            if guard and guard.term.ast_type == ASTType.Variable:
                return self._type_of(instance, guard.term.name)
        return None

    # -------------------------------------------------------------------------------------------- others

    def each(self, instance: Instance, n: int) -> Reason:
        """Tell a condition that has to hold in each of several cases."""
        outcome = instance.outcomes[n]
        all_cases, failed = len(outcome.cases), sum(not case.met for case in outcome.cases)
        if not all_cases:
            says = "there is no case to look at, so nothing stands against it"
        elif failed:
            says = f"this has to hold in each of {all_cases}; it fails in {failed}"
        else:
            says = f"this holds in each of {all_cases}"
        return Reason(
            Kind.EACH,
            outcome.condition.text,
            says,
            outcome.met,
            met=outcome.met,
            value=Value(all_cases - failed, "=", all_cases),
        )

    def other_value(self, instance: Instance, n: int) -> Reason:
        """Tell that a rule concludes the same of another value than the one asked for."""
        outcome = instance.outcomes[n]
        parameter, term = outcome.condition.atom.term, outcome.condition.atom.guards[0].term
        position = int(str(parameter).removeprefix(PARAMETER))
        head = head_atoms(instance.rule)[0].atom
        predicate = self.policy.predicates.get(getattr(head, "name", ""))
        reason = Reason(Kind.COMPARISON, str(term), "the rule gives another value", False, met=False)
        if predicate is None or position >= predicate.arity:
            return reason
        name, kind = predicate.args[position]
        words = name.replace("_", " ")
        reason.says = f"the rule gives another {words}"
        if len(outcome.sides) == 2:
            known = self.policy.types[kind]
            asked, given = (self.sentences.term(known, _term(side)) for side in outcome.sides)
            reason.says = f"by this rule the {words} is {given}, not {asked}"
        return reason

    def not_as_asked(self, outcome: Outcome) -> Reason:
        """Tell that something is so, and not in the way that a condition asks for."""
        assert outcome.atom is not None
        says = f"in no case is it as the rule asks: {self._said(outcome.atom, True)}"
        return Reason(Kind.COMPARISON, outcome.condition.text, says, outcome.met, met=outcome.met)

    def plain(self, instance: Instance, n: int) -> Reason:
        """Tell a condition of a form that has no words of its own."""
        outcome = instance.outcomes[n]
        text = outcome.condition.text
        return Reason(Kind.COMPARISON, text, text, outcome.met, met=outcome.met)


def _terms(goal: clingo.Symbol) -> list[Term | None]:
    return [_term(argument) for argument in goal.arguments]


def _term(argument: clingo.Symbol) -> Term | None:
    """Return an argument to be said; the least or greatest of nothing is said to be none."""
    if argument.type in (clingo.SymbolType.Supremum, clingo.SymbolType.Infimum):
        return Constant("none")
    return None if argument == ANY else term_of(argument)


def _compare(actual: int, relation: str, bound: int) -> bool:
    return {
        "<": actual < bound,
        "<=": actual <= bound,
        ">": actual > bound,
        ">=": actual >= bound,
        "=": actual == bound,
        "!=": actual != bound,
    }[relation]


def _guard_variables(outcome: Outcome) -> list[str]:
    """Return the variables that an aggregate is compared with."""
    if outcome.condition.form is not Form.AGGREGATE:
        return []
    guards = (outcome.condition.atom.left_guard, outcome.condition.atom.right_guard)
    return [g.term.name for g in guards if g and g.term.ast_type == ASTType.Variable]


def _plain_sides(outcome: Outcome) -> tuple[str | None, str | None] | None:
    """Return the variables on both sides of a simple comparison; None for a side that is no variable."""
    if outcome.condition.form is not Form.COMPARISON or len(outcome.condition.atom.guards) != 1:
        return None
    atom = outcome.condition.atom
    left, right = (
        term.name if term.ast_type == ASTType.Variable else None for term in (atom.term, atom.guards[0].term)
    )
    return left, right


def _written_sides(outcome: Outcome) -> str:
    """Write a comparison with the values in place of its variables."""
    atom = outcome.condition.atom
    if not outcome.sides:
        return outcome.condition.text
    parts = [str(outcome.sides[0])]
    for guard, side in zip(atom.guards, outcome.sides[1:], strict=False):
        parts += [OPERATORS[guard.comparison], str(side)]
    return ("not " if outcome.condition.sign is Sign.Negation else "") + " ".join(parts)


def _is_limit(instance: Instance, variable: str | None, name: str) -> bool:
    for outcome in instance.outcomes:
        if outcome.condition.form is Form.ATOM:
            term = outcome.condition.atom.symbol
            if getattr(term, "name", "") == "limit" and len(term.arguments) == 2:
                argument = term.arguments[1]
                if str(term.arguments[0]) == name and argument.ast_type == ASTType.Variable:
                    return bool(argument.name == variable)
    return False


def _atoms_of(instance: Instance) -> list[tuple[str, list[ast.AST]]]:
    """Return name and arguments of the atoms in a rule, the body's before the head's."""
    found = []
    for outcome in instance.outcomes:
        if outcome.condition.form is Form.ATOM:
            term = outcome.condition.atom.symbol
            if term.ast_type == ASTType.Function:
                found.append((term.name, list(term.arguments)))
    head = instance.rule.node.head
    if head.ast_type == ASTType.Literal and head.atom.ast_type == ASTType.SymbolicAtom:
        term = head.atom.symbol
        if term.ast_type == ASTType.Function:
            found.append((term.name, list(term.arguments)))
    return found
