"""Leaving out rules that cannot matter changes nothing of what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaw.engine.program import BY, Program, ground_text
from bylaw.engine.slices import Slicer
from bylaw.engine.symbols import fact_symbol
from bylaw.policy.encoding import build, read_rules
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records

COHORT = Path(__file__).parents[1] / "facts" / "hebron-md" / "cohort-2019"


def encoded(text: str):
    problems: list = []
    read = read_rules("x.lp", "x.lp", text, 0, problems, tagged=False)
    assert not problems
    return build([read])


def kept(text: str, recorded, wanted=None, stated=("limit", "reading"), readings=None):
    rules = Slicer(encoded(text), stated, readings or {}).rules(recorded, wanted)
    return [rule.source for rule in rules]


def test_a_rule_without_anything_to_apply_to_is_left_out():
    text = "a(X) :- p(X).\nb(X) :- a(X), q(X).\nc(X) :- b(X).\nd(X) :- p(X), not c(X).\n"
    assert kept(text, {"p"}) == ["a(X) :- p(X).", "d(X) :- p(X); not c(X)."]
    assert len(kept(text, {"p", "q"})) == 4


def test_conditions_that_may_be_empty_leave_nothing_out():
    text = "a(N) :- N = #count { X : p(X) }.\nb(X) :- q(X), r(X) : p(X).\nc(X) :- q(X), not not p(X).\n"
    assert len(kept(text, {"q"})) == 3


def test_rules_of_a_reading_that_is_not_taken_are_left_out_and_pools_are_kept():
    text = (
        "a :- reading(x,one).\na :- reading(x,two).\na :- reading(x,(one;two)).\nb :- not reading(x,two).\n"
    )
    assert kept(text, set(), readings={"x": "one"}) == [
        "a :- reading(x,one).",
        "a :- reading(x,(one;two)).",
        "b :- not reading(x,two).",
    ]


def test_only_what_is_asked_for_and_what_it_rests_on():
    text = "a(X) :- p(X).\nb(X) :- p(X), not a(X).\nc(X) :- p(X).\n"
    assert kept(text, {"p"}, {"b"}) == ["a(X) :- p(X).", "b(X) :- p(X); not a(X)."]


@pytest.fixture(scope="module")
def hebron():
    policy = load_policy("hebron-md")
    return policy, load_records(policy, COHORT)


@pytest.mark.parametrize("number", range(0, 200, 25))
def test_a_career_has_the_same_answer_set_with_and_without_the_rules_that_cannot_apply(hebron, number):
    policy, records = hebron
    program = Program(policy)
    facts = records.facts(records.subjects[number])
    given = [fact_symbol(fact) for fact in [*policy.statements(), *facts]]
    whole, complaints = ground_text(policy.encoding.text, given)
    assert not complaints
    every = {atom.symbol for atom in whole.symbolic_atoms}
    control = program.ground(facts)
    assert {atom.symbol for atom in control.symbolic_atoms if atom.symbol.name != BY} == every
    for name in ("year_outcome", "annual_average", "dismissal_ground"):
        control = program.ground(facts, wanted=[name])
        asked = {atom.symbol for atom in control.symbolic_atoms if atom.symbol.name == name}
        assert asked == {symbol for symbol in every if symbol.name == name}


NAMES = st.sampled_from("abcd")
LITERAL = st.tuples(st.sampled_from(["", "not ", "#count { Y : ", "#sum { Y : "]), st.sampled_from("abcdpq"))


@st.composite
def programs(draw):
    """Rules whose negative conditions and aggregates are about predicates further up in the alphabet."""
    lines = []
    for head in draw(st.lists(NAMES, min_size=1, max_size=8)):
        body = ["r(X)"]
        for form, name in draw(st.lists(LITERAL, max_size=3)):
            if name in "abcd" and (name >= head if form else name > head):
                continue
            atom = f"{name}({'Y' if '#' in form else 'X'})"
            body.append(f"{form}{atom}{' } > 1' if '#' in form else ''}")
        lines.append(f"{head}(X) :- {', '.join(body)}.")
    return "\n".join(lines)


@given(programs(), st.frozensets(st.sampled_from("pqr")), st.sampled_from("abcd"))
def test_random_programs_have_the_same_answer_set(text, recorded, wanted):
    facts = "".join(f"{name}(1..2)." for name in sorted(recorded))
    rules = Slicer(encoded(text), (), {})

    def atoms(program):
        control, _ = ground_text(f"{facts}\n{program}", [])
        return {str(atom.symbol) for atom in control.symbolic_atoms if atom.is_fact}

    every = atoms(text)
    assert atoms("\n".join(rule.source for rule in rules.rules(recorded))) == every
    asked = atoms("\n".join(rule.source for rule in rules.rules(recorded, {wanted})))
    assert {a for a in asked if a.startswith(wanted)} == {a for a in every if a.startswith(wanted)}
