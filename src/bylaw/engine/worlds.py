"""One grounding for many worlds: the rules with a first argument that tells in which world an atom is so.

A world is a record, or a way of reading the text, that differs from the one at hand in a few facts. What
cannot differ from world to world has no such argument and is derived once. No choice is left to the solver,
so sums and averages ground as they do for a single record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import clingo
from clingo import ast
from clingo.ast import ASTType

from bylaw.engine.program import BY, add_facts, head_atoms
from bylaw.errors import Place, PolicyError, Problem, SolveError
from bylaw.policy.model import Policy, Rule

WORLD = "_World"
"""The variable of the world in a rule; a pack has no variable of that name."""
_IS_WORLD = "_world"
_DIFFERS = "_differs"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[a-z_][A-Za-z0-9_\']*\(?|_*[A-Z][A-Za-z0-9_\']*')
_INNER_POOL = re.compile(r"\([^()]*;")
_MESSAGE = re.compile(r"<block>:(\d+):\d+(?:-[\d:]+)?: (?:error|info|warning): (.*)", re.DOTALL)

State = tuple[frozenset[clingo.Symbol], frozenset[clingo.Symbol]]
"""Atoms that are certain, and those that are possible."""


class Worlds:
    """Some rules of a policy, to be grounded for many worlds at once.

    Args:
        policy: whose rules they are.
        rules: those that matter for what is asked.
        inputs: predicates whose facts differ from world to world.
        asked: predicates that are read from each world, with the rules that derive each atom.
    """

    def __init__(
        self, policy: Policy, rules: Sequence[Rule], inputs: Iterable[str], asked: Iterable[str]
    ) -> None:
        self.policy = policy
        self.rules = rules
        self.varying = _varying(policy, rules, inputs)
        self.asked = tuple(dict.fromkeys(asked))
        self._inputs = frozenset(inputs)
        self._arity = {name: arity for rule in rules for name, arity in rule.heads}
        self._arity |= {name: predicate.arity for name, predicate in policy.predicates.items()}
        self._plain = {name for name, arity in self._arity.items() if arity == 0} & self.varying
        self._text = [self._indexed(rule) for rule in rules]
        self._companions = self._written_companions()
        self._extra: list[str] = []
        self._read: list[tuple[str, int]] = []

    def add(self, text: str, name: str, arity: int) -> None:
        """Add a statement about worlds, already written with their argument, and read what it derives."""
        self._extra.append(text)
        if (name, arity) not in self._read:
            self._read.append((name, arity))

    def _indexed(self, rule: Rule) -> str:
        """Write a rule with the argument of the world on each atom that differs between worlds."""
        if not any(name in self.varying for name, _ in rule.heads):
            return rule.source
        if self._told_by_tree(rule.source):
            source = str(_Indexing(self.varying)(rule.node))
        else:
            source = _TOKEN.sub(self._with_world, rule.source)
        body = "; " if rule.uses or rule.node.body else " :- "
        return f"{source.removesuffix('.')}{body}{_IS_WORLD}({WORLD})."

    def written(self, node: ast.AST) -> str:
        """Write a literal or an atom with the argument of the world where it differs between worlds."""
        source = str(node)
        if self._told_by_tree(source):
            return str(_Indexing(self.varying)(node))
        return _TOKEN.sub(self._with_world, source)

    def _told_by_tree(self, source: str) -> bool:
        """Whether only the syntax tree tells where atoms are: in pools, and of atoms without arguments."""
        return bool(_INNER_POOL.search(source)) or any(name in source for name in self._plain)

    def ground(
        self, shared: Iterable[clingo.Symbol], worlds: Mapping[int, Iterable[clingo.Symbol]], differ: bool
    ) -> WorldStates:
        """Ground the rules for some worlds.

        Args:
            shared: the facts of all worlds; those of the varying inputs are left out.
            worlds: by number, the facts of the varying inputs in each.
            differ: whether to compare each world with the one of number 0.

        Raises:
            PolicyError: clingo cannot compute a term of a rule.
            SolveError: the rules have no answer set.
        """
        messages: list[str] = []
        control = clingo.Control(
            ["--warn=no-atom-undefined"], logger=lambda _code, text: messages.append(text), message_limit=50
        )
        facts = [fact for fact in shared if fact.name not in self._inputs]
        for number, own in worlds.items():
            world = clingo.Number(number)
            facts.append(clingo.Function(_IS_WORLD, [world]))
            facts += [clingo.Function(f.name, [world, *f.arguments]) for f in own if f.name in self._inputs]
        try:
            control.add("base", [], "\n".join(self._text))
            control.add("base", [], "\n".join([*self._companions, *self._extra]))
            if differ:
                control.add("base", [], "\n".join(self._comparisons()))
            add_facts(control, facts)
            control.ground([("base", [])])
        except RuntimeError as error:
            raise PolicyError(self._problems(messages or [str(error)])) from None
        if messages:
            raise PolicyError(self._problems(messages))
        return WorldStates(self, control, tuple(worlds))

    def signatures(self) -> list[tuple[str, int]]:
        """Return the signatures that are read from a grounding, with the argument of the world."""
        asked = [(name, self._arity[name] + (name in self.varying)) for name in self.asked]
        return [*asked, *self._read, (BY, 3), (_DIFFERS, 1)]

    def _with_world(self, token: re.Match[str]) -> str:
        text = token[0]
        return f"{text}{WORLD}," if text.endswith("(") and text[:-1] in self.varying else text

    def _written_companions(self) -> list[str]:
        """Return, for each rule that derives what is asked, a companion that tells so."""
        lines = []
        for rule in self.rules:
            if not any(name in self.asked for name, _ in rule.heads):
                continue
            body = [self.written(literal) for literal in rule.node.body]
            for head in head_atoms(rule):
                needed = [*body, *(self.written(one) for one in head.conditions)]
                if rule.choice:
                    needed.append(self.written(ast.SymbolicAtom(head.atom)))
                needed.append(f"{_IS_WORLD}({WORLD})")
                lines.append(f"{BY}({WORLD},{rule.number},{head.atom}) :- {'; '.join(needed)}.")
        return lines

    def _comparisons(self) -> list[str]:
        """Return rules that tell which worlds derive something else than the world of number 0."""
        lines = []
        for name in sorted(self.varying - self._inputs):
            args = "".join(f",X{n}" for n in range(self._arity[name]))
            here, there = f"{name}({WORLD}{args})", f"{name}(0{args})"
            world = f"{_IS_WORLD}({WORLD})"
            lines.append(f"{_DIFFERS}({WORLD}) :- {here}, not {there}.")
            lines.append(f"{_DIFFERS}({WORLD}) :- {there}, {world}, not {here}.")
        return lines

    def _problems(self, messages: Sequence[str]) -> list[Problem]:
        problems: dict[str, Problem] = {}
        for message in messages:
            match = _MESSAGE.match(message.strip())
            place, text = None, message.strip()
            if match:
                text = " ".join(match[2].split())
                if int(match[1]) <= len(self.rules):
                    rule = self.rules[int(match[1]) - 1]
                    place = Place(f"{self.policy.folder}/{rule.file}", rule.line)
            problems.setdefault(
                f"{place} {text}",
                Problem(f"where a decision or a reading is other than now, clingo reports: {text}", place),
            )
        return list(problems.values())


class WorldStates:
    """What a grounding tells of each of its worlds.

    Args:
        worlds: the numbers of those grounded.
    """

    def __init__(self, program: Worlds, control: clingo.Control, worlds: Sequence[int]) -> None:
        self._program = program
        certain, possible = _states(control, program.signatures())
        self._certain = self._by_world(certain, worlds)
        self._possible = self._by_world(possible, worlds) if possible is not certain else self._certain

    def certain(self, world: int) -> frozenset[clingo.Symbol]:
        """Return the asked atoms that are so in a world, in each of its answer sets."""
        return frozenset(self._asked(self._certain[world]))

    def possible(self, world: int) -> frozenset[clingo.Symbol]:
        """Return the asked atoms that are so in an answer set of a world: all, where it has only one."""
        return frozenset(self._asked(self._possible[world]))

    def derived_by(self, world: int) -> Iterable[tuple[int, clingo.Symbol]]:
        """Yield (number of a rule, asked atom that it derives) in a world."""
        for atom in self._possible[world].get(BY, ()):
            yield atom.arguments[0].number, atom.arguments[1]

    def told(self, world: int, name: str) -> Sequence[clingo.Symbol]:
        """Return what an added statement derives in a world, without the argument of the world."""
        return self._possible[world].get(name, ())

    def differs(self, world: int) -> bool:
        """Tell whether anything is derived in a world otherwise than in that of number 0."""
        return bool(self._possible[world].get(_DIFFERS))

    def _asked(self, told: Mapping[str, Sequence[clingo.Symbol]]) -> Iterable[clingo.Symbol]:
        for name in self._program.asked:
            yield from told.get(name, ())

    def _by_world(
        self, atoms: Iterable[clingo.Symbol], worlds: Sequence[int]
    ) -> dict[int, dict[str, list[clingo.Symbol]]]:
        found: dict[int, dict[str, list[clingo.Symbol]]] = {world: {} for world in worlds}
        shared: dict[str, list[clingo.Symbol]] = {}
        asked = set(self._program.asked) - self._program.varying
        for atom in atoms:
            if atom.name in asked:
                shared.setdefault(atom.name, []).append(atom)
                continue
            world, *rest = atom.arguments
            own = found.get(world.number)
            if own is not None:
                own.setdefault(atom.name, []).append(clingo.Function(atom.name, rest))
        return {world: {**shared, **own} for world, own in found.items()}


class _Indexing(ast.Transformer):
    """Puts the world into each atom that differs between worlds."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def visit_SymbolicAtom(self, node: ast.AST) -> ast.AST:  # noqa: N802 - the name that clingo calls
        """Return the atom with the world as its first argument."""
        symbol = node.symbol
        if symbol.ast_type == ASTType.Pool:
            return ast.SymbolicAtom(
                ast.Pool(symbol.location, [self._with_world(t) for t in symbol.arguments])
            )
        return ast.SymbolicAtom(self._with_world(symbol))

    def _with_world(self, term: ast.AST) -> ast.AST:
        if term.ast_type == ASTType.SymbolicTerm and term.symbol.name in self.names:
            return ast.Function(term.location, term.symbol.name, [ast.Variable(term.location, WORLD)], False)
        if term.ast_type != ASTType.Function or term.name not in self.names:
            return term
        world = ast.Variable(term.location, WORLD)
        return ast.Function(term.location, term.name, [world, *term.arguments], term.external)


def _varying(policy: Policy, rules: Sequence[Rule], inputs: Iterable[str]) -> frozenset[str]:
    """Return the predicates that differ between worlds: the inputs, and all that rests on one of them."""
    resting: dict[str, set[str]] = {}
    heads = {name for rule in rules for name, _ in rule.heads}
    for head in heads:
        for needed in policy.encoding.depends.get(head, ()):
            resting.setdefault(needed, set()).add(head)
    found = set(inputs)
    todo = list(found)
    while todo:
        for head in resting.get(todo.pop(), ()):
            if head not in found:
                found.add(head)
                todo.append(head)
    return frozenset(found)


def _states(
    control: clingo.Control, signatures: Sequence[tuple[str, int]]
) -> tuple[list[clingo.Symbol], list[clingo.Symbol]]:
    """Return what is certain and what is possible of some signatures; one list where all is certain."""
    atoms = control.symbolic_atoms
    told = [one for name, arity in signatures for one in atoms.by_signature(name, arity)]
    if all(one.is_fact for one in told):
        symbols = [one.symbol for one in told]
        return symbols, symbols
    wanted = set(signatures)
    found = []
    for mode in ("cautious", "brave"):
        control.configuration.solve.models = 0  # type: ignore[union-attr]
        control.configuration.solve.enum_mode = mode  # type: ignore[union-attr]
        last: list[clingo.Symbol] | None = None
        with control.solve(yield_=True) as handle:
            for model in handle:
                last = [s for s in model.symbols(atoms=True) if (s.name, len(s.arguments)) in wanted]
        if last is None:
            raise SolveError(Problem("the rules have no answer set for this record"))
        found.append(last)
    return found[0], found[1]
