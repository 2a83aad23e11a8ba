"""Other names for the persons of a record: the same person has the same one wherever the key is the same.

A name is a keyed hash of the id (HMAC-SHA256, 80 bits of it), so nobody can tell an id from it, or try out
all ids, without the key. They are put in place of the ids as soon as the rows are read, so that nothing that
is derived, kept or reported knows another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from bylaw.errors import Fault, Problem, UsageError
from bylaw.files.secret import LEAST
from bylaw.policy.model import Base, Policy
from bylaw.records.check import Draft
from bylaw.tables.rows import TypedRow, Values
from bylaw.tables.schema import ColumnValue, Table
from bylaw.tables.terms import Text

_CONTEXT = b"bylaw pseudonym 1\0"
_FORM = re.compile("P-[A-Z2-7]{16}")


class Pseudonyms:
    """Names persons under one key.

    Args:
        key: secret; at least `files.secret.LEAST` bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < LEAST:
            raise ValueError("the key is too short")
        self._key = key
        self._known: dict[str, Text] = {}
        self._taken: dict[str, str] = {}

    def of(self, person: str) -> str:
        """Return the other name of a person; a text that has the form of one is one already."""
        return person if _FORM.fullmatch(person) else self._text(person).value

    def apply(self, policy: Policy, draft: Draft) -> None:
        """Put them in place of the ids in a draft, and leave out the names of persons.

        The rows of each table are sorted by them, since their order would tell the order of the ids.

        Raises:
            UsageError: the pack's ids are no texts.
        """
        if policy.types[policy.subject].base is not Base.TEXT:
            raise UsageError(
                f"ids of `{policy.subject}` are numbers, which have no pseudonyms", "declare them as text"
            )
        if draft.subject:
            draft.subject = self.of(draft.subject)
        for name, found in draft.tables.items():
            ids, names = personal_columns(policy, policy.tables[name])
            for row in found.rows:
                row.terms = self._terms(row, ids, names)
            found.rows.sort(key=lambda row: str(row.value(policy.subject)))

    def _terms(self, row: TypedRow, ids: frozenset[str], names: frozenset[str]) -> Values:
        terms = list(row.terms)
        for column, place in row.origin.columns.items():
            term = terms[place]
            if column in names:
                terms[place] = None
            elif column in ids and isinstance(term, Text):
                terms[place] = self._text(term.value)
        return tuple(terms)

    def _text(self, person: str) -> Text:
        known = self._known.get(person)
        if known is None:
            digest = hmac.digest(
                self._key, _CONTEXT + person.encode("utf-8", "surrogatepass"), hashlib.sha256
            )
            known = Text("P-" + base64.b32encode(digest[:10]).decode())
            if self._taken.setdefault(known.value, person) != person:
                raise Fault(Problem("two persons have the same pseudonym", help="use another key"))
            self._known[person] = known
        return known


def personal_columns(policy: Policy, table: Table) -> tuple[frozenset[str], frozenset[str]]:
    """Return the columns of a table that hold ids of persons, and those that hold their names."""
    subject = policy.subject
    register = (policy.subject_table, subject)
    ids = {one.name for one in table.columns.values() if subject == one.name or one.references == register}
    names: set[str] = set()
    label = policy.types[subject].label
    for template in (*table.facts, *table.recorded):
        kinds = [kind for _, kind in policy.predicates[template.predicate].args]
        for place, (arg, kind) in enumerate(zip(template.args, kinds, strict=True)):
            if not isinstance(arg, ColumnValue):
                continue
            if kind == subject:
                ids.add(arg.column)
            elif template.predicate == label and place == 1:
                names.add(arg.column)
    return frozenset(ids), frozenset(names - ids)
