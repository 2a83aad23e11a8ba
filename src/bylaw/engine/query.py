"""Queries: a clingo body evaluated over the certain conclusions of a whole cohort."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType

from bylaw.engine.cohort import Effort, Failure, work_through
from bylaw.engine.editions import open_engine
from bylaw.engine.program import add_facts
from bylaw.engine.solve import Engine
from bylaw.engine.symbols import Plain, plain_symbol, symbol_from, term_of
from bylaw.engine.variables import outer_variables
from bylaw.errors import LimitExceeded, Problem, SolveError, UsageError, did_you_mean
from bylaw.policy.lexical import scan
from bylaw.policy.model import ArgType, Policy
from bylaw.records.model import Records
from bylaw.tables.schema import Missing
from bylaw.tables.terms import Term


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query finds.

    Args:
        columns: the variables of the body, in the order in which they first stand.
        types: of the columns, where the vocabulary tells.
        rows: the substitutions, each once, sorted.
        undetermined: subjects for whom a table that the query depends on is not known.
    """

    columns: tuple[str, ...]
    types: tuple[ArgType | None, ...]
    rows: tuple[tuple[Term, ...], ...]
    undetermined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Body:
    text: str
    variables: tuple[str, ...]
    predicates: tuple[tuple[str, int], ...]
    types: tuple[ArgType | None, ...]


def run_query(
    engine: Engine,
    records: Records,
    body: str,
    *,
    progress: Callable[[int], None] | None = None,
    effort: Effort | None = None,
) -> QueryResult:
    """Evaluate a clingo body over the records of a cohort.

    The students are solved in batches; the body is evaluated once, over all of them, so it may compare and
    count students. It sees what is certain for each.

    Args:
        body: such as `year_outcome(S, 2021, failed), not resit_right(S, 2021, _)`.
        progress: called with how many more students are done.
        effort: how the cohort is worked through.

    Raises:
        UsageError: if the body is no clingo body or names an unknown predicate, or asks for what differs
            between editions that apply.
        SolveError: if to a student no edition applies.
    """
    parsed = _parse(engine.policy, body)
    names = frozenset(name for name, _ in parsed.predicates)
    control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
    atoms = set(engine.stated(records, names))
    engine.check(records, records.subjects)
    failed: list[Problem] = []
    limit = False
    asking = Asking(tuple(sorted(names)), dict(engine.readings))
    for found in work_through(asking, engine.policy, records, records.subjects, effort):
        if isinstance(found, Failure):
            failed.extend(found.problems)
            limit |= found.limit
        else:
            atoms.update(symbol_from(one) for one in found.value)
        if progress:
            progress(1 if isinstance(found, Failure) else len(found.subjects))
    if failed:
        raise LimitExceeded(failed) if limit else SolveError(failed)
    add_facts(control, sorted(atoms))
    listed = ",".join(parsed.variables)
    try:
        control.add("base", [], f"_row(({listed},)) :- {parsed.text}.")
        control.ground([("base", [])])
    except RuntimeError:
        raise UsageError(
            f"`{body}` leaves a variable unbound",
            "each variable occurs in a condition without `not`, or is assigned by `=`",
        ) from None
    rows = sorted(
        tuple(one.symbol.arguments[0].arguments) for one in control.symbolic_atoms.by_signature("_row", 1)
    )
    return QueryResult(
        parsed.variables,
        parsed.types,
        tuple(tuple(term_of(value) for value in row) for row in rows),
        _undetermined(engine.policy, records, names),
    )


@dataclass(frozen=True, slots=True)
class Asking:
    """The task of finding what is certain of some predicates.

    Args:
        names: of the predicates.
        readings: switches set otherwise than by default.
    """

    names: tuple[str, ...]
    readings: Mapping[str, str]

    def begin(self, policy: Policy) -> Callable[[Records], list[Plain]]:
        """Return what finds the atoms of some records, as plain data."""
        engine = open_engine(policy, self.readings)
        names = frozenset(self.names)
        return lambda records: [
            plain_symbol(atom) for atom in engine.certain_atoms(records, records.subjects, names)
        ]


def _parse(policy: Policy, body: str) -> _Body:
    text = body.strip().removesuffix(".").strip()
    if not text:
        raise UsageError("the query is empty", "a clingo body, such as `year_outcome(S, 2021, failed)`")
    for problem in scan(text, "query"):
        raise UsageError(f"the query may not contain that: {problem.message}", problem.help)
    messages: list[str] = []
    nodes: list[ast.AST] = []
    try:
        ast.parse_string(f"_row :- {text}.", nodes.append, logger=lambda _code, m: messages.append(m))
    except RuntimeError:
        detail = re.sub(r"<string>:1:(\d+)\S*: error: ", "", messages[0] if messages else "")
        first = " ".join(detail.split())
        raise UsageError(
            f"`{body}` is no clingo body: {first}", "conditions are separated by commas"
        ) from None
    rules = [node for node in nodes if node.ast_type == ASTType.Rule]
    others = [n for n in nodes if n.ast_type not in (ASTType.Rule, ASTType.Program, ASTType.Comment)]
    if len(rules) != 1 or others or str(rules[0].head) != "_row":
        raise UsageError(f"`{body}` is more than one body", "one list of conditions, without `:-` and `.`")
    literals = list(rules[0].body)
    if any(one.ast_type == ASTType.Literal and one.atom.ast_type == ASTType.TheoryAtom for one in literals):
        raise UsageError("the query may not contain that: theories (`&`)", "ask for predicates of the pack")
    atoms = list(_atoms(literals))
    problems = []
    for name, arguments in atoms:
        arity = _arity(policy, name)
        if arity is None:
            known = [*policy.predicates, "limit", "reading"]
            problems.append(Problem(f"{policy.id} has no predicate `{name}`", help=did_you_mean(name, known)))
        elif arity != len(arguments):
            problems.append(
                Problem(
                    f"`{name}` has {arity} arguments and is given {len(arguments)}", help=_form(policy, name)
                )
            )
    if problems:
        error = UsageError(problems[0].message)
        error.problems = tuple(problems)
        raise error
    variables = outer_variables(literals)
    if not variables:
        raise UsageError(
            f"`{body}` has no variable to list", "write a variable, such as `S`, where values vary"
        )
    types = tuple(_type_of(policy, name, atoms) for name in variables)
    return _Body(text, variables, tuple((n, len(a)) for n, a in atoms), types)


def _atoms(node: object) -> Iterator[tuple[str, list[ast.AST]]]:
    if isinstance(node, ast.AST):
        if node.ast_type == ASTType.SymbolicAtom:
            if node.symbol.ast_type == ASTType.Function:
                yield node.symbol.name, list(node.symbol.arguments)
            return
        for key in node.child_keys:
            yield from _atoms(getattr(node, key))
    elif isinstance(node, list | tuple | ast.ASTSequence):
        for part in node:
            yield from _atoms(part)


def _arity(policy: Policy, name: str) -> int | None:
    if name in ("limit", "reading"):
        return 2
    predicate = policy.predicates.get(name)
    return predicate.arity if predicate else None


def _form(policy: Policy, name: str) -> str:
    predicate = policy.predicates.get(name)
    arguments = ", ".join(argument for argument, _ in predicate.args) if predicate else "name, value"
    return f"it is `{name}({arguments})`"


def _type_of(policy: Policy, variable: str, atoms: Sequence[tuple[str, list[ast.AST]]]) -> ArgType | None:
    for name, arguments in atoms:
        predicate = policy.predicates.get(name)
        if predicate is None:
            continue
        for (_, kind), argument in zip(predicate.args, arguments, strict=True):
            if argument.ast_type == ASTType.Variable and argument.name == variable:
                return policy.types[kind]
    return None


def _undetermined(policy: Policy, records: Records, names: frozenset[str]) -> tuple[str, ...]:
    reached = frozenset[str]().union(*(policy.encoding.reached_from(name) for name in names))
    return tuple(
        subject
        for subject in records.subjects
        if any(
            absence.meaning is Missing.UNKNOWN and not reached.isdisjoint(absence.predicates)
            for absence in records.missing(subject)
        )
    )
