"""Probes tell of every rule what clingo itself does, whatever the form of its conditions."""

import clingo
import pytest
from clingo import ast
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.explain.prober import Prober
from bylaw.explain.templates import ANY
from bylaw.policy.model import Rule
from bylaw.policy.syntax import atoms_of_head

FORMS = """
node(1..5).
edge(1,2;2,3;3,1;4,5).
reach(X,Y) :- edge(X,Y).
reach(X,Z) :- reach(X,Y), edge(Y,Z).
next(X+1) :- node(X), X < 4.
lonely(X) :- node(X), not reach(X,_).
linked(X) :- node(X), not lonely(X).
{ pick(X) : linked(X) } = 2.
pair :- 2 { pick(1); pick(2); pick(3) }.
picked(N) :- N = #count { X : pick(X) }.
greatest(M) :- M = #max { X,a : pick(X); X*2,b : node(X), X < 2 }.
source(X) :- node(X), not reach(Y,X) : node(Y).
even(X) :- X = (2;4;6), node(X), X \\ 2 = 0.
middle(X) :- node(X), 2 <= X <= 4.
light(X) :- node(X), not #sum { Y : edge(X,Y) } > 2.
chosen(X) :- node(X), not not pick(X).
holds_tuple((X,f(Y))) :- edge(X,Y), |X-Y| = 1.
taken(X) :- holds_tuple((X,f(Y))), Y > X.
size(S) :- S = { pick(X) }.
all_picked :- pick(X) : linked(X), X < 2.
half(X) :- node(2*X-1).
product(X*Y) :- edge(X,Y).
gap(|X-Y|,X) :- edge(X,Y).
odd(2*X+1) :- node(X), X < 3.
either(X;X+10) :- middle(X).
mixed(X+Y,f(X*2)) :- edge(X,Y), not pick(X).
below(-X) :- node(X).
free(X,Y) :- X = 1..3, Y = X..3, not edge(X,Y).
least(M) :- M = #min { X : pick(X) }, not #max { X : pick(X) } = M.
weighed(S) :- S = #sum+ { X,Y : edge(X,Y), not pick(Y) ; -1,z : pair }.
kept(X) :- node(X), not pick(Y) : edge(X,Y), Y > 1; reach(X,X).
within(X) :- node(X), 1 <= #count { Y : edge(X,Y) } <= 3.
threshold(X) :- node(X), L = 3, #sum { (Y-L)*2,Y : reach(X,Y) } >= 0.
"""


def rules_of(program: str) -> list[Rule]:
    nodes: list[ast.AST] = []
    ast.parse_string(program, nodes.append)
    rules = []
    for node in nodes:
        if node.ast_type == ast.ASTType.Rule:
            choice = node.head.ast_type == ast.ASTType.Aggregate
            line = node.location.begin.line
            heads = tuple(dict.fromkeys((atom.name, atom.arity) for atom in atoms_of_head(node)))
            rules.append(Rule(len(rules), "x.lp", line, (), str(node), "", node, heads, choice))
    return rules


def answer_sets(program: str, most: int = 0) -> list[list[clingo.Symbol]]:
    control = clingo.Control(["--warn=none"])
    control.add("base", [], program)
    control.ground([("base", [])])
    control.configuration.solve.models = most
    found = []
    with control.solve(yield_=True) as handle:
        for model in handle:
            found.append(list(model.symbols(atoms=True)))
    return found


def examine_all(program: str, atoms: list[clingo.Symbol], others: list[clingo.Symbol]) -> None:
    prober = Prober(rules_of(program), atoms)
    for atom, instances in prober.examine(atoms).items():
        if prober.derivable(atom):
            assert any(instance.supports for instance in instances), f"{atom} has no support"
    for atom, instances in prober.examine(others).items():
        for instance in instances:
            assert instance.rule.choice or not instance.supports, (
                f"{atom} is supported by {instance.rule.source}"
            )
            assert instance.supports or instance.unmet or not instance.complete


def test_every_atom_of_an_answer_set_has_a_support_and_no_other_has_one():
    for atoms in answer_sets(FORMS, most=4):
        known = set(atoms)
        values = sorted({argument for atom in atoms for argument in atom.arguments})
        others = [
            clingo.Function(atom.name, [*atom.arguments[:-1], value])
            for atom in atoms
            if atom.arguments
            for value in values[:12]
        ]
        examine_all(FORMS, atoms, [atom for atom in others if atom not in known])


PREDICATES = ["p", "q", "r"]


@st.composite
def stratified_programs(draw: st.DrawFn) -> str:
    """A program of a few strata: each predicate uses those before it, negation included."""
    lines = [
        f"b({i},{j})." for i, j in draw(st.sets(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=8))
    ]
    lines.append("b(1,2).")
    for depth, name in enumerate(PREDICATES):
        lower = ["b(X,Y)"] + [f"{other}(X,Y)" for other in PREDICATES[:depth]]
        for _ in range(draw(st.integers(1, 3))):
            body = [draw(st.sampled_from(lower))]
            extra = draw(
                st.sampled_from(
                    [
                        "X < Y",
                        "X != Y",
                        "not b(Y,X)",
                        "b(Y,_)",
                        "#count { Z : b(X,Z) } >= 2",
                        "#sum { Z,W : b(Z,W), Z <= X } > 3",
                        "b(Z,X) : b(X,Z)",
                        "N = #max { Z : b(Z,Y) }, N > 1",
                        "Y = X+1",
                        *(f"not {other}(Y,X)" for other in PREDICATES[:depth]),
                    ]
                )
            )
            recursive = draw(st.booleans())
            head = f"{name}(X,Y)"
            if recursive:
                body = [f"{name}(X,W)", "b(W,Y)", *body[1:]]
                lines.append(f"{head} :- {', '.join(body)}.")
            else:
                lines.append(
                    f"{head} :- {', '.join([*body, extra])}."
                    if ":" not in extra
                    else f"{head} :- {body[0]}; {extra}."
                )
    return "\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(stratified_programs())
def test_probes_agree_with_clingo_on_random_stratified_programs(program):
    (atoms,) = answer_sets(program)
    known = set(atoms)
    others = [
        clingo.Function(name, [clingo.Number(i), clingo.Number(j)])
        for name in PREDICATES
        for i in range(1, 5)
        for j in range(1, 5)
    ]
    examine_all(program, atoms, [atom for atom in others if atom not in known])


@pytest.mark.parametrize(
    ("rule", "goal", "unmet"),
    [
        ("ok(X) :- n(X), h(X,H), lim(M), H <= M.", "ok(1)", ["H <= M"]),
        ("ok(X) :- n(X), not bad(X).", "ok(1)", ["not bad(X)"]),
        ("ok(X) :- n(X), #sum { W,C : f(X,C), w(C,W) } <= 3.", "ok(1)", None),
        ("ok(X) :- n(X), g(C) : f(X,C).", "ok(1)", None),
        ("ok(X) :- n(X), f(X,C), g(C).", "ok(1)", ["g(C)"]),
    ],
)
def test_the_failing_condition_is_named(rule, goal, unmet):
    facts = "n(1). h(1,9). lim(6). bad(1). f(1,a). f(1,b). w(a,3). w(b,4)."
    program = facts + rule
    (atoms,) = answer_sets(program)
    goal_atom = clingo.parse_term(goal)
    prober = Prober([rules_of(program)[-1]], atoms)
    instances = prober.examine([goal_atom])[goal_atom]
    assert instances
    for instance in instances:
        assert len(instance.unmet) == 1
        if unmet:
            assert [outcome.condition.text for outcome in instance.unmet] == unmet


def test_values_and_elements_of_a_failing_sum_are_told():
    program = "n(1). f(1,a). f(1,b). w(a,3). w(b,4). ok(X) :- n(X), #sum { W,C : f(X,C), w(C,W) } <= 3."
    (atoms,) = answer_sets(program)
    goal = clingo.parse_term("ok(1)")
    (instance,) = Prober([rules_of(program)[-1]], atoms).examine([goal])[goal]
    (outcome,) = instance.unmet
    assert outcome.value == clingo.Number(7)
    assert outcome.guards == (("<=", clingo.Number(3)),)
    assert [str(element.terms[0]) for element in outcome.elements] == ["3", "4"]
    assert {str(atom) for element in outcome.elements for _, atom in element.atoms} == {
        "f(1,a)",
        "f(1,b)",
        "w(a,3)",
        "w(b,4)",
    }


def test_an_open_argument_of_a_goal_matches_any_value():
    program = "f(1,a). f(1,b). d(X,C) :- f(X,C), C != a."
    (atoms,) = answer_sets(program)
    goal = clingo.Function("d", [clingo.Number(1), ANY])
    prober = Prober(rules_of(program), atoms)
    assert [str(atom) for atom in prober.matches(goal)] == ["d(1,b)"]
    assert {str(i.binding["C"]) for i in prober.examine([goal])[goal]} == {"a", "b"}


@pytest.mark.parametrize(("chosen", "holds"), [("b", True), ("c", False)])
def test_a_pool_in_a_condition_is_told_by_the_value_that_is_so(chosen, holds):
    program = f"reading(x,{chosen}). p(1). ok(X) :- p(X), reading(x,(a;b))."
    (atoms,) = answer_sets(program)
    goal = clingo.parse_term("ok(1)")
    instances = Prober([rules_of(program)[-1]], atoms).examine([goal])[goal]
    assert any(instance.supports for instance in instances) is holds
    told = {
        str(outcome.atom): outcome.met
        for instance in instances
        for outcome in instance.outcomes
        if outcome.atom is not None and outcome.atom.name == "reading"
    }
    assert told == ({"reading(x,b)": True} if holds else {"reading(x,a)": False})


def test_a_pool_in_the_condition_of_a_sum_is_told_by_the_value_that_is_so():
    program = "k(1,b). k(2,c). ok :- #count { X : k(X,(a;b)) } >= 2."
    (atoms,) = answer_sets(program)
    goal = clingo.parse_term("ok")
    (instance,) = Prober([rules_of(program)[-1]], atoms).examine([goal])[goal]
    (outcome,) = instance.outcomes
    assert outcome.value == clingo.Number(1)
    assert [str(atom) for element in outcome.elements for _, atom in element.atoms] == ["k(1,b)"]


@pytest.mark.parametrize("by_lookup", [True, False])
def test_an_aggregate_over_the_variable_that_it_equals_does_not_bind_it(by_lookup):
    program = "f(1,4). f(2,5). f(2,6). f(3,7). g(a). ok(Z) :- #count { C : f(X,C) } = X, f(X,Y), g(Z)."
    (atoms,) = answer_sets(program)
    goal = clingo.parse_term("ok(a)")
    instances = Prober([rules_of(program)[-1]], atoms, by_lookup=by_lookup).examine([goal])[goal]
    supports = {str(one.binding["X"]) for one in instances if one.supports}
    assert supports == {"1", "2"}
