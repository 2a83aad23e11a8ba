"""The vocabulary against the rules: words that nothing asks for, absences and outcomes that are half said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bylaw.analysis.lint.findings import Finding, Source
from bylaw.errors import Place
from bylaw.policy.load import Draft
from bylaw.policy.model import ArgType, Predicate, Role, Rule
from bylaw.policy.pack_files import PackFiles
from bylaw.policy.syntax import atoms_of
from bylaw.tables.terms import Constant


def unasked(draft: Draft, sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield the inputs and definitions that no rule, choice, action, case, label or value asks for.

    A definition whose rules all belong to an alternative of a reading says what that alternative comes to,
    where another rule says what it does not; it need not be asked for. Nor need an input that only names the
    subject.
    """
    asked = {name for source in sources for rule in source.read.rules for name in rule.uses}
    asked |= {name.removeprefix("was_") for name in asked} | _in_cases(draft)
    law = [rule for read in draft.rules for rule in read.rules]
    bound = {head for rule in law if rule.switches for head, _ in rule.heads}
    free = {head for rule in law if not rule.switches for head, _ in rule.heads}
    asked |= bound - free
    predicates = [one for one in (draft.predicates or {}).values() if one is not None]
    asked |= {one.value.actual for one in predicates if one.value is not None}
    asked |= {type_.label for type_ in (draft.types or {}).values() if type_ is not None and type_.label}
    asked |= {group.predicate for group in draft.groups.values()}
    if draft.manifest.clock is not None:
        asked.add(draft.manifest.clock.predicate)
    for predicate in predicates:
        names_subject = predicate.role is Role.INPUT and [kind for _, kind in predicate.args] == [
            draft.subject
        ]
        if names_subject or predicate.name in asked:
            continue
        if predicate.role in (Role.INPUT, Role.DEFINITION):
            what = "input" if predicate.role is Role.INPUT else "definition"
            message = f"no rule asks for the {what} `{predicate.name}`"
            help = "take it out, or declare it as a conclusion if a reader is to see it"
            yield Finding("L104", message, predicate.place or Place(""), help)


def _in_cases(draft: Draft) -> set[str]:
    """Return the predicates that the cases of a pack expect something of."""
    names: set[str] = set()
    aside = PackFiles(draft.files.folder, draft.files.shown)
    for file in draft.manifest.files.cases:
        document = aside.yaml(file)
        cases = document.data if document is not None and isinstance(document.data, list) else []
        for case in cases:
            expected = case.get("expect") if isinstance(case, dict) else None
            for key, wanted in expected.items() if isinstance(expected, dict) else ():
                names.add(str(key).partition("(")[0].strip())
                figures = wanted.get("value") if isinstance(wanted, dict) else None
                names |= {str(figure) for figure in figures or ()}
    return names


def half_said(draft: Draft) -> Iterator[Finding]:
    """Yield the conclusions that rules ask for behind `not` and whose absence has no sentence."""
    negated: dict[str, str] = {}
    for read in (*draft.rules, *draft.choices):
        for rule in read.rules:
            for literal in rule.node.body:
                if literal.ast_type.name == "Literal" and str(literal).startswith("not "):
                    for atom in atoms_of(literal):
                        negated.setdefault(atom.name, f"{read.file}:{rule.line}")
    for predicate in (draft.predicates or {}).values():
        if predicate is None or predicate.role is not Role.CONCLUSION or predicate.says_not:
            continue
        if predicate.name in negated:
            where = negated[predicate.name]
            message = f"`{predicate.name}` is asked for behind `not` ({where}) and has no `says_not`"
            yield Finding(
                "L107", message, predicate.place or Place(""), "say in a sentence that it is not so"
            )


def one_sided(draft: Draft) -> Iterator[Finding]:
    """Yield the values of ranked types that no rule derives for a conclusion that has others of them.

    A conclusion whose value comes from a variable is left aside: the rules do not tell what it takes.
    """
    rules = [rule for read in draft.rules for rule in read.rules]
    for predicate in (draft.predicates or {}).values():
        if predicate is None or predicate.role is not Role.CONCLUSION:
            continue
        for position, (_, type_name) in enumerate(predicate.args):
            type_ = (draft.types or {}).get(type_name)
            if type_ is None or len(type_.best_first) < 2:
                continue
            yield from _missing(predicate, position, type_, rules)


def _missing(predicate: Predicate, position: int, type_: ArgType, rules: Sequence[Rule]) -> Iterator[Finding]:
    derived: set[str] = set()
    for rule in rules:
        for shape in rule.derives:
            if shape.name != predicate.name or len(shape.fixed) <= position:
                continue
            value = shape.fixed[position]
            if not isinstance(value, Constant):
                return
            derived.add(value.name)
    for wanted in type_.best_first:
        if derived and wanted not in derived:
            message = f"no rule derives `{wanted}` of `{type_.name}` for `{predicate.name}`"
            help = "state by which rule it comes about, or take it out of `best_first` and `values`"
            yield Finding("L108", message, predicate.place or Place(""), help)
