"""Check the choices of a pack: what an officer may decide, in which situation, and under which provision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bylaw.errors import Problem, did_you_mean
from bylaw.files.yaml import Document
from bylaw.policy.encoding import RuleFile
from bylaw.policy.model import Provision, Rule
from bylaw.policy.rule_checks import Lexicon, Used, check_rules
from bylaw.policy.syntax import atoms_of_head
from bylaw.tables.schema import ColumnValue, FactTemplate, Table

if TYPE_CHECKING:
    from bylaw.policy.schemas import ManifestModel


def check_choices(
    files: Sequence[RuleFile],
    lexicon: Lexicon,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> Used:
    """Check the choices of a pack as rules, and that each names who decides and leaves a row to the record.

    Returns:
        What they name, for the checks of what is never named.
    """
    used = check_rules(files, lexicon, problems, inputs=True)
    told = {problem.place for problem in problems}
    for read in files:
        for rule in read.rules:
            if read.place(rule.node) not in told:
                _check_choice(read, rule, lexicon, tables, problems)
    return used


def check_officers(
    manifest: ManifestModel,
    document: Document,
    provisions: Mapping[str, Provision | None] | None,
    problems: list[Problem],
) -> None:
    """Report words for an actor that no provision names."""
    if provisions is None or None in provisions.values():
        return
    known = [provision for provision in provisions.values() if provision is not None]
    actors = {actor for one in known for actor in (one.actor, one.decided_by)}
    for actor in manifest.officers:
        if actor not in actors:
            place = document.key_place(("officers", actor))
            message = f"no provision names the actor `{actor}`"
            problems.append(Problem(message, place, did_you_mean(actor, filter(None, actors))))


def _check_choice(
    read: RuleFile,
    rule: Rule,
    lexicon: Lexicon,
    tables: Mapping[str, Table | None] | None,
    problems: list[Problem],
) -> None:
    def report(node: Any, message: str, help: str | None = None) -> None:
        problems.append(Problem(message, read.place(node), help))

    if not rule.choice:
        help = "write the head in braces: `{ decision(...) } :- ...`"
        report(rule.node, "what an officer may decide is a choice", help)
        return
    head = rule.node.head
    if head.left_guard is not None or head.right_guard is not None:
        report(rule.node, "a choice of an officer has no bounds", "take the number beside the braces out")
    if not rule.provisions:
        help = "tag it with the provision that gives the power: `%@ 7.E.s1`"
        report(rule.node, "a choice names no provision", help)
    for tag in rule.provisions:
        provision = (lexicon.provisions or {}).get(tag)
        if provision is not None and not (provision.actor or provision.decided_by):
            help = f"add `decided_by` to `{tag}` in provisions.yaml"
            report(rule.node, f"provision `{tag}` names nobody who decides", help)
    if tables is None or None in tables.values():
        return
    for atom in atoms_of_head(rule.node):
        if atom.name not in (lexicon.predicates or {}):
            continue
        found = row_template(tables, atom.name)
        if found is None:
            help = "the head is a fact that a row of the record gives, with all columns of the table's key"
            report(atom.node, f"no row of the record could say `{atom.name}`", help)


def row_template(
    tables: Mapping[str, Table | None] | Mapping[str, Table], predicate: str
) -> tuple[Table, FactTemplate] | None:
    """Return the table of the record whose rows give a predicate, and how; None if no row is told by it.

    The fact has to hold all columns of the key, for a decision stands for a row of its own.
    """
    for table in tables.values():
        for template in table.facts if table is not None and not table.pack else ():
            columns = {one.column for one in template.args if isinstance(one, ColumnValue)}
            if table is not None and template.predicate == predicate and columns.issuperset(table.key):
                return table, template
    return None
