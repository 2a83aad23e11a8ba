"""Check the rules that say what must never follow, as rules are checked, but for tags and declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.policy.encoding import read_rules
from bylaw.policy.grounder import check_file
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
    subject: str,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> tuple[PropertyText, ...]:
    """Read and check a file of properties.

    The head of a rule with a sentence above it is what must never follow of a record. Rules without one help.

    Args:
        file: relative to the pack.
        name: how places name it.
        lexicon: what the pack declares.
        subject: the type of those whose records are decided.
        tables: of pack and record.
    """
    read = read_rules(file, name, text, 0, problems, tagged=False)
    if read is None:
        return ()
    before = len(problems)
    declared = lexicon.predicates or {}
    if lexicon.predicates is not None:
        own = {head for rule in read.rules for head, _ in rule.heads}
        known = {**declared, **dict.fromkeys([*own, HIGHER, WORSE])}
        check_rules([read], replace(lexicon, predicates=known), problems)
    check_strata([read], problems)
    if len(problems) == before:
        problems += check_file(text, name)
    reader = _Reader(file, name, read.rules, declared, subject, problems)
    found = [one for rule in read.rules if (one := reader.property(rule, tables or {})) is not None]
    if not found and read.rules and len(problems) == before:
        help = "write above each rule what must never be so"
        problems.append(Problem("no rule has a sentence above it", Place(name, read.rules[0].line), help))
    return tuple(found)


def check_names(properties: Sequence[PropertyText], shown: str, problems: list[Problem]) -> None:
    """Note properties of the same name: what is found of one would be told of the other.

    Args:
        properties: of all files of a pack.
        shown: the folder of the pack as the reader names it.
    """
    seen: dict[str, PropertyText] = {}
    for one in properties:
        first = seen.setdefault(one.name, one)
        if first is not one:
            message = f"`{one.name}` is stated at {first.file}:{first.line} already"
            help = "leave out the second sentence where both rules say the same, or give it another name"
            problems.append(Problem(message, Place(f"{shown}/{one.file}", one.line), help))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rules of one file.

    Args:
        file: relative to the pack.
        name: how places name it.
        rules: all of them.
        declared: the predicates of the vocabulary.
        subject: the type of those whose records are decided.
    """

    file: str
    name: str
    rules: Sequence[Rule]
    declared: Mapping[str, Predicate | None]
    subject: str
    problems: list[Problem]

    def property(self, rule: Rule, tables: Mapping[str, Table | None]) -> PropertyText | None:
        """Return the property that a rule states; None if it only helps, or something is wrong with it."""
        place = Place(self.name, rule.line)
        taken = [head for head, _ in rule.heads if head in self.declared]
        for head in taken:
            help = "give what must never follow a name of its own"
            self.problems.append(Problem(f"`{head}` is a predicate of the vocabulary", place, help))
        if taken:
            return None
        if HIGHER in rule.uses or any(head == WORSE for head, _ in rule.heads):
            return _raised(self.file, rule, place, self.declared, tables, self.problems)
        if rule.choice or (rule.comment and len(rule.heads) != 1):
            self.problems.append(Problem("a property has one head", place, "write a rule for each"))
            return None
        if not rule.comment:
            return None
        types = tuple(self._type(rule, one, frozenset()) for one in rule.derives[0].variables)
        if self.subject not in types:
            help = f"let an argument of its head be the {self.subject}, from a condition of its body"
            self.problems.append(Problem("it does not say whose record it is", place, help))
            return None
        helping = [one.source for one in self.rules if not one.comment and HIGHER not in one.uses]
        asked = {name for one in self.rules for name in one.uses}
        uses = frozenset(name for name in asked if name in self.declared or name in _STATED)
        text = "\n".join([rule.source, *helping])
        return PropertyText(rule.heads[0][0], rule.comment, self.file, rule.line, text, uses, types)

    def _type(self, rule: Rule, variable: str, seen: frozenset[str]) -> str:
        """Return the type of a variable, from where it stands in a plain condition; empty if in none."""
        for condition in rule.conditions if variable else ():
            if variable not in condition.variables or condition.name in seen:
                continue
            at = condition.variables.index(variable)
            predicate = self.declared.get(condition.name)
            if predicate is not None:
                return predicate.args[at][1]
            for helping in self.rules:
                for head in helping.derives:
                    if head.name == condition.name and at < len(head.variables):
                        kind = self._type(helping, head.variables[at], seen | {head.name})
                        if kind:
                            return kind
        return ""


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
        f"{predicate}_after_higher_{table}_{column}",
        rule.comment,
        file,
        rule.line,
        "",
        frozenset({predicate}),
        raised=(table, column),
    )
