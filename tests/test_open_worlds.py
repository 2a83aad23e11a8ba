"""What is left open: the worlds that are looked at are those that settling it by hand would make."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bylaw.cli.main import main
from bylaw.engine import explore
from bylaw.engine.explore import Explorer
from bylaw.engine.opened import OpenEngine, engine_in, records_in
from bylaw.engine.solve import Engine
from bylaw.errors import PolicyError, UsageError
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import records_from_rows
from bylaw.records.model import Records

NAMES = ("one", "two", "three", "four", "five")
MANIFEST = """\
id: house
title: House rules
institution: A house
edition: "1"
subject: {column: person, table: people}
citation: {word: Rule}
officers: {head: the head of the house}
files:
  provisions: provisions.yaml
  vocabulary: vocabulary.yaml
  records: records.yaml
  readings: readings.yaml
  rules: [rules.lp]
  choices: [choices.lp]
"""
PROVISIONS = """\
provisions:
  - {id: "1", summary: What follows., status: encoded, actor: person}
  - id: "2"
    summary: What the head may decide.
    status: discretion
    actor: person
    decided_by: head
    why_not_encoded: it is free
  - {id: "3", summary: Nobody is named., status: recorded-fact, why_not_encoded: nobody}
"""
RECORDS = """\
tables:
  people:
    columns: {person: {type: text}}
    key: [person]
    facts: ["person(person)"]
    missing: refuse
  notes:
    columns:
      person: {type: text, references: people.person}
      word: {type: choice, values: [one, two, three, four, five]}
    key: [person, word]
    facts: ["noted(person, word)"]
    missing: none
    none_means: no notes
  decisions:
    columns:
      person: {type: text, references: people.person}
      matter: {type: choice, values: [one, two, three, four, five]}
      outcome: {type: choice, values: [granted, refused, waiting]}
    key: [person, matter]
    facts: ["decided(person, matter, outcome)"]
    missing: none
    none_means: no decisions
"""
VOCABULARY = """\
types:
  person: {base: text}
  word: {base: constant, values: {one: one, two: two, three: three, four: four, five: five}}
  outcome: {base: constant, values: {granted: granted, refused: refused, waiting: waiting}}
predicates:
  person: {args: {person: person}, role: input, says: "{person} lives here"}
  noted: {args: {person: person, word: word}, role: input, says: "{person} has a note {word}"}
  idle: {args: {person: person}, role: definition, says: idle}
  decided:
    args: {person: person, matter: word, outcome: outcome}
    role: input
    says: "{matter} was {outcome} to {person}"
"""
READINGS = """\
readings:
  one: {question: Which?, readings: {a: this, b: that}, default: a, why: so, provisions: ["1"]}
  two: {question: Which?, readings: {a: this, b: that, c: another}, default: b, why: so, provisions: ["1"]}
"""


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLAW_CACHE", "off")


def pack(folder: Path, rules: str, choices: str, derived: dict[str, str]) -> Policy:
    """Write a pack of a few rules and load it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    words = "".join(
        f'  {name}: {{args: {{{args}}}, role: conclusion, says: "{name}"}}\n'
        for name, args in derived.items()
    )
    values = [("one", "a"), ("one", "b"), ("two", "a"), ("two", "b"), ("two", "c")]
    used = "%@ none: so that no reading is idle\n" + "".join(
        f"idle(P) :- noted(P, one), noted(P, two), reading({name}, {value}).\n" for name, value in values
    )
    texts = {
        "policy.yaml": MANIFEST,
        "provisions.yaml": PROVISIONS,
        "records.yaml": RECORDS,
        "readings.yaml": READINGS,
        "vocabulary.yaml": VOCABULARY + words,
        "rules.lp": f"%@ 1\n{rules}{used}",
        "choices.lp": choices,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_policy(folder)


def record(policy: Policy, **tables: list[dict[str, str]]) -> Records:
    return records_from_rows(policy, {"people": [{"person": "P1"}], **tables}, name="record", subject="P1")


def so(engine: Engine, records: Records) -> frozenset[str]:
    return frozenset(str(one.atom) for one in engine.decide(records, "P1").conclusions)


def by_hand(policy: Policy, records: Records, choices: list[tuple[str, list[str]]]) -> set[frozenset[str]]:
    """Return what follows in each world, settling one thing after the other with an engine of its own.

    Args:
        choices: what each decision asks for: (matter, the conclusion that opens it or nothing).
    """
    worlds: set[frozenset[str]] = set()
    for one, two in itertools.product("ab", "abc"):
        engine = Engine(policy, {"one": one, "two": two})
        todo, seen = [records], set()
        while todo:
            current = todo.pop()
            decided = {str(fact) for fact in current.facts("P1") if fact.predicate == "decided"}
            if frozenset(decided) in seen:
                continue
            seen.add(frozenset(decided))
            told = so(engine, current)
            worlds.add(told)
            for matter, opened_by in choices:
                if any(f",{matter}," in fact for fact in decided):
                    continue
                if all(f'{name}("P1")' in told for name in opened_by):
                    for outcome in ("granted", "refused"):
                        rows = [*_rows(current), {"matter": matter, "outcome": outcome}]
                        todo.append(record(policy, notes=_notes(current), decisions=rows))
    return worlds


def _rows(records: Records) -> list[dict[str, str]]:
    facts = [fact for fact in records.facts("P1") if fact.predicate == "decided"]
    return [{"matter": str(fact.args[1]), "outcome": str(fact.args[2])} for fact in facts]


def _notes(records: Records) -> list[dict[str, str]]:
    return [{"word": str(fact.args[1])} for fact in records.facts("P1") if fact.predicate == "noted"]


LAYERS = [f"l{n}{k}" for n in range(3) for k in range(2)]


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, list[str]]], list[str]]:
    """Draw a small stratified program in layers, with decisions that may wait for what it derives."""
    rules = []
    for n in range(3):
        for k in range(2):
            for _ in range(draw(st.integers(1, 2))):
                body = ["person(P)"]
                for _ in range(draw(st.integers(1, 3))):
                    sign = draw(st.sampled_from(["", "", "not "]))
                    kind = draw(st.sampled_from(["note", "decision", "reading", "layer", "count"]))
                    if kind == "note":
                        body.append(f"{sign}noted(P, {draw(st.sampled_from(NAMES))})")
                    elif kind == "decision":
                        outcome = draw(st.sampled_from(["granted", "refused"]))
                        body.append(f"{sign}decided(P, {draw(st.sampled_from(NAMES[:3]))}, {outcome})")
                    elif kind == "reading":
                        name, value = draw(
                            st.sampled_from(["one,a", "one,b", "two,a", "two,b", "two,c"])
                        ).split(",")
                        body.append(f"{sign}reading({name}, {value})")
                    elif kind == "count":
                        relation = draw(st.sampled_from([">= 1", "< 2", "= 1"]))
                        body.append(f"#count {{ M : decided(P, M, granted) }} {relation}")
                    elif n:
                        body.append(f"{sign}l{n - 1}{draw(st.integers(0, 1))}(P)")
                rules.append(f"l{n}{k}(P) :- {', '.join(body)}.")
    choices, opening = [], []
    for matter in NAMES[: draw(st.integers(1, 3))]:
        opened_by = draw(st.lists(st.sampled_from(LAYERS), max_size=1))
        condition = "".join(f", {name}(P)" for name in opened_by)
        head = f"{{ decided(P, {matter}, granted); decided(P, {matter}, refused) }}"
        choices.append(f"%@ 2\n{head} :- person(P){condition}.")
        opening.append((matter, opened_by))
    notes = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    return "\n".join(rules) + "\n", "\n".join(choices) + "\n", opening, notes


@pytest.mark.long
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=programs())
def test_the_worlds_are_those_of_settling_things_by_hand(drawn, tmp_path_factory) -> None:
    rules, choices, opening, notes = drawn
    folder = tmp_path_factory.getbasetemp() / "drawn"
    policy = pack(folder, rules, choices, dict.fromkeys(LAYERS, "person: person"))
    records = record(policy, notes=[{"word": word} for word in notes])
    engine = Engine(policy)
    # Three decisions and two readings make up to 162 worlds.
    with mock.patch.object(explore, "MOST_WORLDS", 200):
        explored = Explorer(engine, LAYERS, decisions=True, readings=True).explore(records, "P1")
        decision = OpenEngine(engine, decisions=True, readings=True).decide(records, "P1")
    assert explored.complete
    wanted = by_hand(policy, records, opening)
    assert {frozenset(map(str, world.certain)) for world in explored.worlds} == wanted
    for atom in explored.atoms():
        assert explored.certain(atom) is all(str(atom) in world for world in wanted)
        hanging = explored.hanging(atom)
        for way in hanging.ways:
            world = next(one for one in explored.worlds if one.options == way)
            there = so(engine_in(engine, world), records_in(records, "P1", world))
            assert (str(atom) in there) is not hanging.holds
    told = {str(one.atom): one.status for one in decision.conclusions}
    assert told == {
        name: "certain" if all(name in world for world in wanted) else "possible"
        for world in wanted
        for name in world
    }


CHAIN = """\
asked(P) :- noted(P, one).
allowed(P) :- asked(P), decided(P, one, granted).
moved(P) :- allowed(P), decided(P, two, granted).
stays(P) :- person(P), not moved(P).
"""
CHAIN_CHOICES = """\
%@ 2
{ decided(P, one, granted); decided(P, one, refused) } :- asked(P).
{ decided(P, two, granted) } :- allowed(P).
"""
PEOPLE = dict.fromkeys(["asked", "allowed", "moved", "stays"], "person: person")


@pytest.fixture
def chain(tmp_path: Path) -> Policy:
    return pack(tmp_path / "house", CHAIN, CHAIN_CHOICES, PEOPLE)


def test_a_decision_opens_the_way_for_another(chain: Policy) -> None:
    records = record(chain, notes=[{"word": "one"}])
    decision = OpenEngine(Engine(chain), decisions=True, readings=False).decide(records, "P1")
    told = {one.predicate.name: one for one in decision.conclusions}
    assert {name: one.status for name, one in told.items()} == {
        "asked": "certain",
        "allowed": "possible",
        "moved": "possible",
        "stays": "possible",
    }
    explored = decision.explored
    assert explored is not None
    assert (explored.decisions, explored.readings, explored.complete) == (2, 0, True)
    hanging = explored.hanging(told["moved"].atom)
    assert not hanging.holds
    assert [[str(one.atom) for one in way] for way in hanging.ways] == [
        ['decided("P1",one,granted)', 'decided("P1",two,granted)']
    ]
    assert [option.provisions for option in hanging.ways[0]] == [("2",), ("2",)]
    assert chain.officer("2") == "the head of the house"


def test_a_decision_on_record_is_not_put_again(chain: Policy) -> None:
    decisions = [{"matter": "one", "outcome": "refused"}]
    records = record(chain, notes=[{"word": "one"}], decisions=decisions)
    explored = Explorer(Engine(chain), list(PEOPLE), decisions=True, readings=False).explore(records, "P1")
    assert (len(explored.worlds), explored.decisions) == (1, 0)
    assert explored.complete


def test_a_row_that_waits_is_replaced_by_the_decision(tmp_path: Path) -> None:
    rules = (
        "asked(P) :- decided(P, one, waiting).\nallowed(P) :- decided(P, one, granted).\n"
        "stays(P) :- decided(P, one, refused).\nmoved(P) :- allowed(P), not asked(P).\n"
    )
    choices = "%@ 2\n{ decided(P, one, granted); decided(P, one, refused) } :- decided(P, one, waiting).\n"
    policy = pack(tmp_path / "house", rules, choices, PEOPLE)
    records = record(policy, decisions=[{"matter": "one", "outcome": "waiting"}])
    explored = Explorer(Engine(policy), list(PEOPLE), decisions=True, readings=False).explore(records, "P1")
    worlds = {frozenset(atom.name for atom in world.certain) for world in explored.worlds}
    assert worlds == {frozenset({"asked"}), frozenset({"allowed", "moved"}), frozenset({"stays"})}


def test_a_reading_that_was_chosen_stays_chosen(tmp_path: Path) -> None:
    rules = "asked(P) :- person(P), reading(one, b).\nallowed(P) :- person(P), reading(two, c).\n"
    rules += "moved(P) :- asked(P).\nstays(P) :- person(P).\n"
    policy = pack(tmp_path / "house", rules, CHAIN_CHOICES, PEOPLE)
    records = record(policy)
    engine = Engine(policy, {"one": "b"})
    explored = Explorer(engine, list(PEOPLE), decisions=False, readings=True).explore(records, "P1")
    status = {atom.name: explored.certain(atom) for atom in explored.atoms()}
    assert status == {"asked": True, "moved": True, "allowed": False, "stays": True}
    assert explored.readings == 1


def test_where_there_are_too_many_worlds_it_is_said(chain: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "MOST_WORLDS", 1)
    records = record(chain, notes=[{"word": "one"}])
    explored = Explorer(Engine(chain), list(PEOPLE), decisions=True, readings=False).explore(records, "P1")
    assert not explored.complete
    assert (explored.together, len(explored.worlds)) == (1, 2)


def test_nothing_to_open_is_an_error(tmp_path: Path) -> None:
    policy = load_policy(Path(__file__).parent / "packs" / "library-loans")
    with pytest.raises(UsageError, match="does not say what may be decided"):
        Explorer(Engine(policy), ["may_borrow"], decisions=True, readings=False)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ("%@ 2\ndecided(P, one, granted) :- asked(P).\n", "what an officer may decide is a choice"),
        ("%@ 2\n1 { decided(P, one, granted) } 1 :- asked(P).\n", "a choice of an officer has no bounds"),
        ("%@ none: so\n{ decided(P, one, granted) } :- asked(P).\n", "a choice names no provision"),
        ("%@ 3\n{ decided(P, one, granted) } :- asked(P).\n", "provision `3` names nobody who decides"),
        ("%@ 2\n{ asked(P) } :- person(P).\n", "no row of the record could say `asked`"),
        ("%@ 2\n{ decided(P, six, granted) } :- person(P).\n", "`six` is no `word`"),
        ("%@ 2\n{ decided(P, one, granted) } :- person(Q).\n", "unbound"),
        ("{ decided(P, one, granted) } :- asked(P).\n", "the rule has no tag"),
    ],
)
def test_a_choice_that_is_wrong_is_refused_at_its_place(tmp_path: Path, choices: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        pack(tmp_path / "house", CHAIN, choices, PEOPLE)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.place is not None
    assert problem.place.file.endswith("choices.lp")
    assert problem.place.line in (1, 2)


LOANS = Path(__file__).parent / "packs" / "library-loans"


@pytest.mark.parametrize("options", [["--readings", "open"], []])
@pytest.mark.parametrize("words", [["decide", "M1"], ["why", "M1", "barred"], ["why-not", "M1", "barred"]])
def test_what_an_unknown_table_leaves_untold_stays_untold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], options: list[str]
) -> None:
    record = tmp_path / "M1.yaml"
    record.write_text("synthetic: true\nmember: M1\nrecord:\n  members: [{group: child}]\n", encoding="utf-8")
    source = ["-p", str(LOANS), "-r", str(record)]
    assert main([*words, *options, *source]) == 3
    assert "record has nothing on `payments`" in capsys.readouterr().out
    assert main([*words, *options, *source, "-f", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert {"predicate": "barred", "tables": ["payments"]} in told["undetermined"]
    assert all(one["predicate"] != "barred" for one in told.get("conclusions", []))
    assert "hangs_on" not in told
    assert "branches" not in told
