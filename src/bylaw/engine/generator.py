"""One round of a pack's generator: what it asks for, given the pack's rules and the rows made so far."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

import clingo

from bylaw.engine.applicable import Given
from bylaw.engine.program import Program, ground_text
from bylaw.engine.symbols import fact_symbol, term_of
from bylaw.errors import BylawError, Place, PolicyError, Problem, SolveError, UsageError
from bylaw.policy.grounder import problems_of
from bylaw.policy.model import GeneratorText, Policy
from bylaw.tables.terms import Constant, Fact, Term

EMPTY = Constant("empty")
"""What stands in a row for an optional cell without a value."""


@dataclass(frozen=True, slots=True)
class DrawAsked:
    """A random number that is asked for: `draw(Key, Name(Args))`.

    Args:
        subject: whose record it is for; the key names it.
        key: what the number is for, as clingo writes it.
        name: of the distribution.
        args: of the distribution.
    """

    subject: str
    key: str
    name: str
    args: tuple[int, ...]
    written: str
    symbol: clingo.Symbol

    def drawn(self, value: int) -> clingo.Symbol:
        """Return the fact that a number was drawn."""
        return clingo.Function("drawn", [self.symbol, clingo.Number(value)])


@dataclass(frozen=True, slots=True)
class RowAsked:
    """A row of the record: `row(Table, (Value, ...))`; None for a cell without a value."""

    subject: str
    table: str
    values: tuple[Term | None, ...]
    written: str


class GeneratorProgram(Program):
    """The rules of a policy together with its generator.

    Args:
        policy: a pack that has a generator.
        size: how many subjects the whole cohort has.
        horizon: the year of `--as-of`, which is also the clock's.
        readings: switches set otherwise than by default.

    Raises:
        UsageError: the pack has no generator.
    """

    def __init__(
        self, policy: Policy, size: int, horizon: int, readings: Mapping[str, str] | None = None
    ) -> None:
        if policy.generator is None:
            raise UsageError(
                f"`{policy.id}` has no generator of synthetic records",
                "add generator.lp to the pack and name it in the manifest, `files.generator`",
            )
        super().__init__(policy, readings)
        self.file = f"{policy.folder.name}/{policy.generator.file}"
        self._program, self._lines = self._program_text(policy.generator)
        given = [Fact("horizon", (horizon,)), Fact("size", (size,))]
        if policy.clock:
            given.append(Fact(policy.clock.predicate, (horizon,)))
        self._statements += [fact_symbol(fact) for fact in given]

    def subject_atoms(self, subject: str, place: int) -> list[clingo.Symbol]:
        """Return what is given of a subject, with its place in the cohort from 1."""
        name = clingo.String(subject)
        return [
            clingo.Function("synthetic", [name]),
            clingo.Function("ordinal", [name, clingo.Number(place)]),
        ]

    def ask(
        self, subjects: Container[str], atoms: Iterable[clingo.Symbol], known: set[clingo.Symbol]
    ) -> list[DrawAsked | RowAsked]:
        """Ground one round and return the draws and rows that it asks for and no round before did.

        Args:
            subjects: those of the round.
            atoms: what is given of them: themselves, the facts of their rows, the numbers drawn.
            known: what rounds before asked for; that of this one is added.

        Raises:
            PolicyError: clingo refuses the generator, or what it asks for has not the right form.
        """
        control = self.ground_atoms(atoms)
        new = [symbol for symbol in _certain(control, self.file) if symbol not in known]
        known.update(new)
        asked: list[DrawAsked | RowAsked] = []
        problems: list[Problem] = []
        for symbol in new:
            try:
                asked.append((_draw if symbol.name == "draw" else _row)(symbol, subjects))
            except ValueError as error:
                problems.append(Problem(str(error), Place(self.file)))
        if problems:
            raise PolicyError(problems[:20])
        return asked

    def _program_text(self, generator: GeneratorText) -> tuple[str, list[tuple[str, int]]]:
        """Return the rules that a generator looks at, then itself, and where each line of that comes from."""
        name = self.policy.folder.name
        recorded = {fact.predicate for table in self.policy.tables.values() for fact in table.facts}
        if self.policy.clock:
            recorded.add(self.policy.clock.predicate)
        rules = self._slicer.rules((self._stated, Given(frozenset(recorded))), generator.uses)
        text = "".join(f"{rule.source}\n" for rule in rules)
        lines = [(f"{name}/{rule.file}", rule.line) for rule in rules]
        lines += [(f"{name}/{generator.file}", n + 1) for n in range(generator.text.count("\n") + 1)]
        return text + generator.text, lines

    def ground_atoms(self, atoms: Iterable[clingo.Symbol]) -> clingo.Control:
        """Ground the rules and the generator with the pack's statements and some atoms."""
        control, messages = ground_text(self._program, [*self._statements, *atoms])
        if messages:
            raise PolicyError(problems_of(messages, self._lines))
        return control


def _certain(control: clingo.Control, file: str) -> list[clingo.Symbol]:
    """Return the draws and rows that are in every answer set."""
    wanted = [(name, 2) for name in ("draw", "row")]
    atoms = [atom for signature in wanted for atom in control.symbolic_atoms.by_signature(*signature)]
    if all(atom.is_fact for atom in atoms):
        return [atom.symbol for atom in atoms]
    control.configuration.solve.models = "0"  # type: ignore[union-attr]
    control.configuration.solve.enum_mode = "cautious"  # type: ignore[union-attr]
    found: list[clingo.Symbol] | None = None
    with control.solve(yield_=True) as handle:
        for model in handle:
            found = [s for s in model.symbols(atoms=True) if (s.name, len(s.arguments)) in wanted]
    if found is None:
        raise PolicyError(
            Problem("the generator and the rules contradict each other: there is no answer set", Place(file))
        )
    return found


def _draw(symbol: clingo.Symbol, subjects: Container[str]) -> DrawAsked:
    key, wish = symbol.arguments
    function = wish.type is clingo.SymbolType.Function and wish.name
    if not function or not all(map(_is_number, wish.arguments)):
        raise ValueError(f"`{symbol}` asks for no distribution of whole numbers")
    args = tuple(argument.number for argument in wish.arguments)
    return DrawAsked(_owner(symbol, key, subjects), str(key), wish.name, args, str(symbol), key)


def _row(symbol: clingo.Symbol, subjects: Container[str]) -> RowAsked:
    table, values = symbol.arguments
    function = clingo.SymbolType.Function
    if table.type is not function or table.arguments or values.type is not function or values.name:
        raise ValueError(f"`{symbol}` is no row: write `row(table, (value, ...))`")
    try:
        terms = [term_of(value) for value in values.arguments]
    except SolveError as error:
        raise ValueError(f"`{symbol}` is no row: {_first(error)}") from None
    owner = _owner(symbol, values, subjects)
    return RowAsked(owner, table.name, tuple(None if term == EMPTY else term for term in terms), str(symbol))


def _owner(symbol: clingo.Symbol, within: clingo.Symbol, subjects: Container[str]) -> str:
    """Return the one subject that a term names; the result of a cohort may not depend on its batches."""
    named = {text for text in _texts(within) if text in subjects}
    if len(named) != 1:
        count = "none" if not named else "more than one"
        raise ValueError(f"`{symbol}` names {count} of the new subjects; each draw and row belongs to one")
    return named.pop()


def _texts(symbol: clingo.Symbol) -> Iterator[str]:
    if symbol.type is clingo.SymbolType.String:
        yield symbol.string
    elif symbol.type is clingo.SymbolType.Function:
        for argument in symbol.arguments:
            yield from _texts(argument)


def _is_number(symbol: clingo.Symbol) -> bool:
    return symbol.type is clingo.SymbolType.Number


def _first(error: BylawError) -> str:
    return error.problems[0].message
