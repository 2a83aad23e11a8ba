"""Apply one amendment to one edition of a policy, and check what comes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.policy.amendment import AmendmentFile, added_rules
from bylaw.policy.encoding import RuleFile, build, read_rules
from bylaw.policy.grounder import check_safety
from bylaw.policy.model import Limit, PackRow, Policy, Role, Rule, Status
from bylaw.policy.proposal import PartKind
from bylaw.policy.provisions import provision_of
from bylaw.policy.rule_checks import Lexicon, check_rules
from bylaw.policy.schemas import TableChangeModel
from bylaw.policy.strata import check_strata
from bylaw.policy.vocabulary import check_values, read_predicates
from bylaw.tables.cells import CellError, parse_cell, scaled
from bylaw.tables.schema import Table
from bylaw.tables.terms import Row, Term


def with_amendment(
    policy: Policy, file: AmendmentFile, kept: Collection[tuple[PartKind, str]], problems: list[Problem]
) -> Policy:
    """Return a policy with one amendment; what is wrong with it is noted.

    Args:
        kept: the parts of it that are applied, by kind and name.
    """
    return _Amending(policy, file, kept, problems).applied()


@dataclass(slots=True)
class _Amending:
    """One amendment while it is applied."""

    policy: Policy
    file: AmendmentFile
    kept: Collection[tuple[PartKind, str]]
    problems: list[Problem]

    def applied(self) -> Policy:
        """Apply all parts that are kept."""
        self._provisions()
        self._limits()
        self._readings()
        self._tables()
        self._predicates()
        self._text()
        return self.policy

    def _report(self, message: str, place: Place, help: str | None = None) -> None:
        self.problems.append(Problem(message, place, help))

    def _provisions(self) -> None:
        provisions = dict(self.policy.provisions)
        for number, model in enumerate(self.file.model.provisions):
            place = self.file.document.place(("provisions", number, "id"))
            provisions[model.id] = provision_of(model, self.policy.citation, place)
        self.policy = replace(self.policy, provisions=provisions)

    def _limits(self) -> None:
        limits = dict(self.policy.limits)
        for name, value in self.file.model.limits.items():
            loc = ("limits", name)
            if name not in limits:
                place = self.file.document.key_place(loc)
                self._report(f"there is no limit `{name}`", place, did_you_mean(name, limits))
                continue
            if (PartKind.LIMIT, name) not in self.kept:
                continue
            try:
                number = scaled(value, limits[name].scale)
            except CellError as cause:
                message = cause.message.replace("`value`", f"`{name}`")
                self._report(message, self.file.document.place(loc), cause.help)
                continue
            place = self.file.document.key_place(loc)
            limits[name] = replace(limits[name], value=number, place=place)
        tables = {name: _bounded(table, limits) for name, table in self.policy.tables.items()}
        self.policy = replace(self.policy, limits=limits, tables=tables)

    def _readings(self) -> None:
        readings = dict(self.policy.readings)
        for name, chosen in self.file.model.readings.items():
            loc = ("readings", name)
            if name not in readings:
                place = self.file.document.key_place(loc)
                self._report(f"there is no reading `{name}`", place, did_you_mean(name, readings))
            elif chosen not in readings[name].readings:
                help = did_you_mean(chosen, readings[name].readings)
                place = self.file.document.place(loc)
                self._report(f"the reading `{name}` has no alternative `{chosen}`", place, help)
            elif (PartKind.READING, name) in self.kept:
                readings[name] = replace(readings[name], default=chosen)
        self.policy = replace(self.policy, readings=readings)

    def _tables(self) -> None:
        rows = dict(self.policy.pack_rows)
        for name, change in self.file.model.tables.items():
            if name not in rows:
                place = self.file.document.key_place(("tables", name))
                self._report(f"the pack has no table `{name}`", place, did_you_mean(name, rows))
            elif (PartKind.TABLE, name) in self.kept:
                rows[name] = self._changed(self.policy.tables[name], rows[name], change)
        self.policy = replace(self.policy, pack_rows=rows)

    def _changed(
        self, table: Table, rows: Sequence[PackRow], change: TableChangeModel
    ) -> tuple[PackRow, ...]:
        """Return the rows of a table with some changed, added and taken out."""
        found = {tuple(one.values.get(name) for name in table.key): one for one in rows}
        for section, lines in (("remove", change.remove), ("rows", change.rows)):
            for number, line in enumerate(lines):
                loc = ("tables", table.name, section, number)
                place = self.file.document.place(loc)
                values = self._cells(table, line, loc)
                absent = [name for name in table.key if name not in line]
                if absent:
                    self._report(f"the row does not name its `{absent[0]}`", place, "it is part of the key")
                if values is None or absent:
                    continue
                key = tuple(values[name] for name in table.key)
                if section == "remove":
                    if found.pop(key, None) is None:
                        self._report(f"table `{table.name}` has no such row", place)
                    continue
                known = found.get(key)
                whole = {**(known.values if known else {}), **values}
                needed = [c.name for c in table.columns.values() if c.required and whole.get(c.name) is None]
                if needed:
                    self._report(f"the new row has no `{needed[0]}`", place, "a row that is added is whole")
                    continue
                row = Row(table.name, self.file.document.name, place.line or 0)
                found[key] = PackRow(row, {**dict.fromkeys(table.columns), **whole})
        return tuple(found.values())

    def _cells(
        self, table: Table, line: dict[str, object], loc: tuple[str | int, ...]
    ) -> dict[str, Term | None] | None:
        values: dict[str, Term | None] = {}
        for name, value in line.items():
            where = (*loc, name)
            if name not in table.columns:
                place = self.file.document.key_place(where)
                help = did_you_mean(name, table.columns)
                self._report(f"table `{table.name}` has no column `{name}`", place, help)
                return None
            try:
                values[name] = parse_cell(table.columns[name], "" if value is None else str(value))
            except CellError as cause:
                self._report(cause.message, self.file.document.place(where), cause.help)
                return None
        return values

    def _predicates(self) -> None:
        if not self.file.model.predicates:
            return
        document = self.file.document
        read = read_predicates(document, self.policy.types, self.problems) or {}
        for name, predicate in read.items():
            place = document.key_place(("predicates", name))
            if name in self.policy.predicates:
                self._report(f"the pack has a predicate `{name}`", place, "choose another name")
            elif predicate is not None and predicate.role in (Role.INPUT, Role.ACTION):
                help = "an amendment adds definitions, conclusions and findings"
                self._report(f"`{name}` is an {predicate.role.value}", place, help)
        whole = {**self.policy.predicates, **{name: one for name, one in read.items() if one is not None}}
        check_values(document, self.policy.types, read, self.policy.limits, self.problems)
        self.policy = replace(self.policy, predicates=whole)

    def _text(self) -> None:
        """Take out the rules of repealed provisions, and add the new ones."""
        model, document = self.file.model, self.file.document
        for number, provision in enumerate(model.repeal):
            if provision not in self.policy.provisions:
                place = document.place(("repeal", number))
                help = did_you_mean(provision, self.policy.provisions)
                self._report(f"there is no provision `{provision}`", place, help)
        if (PartKind.TEXT, "") not in self.kept or not (model.repeal or model.rules) or self.problems:
            return
        files = [
            RuleText(name, f"{self.policy.folder}/{name}", text)
            for name, text in self.policy.encoding.files.items()
        ]
        if model.repeal:
            files = self._repealed(files)
        number = 0
        read: list[RuleFile] = []
        for one in files:
            found = read_rules(one.file, one.name, one.text, number, self.problems)
            if found is not None:
                number += len(found.rules)
                read.append(found)
        added = added_rules(self.file, self.problems, number)
        policy = self.policy
        lexicon = Lexicon(policy.types, policy.predicates, policy.limits, policy.readings, policy.provisions)
        check_rules(added, lexicon, self.problems)
        check_strata([*read, *added], self.problems)
        if self.problems:
            return
        encoding = build([*read, *added])
        self.problems += check_safety(build(added), str(policy.folder)) if added else []
        provisions = dict(policy.provisions)
        for name in [one for one in provisions if _under(one, model.repeal) and one not in self.file.tags]:
            provisions[name] = replace(
                provisions[name],
                status=Status.NOT_COMPUTATIONAL,
                why_not_encoded=f"repealed by the amendment `{model.id}`",
            )
        self.policy = replace(policy, encoding=encoding, provisions=provisions)

    def _repealed(self, files: Sequence[RuleText]) -> list[RuleText]:
        """Return the rules without those of repealed provisions; the lines of the others stay."""
        left: list[RuleText] = []
        gone: set[str] = set()
        for one in files:
            read = read_rules(one.file, one.name, one.text, 0, self.problems)
            taken = []
            for rule in read.rules if read else ():
                repealed = [tag for tag in rule.provisions if _under(tag, self.file.model.repeal)]
                if not repealed:
                    continue
                gone.update(repealed)
                if len(repealed) < len(rule.provisions):
                    self._report_shared(rule, repealed)
                taken.append(rule)
            left.append(replace(one, text=_blanked(one.text, taken)))
        for number, provision in enumerate(self.file.model.repeal):
            if not any(_under(tag, [provision]) for tag in gone):
                place = self.file.document.place(("repeal", number))
                self._report(f"no rule states provision `{provision}`", place, "there is nothing to repeal")
        return left

    def _report_shared(self, rule: Rule, repealed: Sequence[str]) -> None:
        others = ", ".join(f"`{tag}`" for tag in rule.provisions if tag not in repealed)
        self._report(
            f"the rule {rule.file}:{rule.line} states {others} together with `{repealed[0]}`",
            self.file.document.key_place(("repeal",)),
            f"repeal {others} too, and state again under `rules` what is to stay",
        )


@dataclass(frozen=True, slots=True)
class RuleText:
    """The text of a file of rules.

    Args:
        file: relative to the pack.
        name: as the reader names it, for places.
    """

    file: str
    name: str
    text: str


def _under(provision: str, repealed: Iterable[str]) -> bool:
    """Whether a provision is among those repealed, or below one."""
    return any(provision == one or provision.startswith(f"{one}.") for one in repealed)


def _blanked(text: str, rules: Sequence[Rule]) -> str:
    """Return a text with spaces where some of its rules stand."""
    lines = [bytearray(line.encode()) for line in text.split("\n")]
    for rule in rules:
        begin, end = rule.node.location.begin, rule.node.location.end
        for number in range(begin.line, end.line + 1):
            line = lines[number - 1]
            start = begin.column - 1 if number == begin.line else 0
            stop = end.column - 1 if number == end.line else len(line)
            line[start:stop] = b" " * (stop - start)
    return "\n".join(line.decode() for line in lines)


def _bounded(table: Table, limits: dict[str, Limit]) -> Table:
    """Return a table whose columns have the bounds that the limits now state."""
    columns = {
        name: replace(
            column,
            minimum=limits[column.minimum_limit].value if column.minimum_limit else column.minimum,
            maximum=limits[column.maximum_limit].value if column.maximum_limit else column.maximum,
        )
        for name, column in table.columns.items()
    }
    return replace(table, columns=columns)
