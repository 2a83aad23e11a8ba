"""Check each rule against the vocabulary, the limits, the readings and the provisions of its pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.policy.encoding import RuleFile
from bylaw.policy.model import ArgType, Base, Limit, Predicate, Provision, Reading, Role, Rule, Status
from bylaw.policy.syntax import (
    Atom,
    Kind,
    atoms_of_head,
    constant_of,
    head_scopes,
    kind_of,
    members,
    shape_refusal,
    variable_of,
)
from bylaw.policy.vocabulary import BUILT_IN

_BASES = {Kind.INTEGER: Base.INTEGER, Kind.TEXT: Base.TEXT, Kind.CONSTANT: Base.CONSTANT}


@dataclass(slots=True)
class Lexicon:
    """What rules may name; None for what could not be read."""

    types: Mapping[str, ArgType | None] | None
    predicates: Mapping[str, Predicate | None] | None
    limits: Mapping[str, Limit | None] | None
    readings: Mapping[str, Reading | None] | None
    provisions: Mapping[str, Provision | None] | None
    actions: bool = False
    """Whether the rules may name actions."""


@dataclass(slots=True)
class Used:
    """What the rules name."""

    limits: set[str] = field(default_factory=set)
    readings: set[tuple[str, str]] = field(default_factory=set)
    derived: set[str] = field(default_factory=set)
    provisions: set[str] = field(default_factory=set)
    whole: bool = True
    """Whether every rule could be looked into."""


def check_rules(
    files: Sequence[RuleFile], lexicon: Lexicon, problems: list[Problem], *, inputs: bool = False
) -> Used:
    """Check the rules of all files.

    Args:
        inputs: whether heads may be inputs, as those of choices are.

    Returns:
        What they name, for the checks of what is never named.
    """
    used = Used()
    for read in files:
        for tag, place in read.tags:
            _check_tag(tag, place, lexicon, problems)
            used.provisions.add(tag)
        for rule in read.rules:
            _Checker(read, rule, lexicon, used, problems, inputs).check()
    _check_shows(files, lexicon, problems)
    return used


def _check_tag(tag: str, place: Place, lexicon: Lexicon, problems: list[Problem]) -> None:
    if lexicon.provisions is None:
        return
    if tag not in lexicon.provisions:
        problems.append(
            Problem(
                f"there is no provision `{tag}`", place, did_you_mean(tag, lexicon.provisions), code="L011"
            )
        )
        return
    provision = lexicon.provisions[tag]
    if provision is not None and provision.status is Status.GROUP:
        help = "tag the rule with the provision below it that it states"
        message = f"provision `{tag}` is a group, which no rule carries"
        problems.append(Problem(message, place, help, code="L011"))


def _check_shows(files: Sequence[RuleFile], lexicon: Lexicon, problems: list[Problem]) -> None:
    """Where anything is shown, everything declared must be, for clingo hides the rest."""
    shows = [show for read in files for show in read.shows]
    if not shows or lexicon.predicates is None:
        return
    for name, arity, place in shows:
        predicate = lexicon.predicates.get(name)
        if name not in lexicon.predicates:
            help = did_you_mean(name, lexicon.predicates)
            problems.append(Problem(f"there is no predicate `{name}`", place, help))
        elif predicate is not None and predicate.arity != arity:
            problems.append(Problem(f"`{name}` has {_arguments(predicate.arity)}, not {arity}", place))
    hidden = [name for name in lexicon.predicates if name not in {shown for shown, _, _ in shows}]
    if hidden:
        rest = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
        problems.append(
            Problem(f"`#show` hides `{hidden[0]}`{rest}", shows[0][2], "take it out, or show each predicate")
        )


def _arguments(number: int) -> str:
    return "no arguments" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"


class _Checker:
    """Checks one rule."""

    def __init__(
        self,
        read: RuleFile,
        rule: Rule,
        lexicon: Lexicon,
        used: Used,
        problems: list[Problem],
        inputs: bool,
    ) -> None:
        self.read = read
        self.rule = rule
        self.lexicon = lexicon
        self.used = used
        self.problems = problems
        self.inputs = inputs
        self.torn: set[str] = set()
        self.variables: dict[int, dict[str, tuple[ArgType, Atom]]] = {0: {}}

    def report(self, node: Any, message: str, help: str | None = None, code: str = "") -> None:
        """Note a problem at a node."""
        self.problems.append(Problem(message, self.read.place(node), help, code=code))

    def check(self) -> None:
        """Check the head, then the body."""
        node = self.rule.node
        refusal = shape_refusal(node)
        if refusal:
            self.report(*refusal)
            self.used.whole = False
            return
        for atom in atoms_of_head(node):
            self._head(atom)
        occurrences = self.read.bodies[self.rule.number]
        for occurrence in occurrences:
            self._atom(occurrence.atom)
        # What stands outside of aggregates and conditions is the same variable inside of them.
        placed = [(one.atom, one.scope) for one in occurrences] + head_scopes(node)
        for atom, scope in sorted(placed, key=lambda pair: pair[1] != 0):
            self._agree(atom, scope)

    def _head(self, atom: Atom) -> None:
        if atom.name in BUILT_IN:
            file = f"{atom.name}s.yaml"
            self.report(atom.node, f"no rule derives `{atom.name}`, which is built in", f"state it in {file}")
            return
        self.used.derived.add(atom.name)
        self._atom(atom)
        predicate = (self.lexicon.predicates or {}).get(atom.name)
        if predicate is not None and predicate.role is Role.INPUT and not self.inputs:
            help = "declare it as a definition, conclusion or finding, or derive another predicate"
            self.report(atom.node, f"a rule derives `{atom.name}`, which is an input", help)

    def _atom(self, atom: Atom) -> None:
        """Check the name, the number of arguments and the constants of an atom."""
        if atom.classical:
            help = "derive a predicate of its own, or use `not`"
            self.report(atom.node, f"`-{atom.name}` is not allowed in a pack", help)
            return
        if atom.name in BUILT_IN:
            self._built_in(atom)
            return
        predicates = self.lexicon.predicates
        if predicates is None:
            return
        if atom.name not in predicates:
            near = did_you_mean(atom.name, [*predicates, *BUILT_IN])
            self.report(atom.node, f"there is no predicate `{atom.name}`", near, "L012")
            return
        predicate = predicates[atom.name]
        if predicate is None:
            return
        if predicate.role is Role.ACTION and not self.lexicon.actions:
            help = "an action stands in the file that `files.actions` names, and in no other rule"
            self.report(atom.node, f"`{atom.name}` is an action, and no part of the text", help)
        if predicate.arity != atom.arity:
            form = f"it is declared as `{predicate.name}({', '.join(name for name, _ in predicate.args)})`"
            message = f"`{atom.name}` has {_arguments(predicate.arity)}, not {atom.arity}"
            self.report(atom.node, message, form if predicate.args else None, "L012")
            return
        for (argument, type_name), term in zip(predicate.args, atom.args, strict=True):
            type_ = (self.lexicon.types or {}).get(type_name)
            if type_ is not None:
                for member in members(term):
                    self._term(member, type_, argument, atom)

    def _term(self, term: Any, type_: ArgType, argument: str, atom: Atom) -> None:
        """Check that what is written as an argument can be of its type."""
        where = f"argument `{argument}` of `{atom.name}`"
        kind = kind_of(term)
        if kind is Kind.VARIABLE:
            return
        if kind is Kind.COMPUTED:
            if type_.base is not Base.INTEGER:
                self.report(term, f"{where} is of base {type_.base}, and `{term}` is a number", code="L020")
            return
        if kind is Kind.COMPOUND:
            self.report(term, f"{where} is no compound term such as `{term}`", "give each part an argument")
            return
        given = _BASES.get(kind)
        if given is not type_.base:
            help = (
                f'write it as a text: "{term}"' if (type_.base, given) == (Base.TEXT, Base.CONSTANT) else None
            )
            what = f"of base {given}" if given else "no value"
            self.report(term, f"{where} is of base {type_.base}, and `{term}` is {what}", help, "L020")
        elif given is Base.CONSTANT and str(term) not in type_.values:
            help = did_you_mean(str(term), type_.values)
            self.report(term, f"`{term}` is no `{type_.name}`, which {where} is", help, "L020")

    def _built_in(self, atom: Atom) -> None:
        """Check `limit(name, Value)` and `reading(name, value)`."""
        name = atom.name
        if atom.arity != BUILT_IN[name]:
            form = "limit(name, Value)" if name == "limit" else "reading(name, value)"
            self.report(atom.node, f"`{name}` has 2 arguments, not {atom.arity}", f"it is written `{form}`")
            return
        for first in members(atom.args[0]):
            asked = constant_of(first)
            if asked is None:
                self.report(first, f"`{first}` does not name a {name}", f"write the name of the {name}")
                self.used.whole = False
            elif name == "limit":
                self._limit(asked, first)
            else:
                for second in members(atom.args[1]):
                    self._reading(asked, first, second)

    def _limit(self, name: str, node: Any) -> None:
        self.used.limits.add(name)
        limits = self.lexicon.limits
        if limits is not None and name not in limits:
            self.report(node, f"there is no limit `{name}`", did_you_mean(name, limits), "L013")

    def _reading(self, name: str, node: Any, term: Any) -> None:
        readings = self.lexicon.readings
        value = constant_of(term)
        if value is not None:
            self.used.readings.add((name, value))
        if readings is None:
            return
        if name not in readings:
            self.report(node, f"there is no reading `{name}`", did_you_mean(name, readings), "L013")
            return
        reading = readings[name]
        if value is None:
            self.report(
                term, f"`{term}` is no reading of `{name}`", "write the alternative that is asked for"
            )
        elif reading is not None and value not in reading.readings:
            help = did_you_mean(value, reading.readings)
            self.report(term, f"`{value}` is no reading of `{name}`", help, "L013")

    def _agree(self, atom: Atom, scope: int) -> None:
        """Report a variable that stands for things of two kinds."""
        predicate = (self.lexicon.predicates or {}).get(atom.name)
        if predicate is None or predicate.arity != atom.arity:
            return
        for (_, type_name), term in zip(predicate.args, atom.args, strict=True):
            type_ = (self.lexicon.types or {}).get(type_name)
            variable = variable_of(term)
            if type_ is None or variable is None:
                continue
            known = self.variables[0].get(variable)
            known = known or self.variables.setdefault(scope, {}).setdefault(variable, (type_, atom))
            other, first = known
            if (other.base, other.scale) != (type_.base, type_.scale) and variable not in self.torn:
                self.torn.add(variable)
                message = f"`{variable}` is of type `{other.name}` in `{first.name}` and `{type_.name}` here"
                self.report(term, message, "use two variables", "L020")
