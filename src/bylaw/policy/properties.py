"""Check the rules that say what must never follow, as rules are checked, but for tags and declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.policy.encoding import read_rules
from bylaw.policy.model import Predicate, PropertyText, Rule
from bylaw.policy.rule_checks import Lexicon, check_rules
from bylaw.policy.strata import check_strata
from bylaw.tables.schema import Table

HIGHER = "higher"
"""`higher(Table, Column)`: a figure of the record is raised."""
WORSE = "worse"
"""`worse(Predicate)`: what then follows of a predicate is worse."""
_STATED = ("limit", "reading")
_FORM = "a sentence, and below it `worse(year_outcome) :- higher(marks, mark).`"


def read_properties(
    file: str,
    name: str,
    text: str,
    lexicon: Lexicon,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> tuple[PropertyText, ...]:
    """Read and check a file of properties.

    The head of a rule with a sentence above it is what must never follow of a record. Rules without one help.

    Args:
        file: relative to the pack.
        name: how places name it.
        lexicon: what the pack declares.
        tables: of pack and record.
    """
    read = read_rules(file, name, text, 0, problems, tagged=False)
    if read is None:
        return ()
    declared = lexicon.predicates or {}
    own = {head for rule in read.rules for head, _ in rule.heads}
    for rule in read.rules:
        place = Place(name, rule.line)
        for head, _ in rule.heads:
            if head in declared:
                help = "give what must never follow a name of its own"
                problems.append(Problem(f"`{head}` is a predicate of the vocabulary", place, help))
    if lexicon.predicates is not None:
        known = {**declared, **dict.fromkeys([*own, HIGHER, WORSE])}
        check_rules([read], replace(lexicon, predicates=known), problems)
    check_strata([read], problems)
    helping = "\n".join(rule.source for rule in read.rules if not rule.comment and HIGHER not in rule.uses)
    found = []
    for rule in read.rules:
        place = Place(name, rule.line)
        if HIGHER in rule.uses or any(head == WORSE for head, _ in rule.heads):
            one = _raised(file, rule, place, declared, tables or {}, problems)
            if one is not None:
                found.append(one)
        elif rule.comment:
            if len(rule.heads) != 1 or rule.choice:
                problems.append(Problem("a property has one head", place, "write a rule for each"))
                continue
            uses = frozenset(n for one in read.rules for n in one.uses if n in declared or n in _STATED)
            text_ = f"{rule.source}\n{helping}"
            types = tuple(_type_of(rule, name, declared) for name in rule.derives[0].variables)
            found.append(PropertyText(rule.heads[0][0], rule.comment, file, rule.line, text_, uses, types))
    if not found and read.rules:
        help = "write above each rule what must never be so"
        problems.append(Problem("no rule has a sentence above it", Place(name, read.rules[0].line), help))
    return tuple(found)


def _raised(
    file: str,
    rule: Rule,
    place: Place,
    declared: Mapping[str, Predicate | None],
    tables: Mapping[str, Table | None],
    problems: list[Problem],
) -> PropertyText | None:
    """Return a property of figures that are raised: nothing of a predicate is worse for it."""
    watched = [shape for shape in rule.derives if shape.name == WORSE]
    raised = [shape for shape in rule.conditions if shape.name == HIGHER]
    plain = len(watched) == 1 and len(raised) == 1 and set(rule.uses) == {HIGHER}
    words = [str(one) for shape in (*watched, *raised) for one in shape.fixed if one is not None]
    if not plain or not rule.comment or len(words) != 3:
        problems.append(Problem("it does not say what becomes worse by which figure", place, _FORM))
        return None
    predicate, table, column = words
    if predicate not in declared:
        help = did_you_mean(predicate, declared)
        problems.append(Problem(f"there is no predicate `{predicate}`", place, help))
        return None
    known = tables.get(table)
    if known is None or known.pack or column not in known.columns:
        problems.append(Problem(f"a record has no `{table}.{column}`", place, _FORM))
        return None
    return PropertyText(
        f"{predicate}_after_higher_{column}",
        rule.comment,
        file,
        rule.line,
        "",
        frozenset({predicate}),
        raised=(table, column),
    )


def _type_of(rule: Rule, variable: str, declared: Mapping[str, Predicate | None]) -> str:
    """Return the type of a variable, from where it stands in a plain condition; empty if in none."""
    for condition in rule.conditions:
        predicate = declared.get(condition.name)
        if variable and predicate is not None and variable in condition.variables:
            return predicate.args[condition.variables.index(variable)][1]
    return ""
