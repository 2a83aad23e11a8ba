"""Check the program that invents records for a pack, as rules are checked, but for tags and declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bylaw.errors import Problem, did_you_mean
from bylaw.policy.encoding import RuleFile, read_rules
from bylaw.policy.model import GeneratorText
from bylaw.policy.rule_checks import Lexicon, check_rules
from bylaw.policy.strata import check_strata
from bylaw.policy.syntax import Atom, atoms_of_head

GIVEN: Mapping[str, int] = {"synthetic": 1, "ordinal": 2, "size": 1, "horizon": 1, "drawn": 2}
"""What a generator is given, with the number of arguments."""
ASKED: Mapping[str, int] = {"draw": 2, "row": 2}
"""What a generator derives for others to read."""
_FORMS = {
    "synthetic": "synthetic(Subject)",
    "ordinal": "ordinal(Subject, Number)",
    "size": "size(Number)",
    "horizon": "horizon(Year)",
    "drawn": "drawn(Key, Value)",
    "draw": "draw(Key, Distribution)",
    "row": "row(Table, (Value, ...))",
}


def read_generator(
    file: str, name: str, text: str, lexicon: Lexicon, problems: list[Problem]
) -> GeneratorText | None:
    """Read and check a generator.

    Args:
        file: relative to the pack.
        name: how places name it.
        lexicon: what the pack declares.

    Returns:
        None, with the problems noted, if clingo must not see the text or cannot parse it.
    """
    read = read_rules(file, name, text, 0, problems, tagged=False)
    if read is None:
        return None
    if lexicon.predicates is not None:
        declared = lexicon.predicates
        own = {head for rule in read.rules for head, _ in rule.heads}
        names = {**declared, **dict.fromkeys([*own, *GIVEN, *ASKED])}
        check_rules([read], replace(lexicon, predicates=names), problems)
        _Names(read, set(declared), problems).check()
    check_strata([read], problems)
    asked = {name for rule in read.rules for name in rule.uses}
    return GeneratorText(file, text, frozenset(asked & (lexicon.predicates or {}).keys()))


class _Names:
    """Checks what a generator derives, and how many arguments its own predicates have."""

    def __init__(self, read: RuleFile, declared: set[str], problems: list[Problem]) -> None:
        self.read = read
        self.declared = declared
        self.problems = problems
        self.arities = dict(GIVEN) | dict(ASKED)

    def check(self) -> None:
        """Go through the heads of all rules, then through the bodies."""
        for name in sorted(self.declared & self.arities.keys()):
            place = self.read.at(1, 1)
            help = "name the predicate of the vocabulary otherwise"
            self.problems.append(Problem(f"`{name}` is a word of generators", place, help))
        for rule in self.read.rules:
            if rule.choice:
                help = "ask for a random number: `draw(Key, percent(50))`"
                place = self.read.place(rule.node)
                self.problems.append(Problem("a generator makes no choices", place, help))
            for atom in atoms_of_head(rule.node):
                self._head(atom)
        for rule in self.read.rules:
            for occurrence in self.read.bodies[rule.number]:
                self._arity(occurrence.atom)

    def _head(self, atom: Atom) -> None:
        place = self.read.place(atom.node)
        if atom.name in self.declared:
            help = "ask for a row that gives it, or derive a predicate of another name"
            self.problems.append(
                Problem(f"the generator derives `{atom.name}`, which is the pack's", place, help)
            )
        elif atom.name in GIVEN:
            near = did_you_mean(atom.name, ASKED) if atom.name == "drawn" else None
            self.problems.append(Problem(f"`{atom.name}` is given, and not derived", place, near))
        else:
            self.arities.setdefault(atom.name, atom.arity)
            self._arity(atom)

    def _arity(self, atom: Atom) -> None:
        arity = self.arities.get(atom.name)
        if atom.name in self.declared or arity is None or arity == atom.arity:
            return
        form = _FORMS.get(atom.name)
        help = f"it is written `{form}`" if form else f"elsewhere it has {arity}"
        message = f"`{atom.name}` stands with {atom.arity} argument{'s' * (atom.arity != 1)}"
        self.problems.append(Problem(message, self.read.place(atom.node), help))
