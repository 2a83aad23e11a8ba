"""Leaving out rules that cannot matter changes nothing of what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaw.engine.applicable import Given
from bylaw.engine.program import BY, TREES_FROM, Program, ground_text
from bylaw.engine.slices import Slicer
from bylaw.engine.solve import Engine
from bylaw.engine.symbols import fact_symbol
from bylaw.policy.encoding import build, read_rules
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records
from bylaw.tables.terms import Constant, Fact

COHORT = Path(__file__).parents[1] / "facts" / "hebron-md" / "cohort-2019"


def encoded(text: str):
    problems: list = []
    read = read_rules("x.lp", "x.lp", text, 0, problems, tagged=False)
    assert not problems
    return build([read])


def kept(text: str, recorded, wanted=None, stated=("limit", "reading"), readings=None):
    given = Given(frozenset({*recorded, *stated}))
    rules = Slicer(encoded(text), readings or {}).rules([given], wanted)
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


def kept_for(text, *facts):
    slicer = Slicer(encoded(text), {})
    given = slicer.given(Fact(name, tuple(map(value, args))) for name, *args in facts)
    return [rule.source for rule in slicer.rules([given])]


def value(written):
    return Constant(written) if isinstance(written, str) else written


def test_a_rule_that_asks_for_a_value_that_no_fact_has_is_left_out():
    text = "a(X) :- p(X,red).\nb(X) :- p(X,blue).\nc(X) :- p(X,(red;green)).\nd(X) :- p(X,K), K != red.\n"
    assert kept_for(text, ("p", 1, "blue")) == [
        "b(X) :- p(X,blue).",
        "c(X) :- p(X,(red;green)).",
        "d(X) :- p(X,K); K != red.",
    ]


def test_a_value_is_followed_through_the_rules_that_hand_it_on():
    text = (
        "kind(X,K) :- p(X,K).\nkind(X,other) :- q(X).\nshown(K) :- kind(_,K).\n"
        "a :- shown(red).\nb :- shown(blue).\nc :- shown(other).\nd :- kind(X,1).\n"
    )
    kept = kept_for(text, ("p", 1, "blue"))
    assert "b :- shown(blue)." in kept
    assert not {"a :- shown(red).", "c :- shown(other).", "d :- kind(X,1)."} & set(kept)
    assert "c :- shown(other)." in kept_for(text, ("q", 1))


def test_a_value_that_is_computed_may_be_any():
    text = (
        "next(X,N+1) :- p(X,N).\na :- next(_,3).\nb :- p(_,3).\n"
        "c :- e(3).\ne(N) :- N = #count { X : p(X,_) }.\n"
    )
    assert [rule[0] for rule in kept_for(text, ("p", 1, 2))] == ["n", "a", "c", "e"]


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


def test_a_decision_about_a_predicate_concludes_nothing_else_and_can_be_asked_for_all(hebron):
    policy, records = hebron
    engine = Engine(policy)
    subject = records.subjects[0]
    whole = engine.decide(records, subject)
    part = engine.decide_about(records, subject, frozenset({"year_outcome"}))
    outcomes = tuple(one for one in whole.conclusions if one.predicate.name == "year_outcome")
    assert outcomes
    assert (part.conclusions, part.findings) == (outcomes, ())
    assert set(part.atoms.named("gpa", 3)) == set(whole.atoms.named("gpa", 3)) != set()
    assert set(part.atoms) == set(whole.atoms)
    assert all(atom in part.atoms for atom in whole.atoms.named("annual_average", 3))


def test_rules_that_are_kept_as_trees_give_the_same_answer_set(hebron):
    policy, records = hebron
    program = Program(policy)
    facts = records.facts(records.subjects[0])
    controls = [program.ground(facts) for _ in range(TREES_FROM + 1)]
    first, *others = ({atom.symbol for atom in control.symbolic_atoms} for control in controls)
    assert first
    assert all(other == first for other in others)


NAMES = st.sampled_from("abcd")
LITERAL = st.tuples(st.sampled_from(["", "not ", "#count { Y : ", "#sum { Y : "]), st.sampled_from("abcdpq"))


@st.composite
def valued_programs(draw):
    """Rules with constants, handed on from predicates further up in the alphabet."""
    terms = st.sampled_from(["X", "Y", "1", "2", "red", "X+1", "(1;red)"])
    lines = []
    for head in draw(st.lists(st.sampled_from("cdef"), min_size=1, max_size=8)):
        body = [f"{draw(st.sampled_from('ab'))}(X,Y)"]
        for name in draw(st.lists(st.sampled_from("abcdef"), max_size=3)):
            sign = draw(st.sampled_from(["", "", "not "])) if name < head else ""
            if name <= head:
                body.append(f"{sign}{name}({draw(terms)},{draw(terms)})")
        if "X+1" in body[0] or any(f"{head}(" in one for one in body):
            lines.append(f"{head}(X,Y) :- {', '.join(body)}.")
        else:
            lines.append(f"{head}({draw(terms)},{draw(terms)}) :- {', '.join(body)}.")
    return "\n".join(lines)


VALUES = st.sampled_from([1, 2, 3, Constant("red"), Constant("blue")])


@given(valued_programs(), st.frozensets(st.tuples(st.sampled_from("ab"), VALUES, VALUES), max_size=5))
def test_random_programs_with_values_have_the_same_answer_set(text, rows):
    facts = [Fact(name, args) for name, *args in rows]
    slicer = Slicer(encoded(text), {})
    kept = "\n".join(rule.source for rule in slicer.rules([slicer.given(facts)]))
    sets = []
    for program in (text, kept):
        control, messages = ground_text(program, map(fact_symbol, facts))
        assert all("operation undefined" in message for message in messages)  # on what is no number
        sets.append({str(atom.symbol) for atom in control.symbolic_atoms if atom.is_fact})
    assert sets[0] == sets[1]


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
    rules = Slicer(encoded(text), {})
    given = [Given(recorded)]

    def atoms(program):
        control, _ = ground_text(f"{facts}\n{program}", [])
        return {str(atom.symbol) for atom in control.symbolic_atoms if atom.is_fact}

    every = atoms(text)
    assert atoms("\n".join(rule.source for rule in rules.rules(given))) == every
    asked = atoms("\n".join(rule.source for rule in rules.rules(given, {wanted})))
    assert {a for a in asked if a.startswith(wanted)} == {a for a in every if a.startswith(wanted)}
