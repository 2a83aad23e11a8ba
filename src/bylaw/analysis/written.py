"""Writes atoms as a person types them in a pattern: `fine(0018,2022-03-01,1.25)`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from bylaw.explain.sentences import number
from bylaw.policy.model import ArgType, Policy, Predicate, Show
from bylaw.tables.terms import Term, Text

_BARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def written_term(kind: ArgType | None, term: Term) -> str:
    """Write an argument so that a pattern reads it back: `1.25`, `2022-03-01`, `2021`, `S1`."""
    if isinstance(term, Text):
        return term.value if _BARE.fullmatch(term.value) else str(term)
    if not isinstance(term, int) or kind is None:
        return str(term)
    if kind.show is Show.DATE and 1 <= term <= datetime.date.max.toordinal():
        return datetime.date.fromordinal(term).isoformat()
    return number(term, kind.scale)


def written_atom(policy: Policy, predicate: Predicate, args: Sequence[Term]) -> str:
    """Write an atom as a pattern, without its subject."""
    pairs = list(zip(predicate.args, args, strict=True))
    if pairs and pairs[0][0][1] == policy.subject:
        pairs = pairs[1:]
    shown = [written_term(policy.types.get(kind), term) for (_, kind), term in pairs]
    return f"{predicate.name}({','.join(shown)})" if shown else predicate.name
