"""The records of some subjects as bytes, for a process that has the same pack."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from bylaw.policy.model import Policy
from bylaw.records.model import Records
from bylaw.tables.terms import Constant, Fact, Row, Term, Text

_Plain = int | str | tuple[str]
"""A term as plain data: a number, a text, or a constant as a tuple of one."""


def pack_records(records: Records, subjects: Sequence[str]) -> bytes:
    """Return the records of some subjects, rows and clock included, as bytes.

    Plain tuples are read back several times faster than facts would be.

    Raises:
        KeyError: there is no such subject.
    """
    absences = {one: n for n, one in enumerate(dict.fromkeys(records.missing(s) for s in subjects))}
    own = [
        (subject, absences[records.missing(subject)], [_plain(fact) for fact in records.by_subject[subject]])
        for subject in subjects
    ]
    head = (records.source, records.as_of, records.synthetic, records.title)
    return pickle.dumps((head, list(absences), own), pickle.HIGHEST_PROTOCOL)


def unpack_records(policy: Policy, data: bytes) -> Records:
    """Return the records that `pack_records` made bytes of.

    Args:
        policy: the pack that they were checked against.
        data: from this program itself; bytes from elsewhere may do harm.
    """
    (source, as_of, synthetic, title), absences, own = pickle.loads(data)
    return Records(
        policy=policy,
        source=source,
        as_of=as_of,
        synthetic=synthetic,
        subjects=tuple(subject for subject, _, _ in own),
        counts={},
        title=title,
        by_subject={subject: tuple(map(_fact, facts)) for subject, _, facts in own},
        absences={subject: absences[number] for subject, number, _ in own},
    )


def _plain(fact: Fact) -> tuple[str, list[_Plain], tuple[str, str, int, str] | None]:
    row = fact.row
    args = [_plain_term(term) for term in fact.args]
    return fact.predicate, args, None if row is None else (row.table, row.file, row.line, row.ref)


def _plain_term(term: Term) -> _Plain:
    if isinstance(term, Text):
        return term.value
    return (term.name,) if isinstance(term, Constant) else term


def _fact(plain: tuple[str, list[_Plain], Any]) -> Fact:
    predicate, args, row = plain
    return Fact(predicate, tuple(map(_term, args)), None if row is None else Row(*row))


def _term(plain: _Plain) -> Term:
    if isinstance(plain, str):
        return Text(plain)
    return Constant(plain[0]) if isinstance(plain, tuple) else plain
