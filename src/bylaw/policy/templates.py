"""Read fact templates such as `mark(student, course, 'final', 3)`: how a row of a table becomes a fact."""

from __future__ import annotations

import re

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.policy.model import ArgType, Base, Predicate, Role, Show
from bylaw.policy.schemas import NAME
from bylaw.policy.vocabulary import Predicates, Types
from bylaw.tables.schema import Column, ColumnType, ColumnValue, FactTemplate
from bylaw.tables.terms import Constant, Term, Text

_TEMPLATE = re.compile(r"\s*([A-Za-z0-9_]+)\s*(?:\((.*)\)\s*)?", re.DOTALL)
_ARGUMENT = re.compile(
    r"""\s*
        (?: '(?P<constant>[^']*)' | "(?P<text>[^"]*)" | (?P<number>-?[0-9]{1,9}) | (?P<column>[^\s,'"()]+) )
        \s* (?P<after>,|$)""",
    re.VERBOSE,
)


def parse_template(text: str, place: Place, problems: list[Problem]) -> FactTemplate | None:
    """Take a template apart; None, with a problem, where it is none."""
    found = _TEMPLATE.fullmatch(text)
    args: list[ColumnValue | Term] = []
    sound = found is not None
    inside = found[2] if found else None
    position = 0
    while sound and inside is not None and inside.strip():
        piece = _ARGUMENT.match(inside, position)
        if piece is None or (piece["constant"] is not None and not NAME.fullmatch(piece["constant"])):
            sound = False
            break
        args.append(_argument(piece))
        position = piece.end()
        if not piece["after"]:
            break
        sound = position < len(inside)
    if found is None or not sound:
        help = "write `mark(student, 'final', \"text\", 3)`: columns, 'constants', \"texts\" and numbers"
        problems.append(Problem(f"`{text}` is not a fact template", place, help))
        return None
    return FactTemplate(found[1], tuple(args), place)


def check_template(
    template: FactTemplate,
    columns: dict[str, Column | None],
    types: Types,
    predicates: Predicates,
    problems: list[Problem],
    *,
    recorded: bool = False,
) -> None:
    """Check a template against the columns of its table and the vocabulary.

    Args:
        recorded: whether it says which outcome is on record, rather than what the rules are told.
    """
    place = template.place
    assert place is not None  # templates are read from a file
    for arg in template.args:
        if isinstance(arg, ColumnValue) and arg.column not in columns:
            help = did_you_mean(arg.column, columns)
            problems.append(Problem(f"there is no column `{arg.column}`", place, help))
    name = template.predicate
    if name not in predicates:
        problems.append(Problem(f"there is no predicate `{name}`", place, did_you_mean(name, predicates)))
        return
    predicate = predicates[name]
    if predicate is None:
        return
    if recorded and predicate.role not in (Role.CONCLUSION, Role.FINDING):
        help = "what is on record is compared with a conclusion or a finding"
        problems.append(Problem(f"`{name}` has the role {predicate.role} and is no outcome", place, help))
    if not recorded and predicate.role is not Role.INPUT:
        help = "a table gives inputs; declare it with `role: input`, or derive it with rules only"
        problems.append(Problem(f"`{name}` is a {predicate.role}, not an input", place, help))
    if predicate.arity != len(template.args):
        message = f"`{name}` has {predicate.arity} arguments, not {len(template.args)}"
        problems.append(Problem(message, place, _form(predicate)))
        return
    for (argument, type_name), given in zip(predicate.args, template.args, strict=True):
        type_ = types.get(type_name)
        if type_ is None:
            continue
        column = columns.get(given.column) if isinstance(given, ColumnValue) else None
        if isinstance(given, ColumnValue):
            reason = column_misfit(column, type_) if column else None
        else:
            reason = _term_misfit(given, type_)
        if reason:
            message, help = reason
            problems.append(Problem(f"argument `{argument}` of `{name}` {message}", place, help))


def _argument(piece: re.Match[str]) -> ColumnValue | Term:
    if piece["constant"] is not None:
        return Constant(piece["constant"])
    if piece["text"] is not None:
        return Text(piece["text"])
    if piece["number"] is not None:
        return int(piece["number"])
    return ColumnValue(piece["column"])


def _form(predicate: Predicate) -> str:
    return f"it is declared as `{predicate.name}({', '.join(name for name, _ in predicate.args)})`"


def _term_misfit(term: Term, type_: ArgType) -> tuple[str, str | None] | None:
    bases = {int: Base.INTEGER, Text: Base.TEXT, Constant: Base.CONSTANT}
    given = bases[type(term)]
    if given is not type_.base:
        return f"is of base {type_.base}, and `{term}` is of base {given}", None
    if isinstance(term, Constant) and term.name not in type_.values:
        return f"has no value `{term.name}`", did_you_mean(term.name, type_.values)
    return None


def column_misfit(column: Column, type_: ArgType) -> tuple[str, str | None] | None:
    """Say why the values of a column do not fit a type."""
    bases = {
        ColumnType.TEXT: Base.TEXT,
        ColumnType.INTEGER: Base.INTEGER,
        ColumnType.DECIMAL: Base.INTEGER,
        ColumnType.DATE: Base.INTEGER,
        ColumnType.CHOICE: Base.CONSTANT,
        ColumnType.BOOLEAN: Base.CONSTANT,
    }
    if bases[column.type] is not type_.base:
        return f"is of base {type_.base}, and column `{column.name}` is of type {column.type}", None
    if (column.type is ColumnType.DATE) != (type_.show is Show.DATE):
        return (
            f"is a `{type_.name}`, and column `{column.name}` is of type {column.type}",
            "a date column fits a type with `show: date`, and no other does",
        )
    if type_.base is Base.INTEGER and column.scale != type_.scale:
        return (
            f"has {type_.scale} decimals, and column `{column.name}` has {column.scale}",
            "give type and column the same `scale`",
        )
    values = ["yes", "no"] if column.type is ColumnType.BOOLEAN else [c.name for c in column.choices.values()]
    if type_.base is Base.CONSTANT:
        for value in values:
            if value not in type_.values:
                return f"has no value `{value}`, which column `{column.name}` may give", did_you_mean(
                    value, type_.values
                )
    return None
