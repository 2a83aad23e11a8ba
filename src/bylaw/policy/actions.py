"""Check the steps that are open to a subject: what each adds to the record, and the rules that open it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bylaw.errors import Problem, did_you_mean
from bylaw.files.yaml import Document
from bylaw.policy.encoding import read_rules
from bylaw.policy.grounder import check_file
from bylaw.policy.model import ActionSpec, ActionsText, ArgType, Base, Predicate, Role
from bylaw.policy.rule_checks import Lexicon, check_rules
from bylaw.policy.strata import check_strata
from bylaw.policy.templates import column_misfit, parse_template
from bylaw.policy.vocabulary import Predicates, Types
from bylaw.tables.schema import Column, ColumnType, ColumnValue, FactTemplate, Table
from bylaw.tables.terms import Constant, Term, Text

AS_IT_STANDS = "was_"
"""Before the name of a predicate in the rules of the actions: so it is in the record without any step."""
GOAL_NAME = "asked_for"
"""What the rules of the actions are given: `asked_for(Name)`, the predicate of the goal."""
_KEYS = ("adds", "cost", "least")


def with_specs(
    document: Document, predicates: dict[str, Predicate | None] | None, problems: list[Problem]
) -> dict[str, Predicate | None] | None:
    """Return the predicates of a vocabulary, those of role action with what taking the step means."""
    if predicates is None:
        return None
    found = dict(predicates)
    for name, predicate in predicates.items():
        if predicate is None:
            continue
        written: Mapping[str, object] = document.data["predicates"][name]
        given = [key for key in _KEYS if written.get(key) is not None]
        if predicate.role is not Role.ACTION:
            for key in given:
                place = document.key_place(("predicates", name, key))
                problems.append(Problem(f"`{key}` is for predicates of role action", place))
            continue
        found[name] = _with_spec(document, predicate, written, problems)
    return found


def _with_spec(
    document: Document, predicate: Predicate, written: Mapping[str, object], problems: list[Problem]
) -> Predicate | None:
    loc = ("predicates", predicate.name)
    missing = [key for key in ("adds", "cost") if written.get(key) is None]
    for key in missing:
        help = "say what taking the step adds to the record, and what it costs"
        problems.append(
            Problem(f"the action `{predicate.name}` has no `{key}`", document.key_place(loc), help)
        )
    if missing:
        return None
    template = parse_template(str(written["adds"]), document.place((*loc, "adds")), problems)
    least = str(written.get("least") or "")
    if least and least not in dict(predicate.args):
        place = document.place((*loc, "least"))
        near = did_you_mean(least, dict(predicate.args))
        problems.append(Problem(f"`{least}` is no argument of `{predicate.name}`", place, near))
    cost = written["cost"]
    if template is None or not isinstance(cost, int):
        return None
    return replace(predicate, action=ActionSpec(template, cost, least))


def check_specs(
    document: Document,
    types: Types | None,
    predicates: Predicates,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> None:
    """Check the row that each action adds against its table."""
    if tables is None or types is None:
        return
    known = {name: table for name, table in tables.items() if table is None or not table.pack}
    for predicate in predicates.values():
        if predicate is None or predicate.action is None:
            continue
        adds = predicate.action.adds
        assert adds.place is not None  # templates are read from a file
        if adds.predicate not in known:
            help = did_you_mean(adds.predicate, known)
            problems.append(Problem(f"there is no table `{adds.predicate}` of the record", adds.place, help))
            continue
        table = known[adds.predicate]
        if table is not None:
            problems += [
                Problem(message, adds.place, help)
                for message, help in _misfits(predicate, adds, table, types)
            ]
        if predicate.action.least:
            kind = types.get(dict(predicate.args).get(predicate.action.least, ""))
            if kind is not None and kind.base is not Base.INTEGER:
                place = document.place(("predicates", predicate.name, "least"))
                problems.append(Problem(f"`{predicate.action.least}` is no number", place))


def _misfits(
    predicate: Predicate, adds: FactTemplate, table: Table, types: Types
) -> list[tuple[str, str | None]]:
    """Say what in a row does not fit its table."""
    columns = list(table.columns.values())
    form = f"its columns are {', '.join(f'`{column.name}`' for column in columns)}"
    if len(adds.args) > len(columns) or any(column.required for column in columns[len(adds.args) :]):
        return [(f"a row of `{table.name}` has not {len(adds.args)} values", form)]
    found: list[tuple[str, str | None]] = []
    for column, given in zip(columns, adds.args, strict=False):
        if isinstance(given, ColumnValue):
            kind = types.get(dict(predicate.args).get(given.column, ""))
            if given.column not in dict(predicate.args):
                help = did_you_mean(given.column, dict(predicate.args))
                found.append((f"`{given.column}` is no argument of `{predicate.name}`", help))
            elif kind is not None and (reason := _argument_misfit(column, kind)):
                found.append((f"column `{column.name}` of `{table.name}` {reason}", None))
        elif misfit := _term_misfit(column, given):
            found.append((f"column `{column.name}` of `{table.name}` {misfit}", None))
    if key_template(table) is None:
        found.append(
            (f"no fact of `{table.name}` has all columns of its key", "so rows cannot be told apart")
        )
    return found


def _argument_misfit(column: Column, kind: ArgType) -> str | None:
    if kind.base is Base.CONSTANT:
        fits = column.type in (ColumnType.CHOICE, ColumnType.BOOLEAN)
        return None if fits else f"is of type {column.type}, and a `{kind.name}` is a constant"
    reason = column_misfit(column, kind)
    return f"is not filled by a `{kind.name}`: it {reason[0]}" if reason else None


def _term_misfit(column: Column, term: Term) -> str | None:
    if isinstance(term, Constant):
        choices = {one.name for one in column.choices.values()}
        if column.type is ColumnType.BOOLEAN:
            choices = {"yes", "no"}
        return None if term.name in choices else f"has no value `{term.name}`"
    if isinstance(term, Text):
        return None if column.type is ColumnType.TEXT else f"is of type {column.type}"
    numbers = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DATE)
    return None if column.type in numbers else f"is of type {column.type}"


def key_template(table: Table) -> FactTemplate | None:
    """Return the first fact of a table that tells its rows apart: one with every column of the key."""
    for template in table.facts:
        if all(ColumnValue(column) in template.args for column in table.key):
            return template
    return None


def read_actions(
    file: str | None, name: str, text: str, lexicon: Lexicon, problems: list[Problem]
) -> ActionsText | None:
    """Read and check the rules that open the steps.

    Args:
        file: relative to the pack; None if the pack has none.
        name: how places name it.
        lexicon: what the pack declares.

    Returns:
        None, with the problems noted, if there is no such file or clingo cannot parse it.
    """
    actions = _actions(lexicon)
    if file is None:
        for predicate in actions.values():
            help = "name the file with the rules that open it: `files.actions` in policy.yaml"
            problems.append(Problem(f"nothing opens the action `{predicate.name}`", predicate.place, help))
        return None
    read = read_rules(file, name, text, 0, problems)
    if read is None:
        return None
    own = {head for rule in read.rules for head, _ in rule.heads}
    if lexicon.predicates is not None:
        names = {
            **dict.fromkeys([*own, GOAL_NAME]),
            **_as_it_stands(lexicon.predicates),
            **lexicon.predicates,
        }
        check_rules([read], replace(lexicon, predicates=names, actions=True), problems)
        for rule in read.rules:
            if rule.choice:
                help = "derive each step that is open; which of them are taken is what is searched for"
                problems.append(Problem("actions make no choices", read.place(rule.node), help))
            for head, _ in rule.heads:
                known = lexicon.predicates.get(head)
                if known is not None and known.role is not Role.ACTION:
                    help = "derive an action, or a predicate of another name"
                    message = f"the actions derive `{head}`, which is the pack's"
                    problems.append(Problem(message, read.place(rule.node), help))
    check_strata([read], problems)
    problems += check_file(text, name)
    for predicate in actions.values():
        if predicate.name not in own:
            help = f"write a rule for it in {file}, or take it out"
            problems.append(Problem(f"no rule opens the action `{predicate.name}`", predicate.place, help))
    return ActionsText(file, tuple(read.rules))


def _as_it_stands(predicates: Predicates) -> Predicates:
    """Return, for each predicate, one of the same form that tells of the record as it stands."""
    return {
        f"{AS_IT_STANDS}{name}": replace(one, name=f"{AS_IT_STANDS}{name}", role=Role.INPUT)
        for name, one in predicates.items()
        if one is not None and one.role is not Role.ACTION
    }


def _actions(lexicon: Lexicon) -> dict[str, Predicate]:
    known = (lexicon.predicates or {}).values()
    return {one.name: one for one in known if one is not None and one.role is Role.ACTION}
