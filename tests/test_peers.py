"""An explanation has the support that xclingo 2.0b24 tells of its own example situations.

Each situation is stated anew in the pack `situations`; the facts are those of the example. The expected
supports are what xclingo prints for the example with all its rules traced, put into the words of the
pack: for each conclusion, one set of atoms for each way to it. It is not needed to run these tests.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import clingo
import pytest

from bylaw.engine.solve import Decision, Engine
from bylaw.explain.explainer import Explainer
from bylaw.explain.prober import Prober
from bylaw.explain.reason import Kind, Reason
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy, Role
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import records_from_rows

PACK = Path(__file__).parent / "packs" / "situations"
Supports = dict[str, list[set[str]]]

DRUNK: dict[str, Any] = {
    "people": [
        {"who": "gabriel", "drives": "yes", "level": 40, "resists": "yes"},
        {"who": "clare", "drives": "yes", "level": 5},
    ]
}
MEAL = {"given": [{"what": one} for one in ("stove", "sun", "flask")]}
STAIRS = {"given": [{"what": "door"}]}
FRIENDS = {
    "people": [
        {"who": "manuel", "healthy": "yes"},
        {"who": "gabriel", "healthy": "yes"},
        {"who": "clare", "healthy": "yes"},
        {"who": "robert"},
    ],
    "fond": [{"who": "manuel", "whom": one} for one in ("gabriel", "clare", "robert")]
    + [{"who": "robert", "whom": one} for one in ("manuel", "gabriel", "clare")],
}
MONEY = {
    "people": [{"who": one, "money": money} for one, money in zip("abcd", (10, 30, 10, 80), strict=True)],
    "fond": [{"who": one, "whom": other} for one, other in ("ab", "ac", "cb", "db", "dc", "da", "bd")],
}
HANDS = {
    "people": [{"who": one} for one in ("mary", "john", "brais")],
    "hours": [{"hour": 0}, {"hour": 1}],
    "held": [
        {"thing": "football", "who": "mary", "hour": 0},
        {"thing": "apple", "who": "mary", "hour": 0},
        {"thing": "football", "who": "mary", "hour": 1},
        {"thing": "football", "who": "john", "hour": 1},
    ],
}
SURGE = {"hours": [{"hour": 0}, {"hour": 1}], "events": [{"event": "surge", "hour": 1}]}
COLOURS = ("blue", "red", "red", "blue", "red")
MAP = {
    "borders": [
        {"one": one, "other": other} for one, other in ((1, 2), (3, 2), (1, 3), (3, 4), (2, 5), (4, 5))
    ],
    "painted": [{"land": land, "colour": colour} for land, colour in enumerate(COLOURS, 1)],
}

SITUATIONS: dict[str, tuple[dict[str, Any], Supports]] = {
    "driving drunk": (
        DRUNK,
        {
            "verdict(gabriel,prison)": [{"penalty(gabriel)"}],
            "penalty(gabriel)": [
                {"person(gabriel)", "drives(gabriel,yes)", "level(gabriel,40)", "limit(drunk,30)"},
                {"person(gabriel)", "resists(gabriel,yes)"},
            ],
            "verdict(clare,free)": [{"person(clare)"}],
        },
    ),
    "four explanations of two conclusions": (
        MEAL,
        {
            "warm": [{"given(stove)"}, {"given(sun)"}],
            "hot_meal": [{"warm"}, {"given(flask)"}],
        },
    ),
    "a chain of diamonds": (
        STAIRS,
        {
            **{f"landing({n})": [{f"left({n - 1})"}, {f"right({n - 1})"}] for n in (1, 2, 3)},
            **{f"left({n})": [{f"landing({n})", "limit(landings,3)"}] for n in (0, 1, 2)},
            **{f"right({n})": [{f"landing({n})", "limit(landings,3)"}] for n in (0, 1, 2)},
        },
    ),
    "enough friends": (
        FRIENDS,
        {
            "content(manuel)": [{"healthy(manuel,yes)", "befriended(manuel)"}],
            "befriended(manuel)": [
                {
                    "person(manuel)",
                    "limit(friends,3)",
                    "fond(manuel,gabriel)",
                    "fond(manuel,clare)",
                    "fond(manuel,robert)",
                }
            ],
        },
    ),
    "access to money": (
        MONEY,
        {
            "credit(a,80)": [{"person(a)", "owns(d,80)", "fond(d,a)"}],
            "credit(b,100)": [
                {"person(b)", "owns(a,10)", "owns(c,10)", "owns(d,80)", "fond(a,b)", "fond(c,b)", "fond(d,b)"}
            ],
            "credit(c,90)": [{"person(c)", "owns(a,10)", "owns(d,80)", "fond(a,c)", "fond(d,c)"}],
            "credit(d,30)": [{"person(d)", "owns(b,30)", "fond(b,d)"}],
        },
    ),
    "objects in hand": (
        HANDS,
        {
            "in_hand(mary,0,2)": [{"person(mary)", "hour(0)", "held(football,mary,0)", "held(apple,mary,0)"}],
            "in_hand(john,0,0)": [{"person(john)", "hour(0)"}],
            "in_hand(brais,0,0)": [{"person(brais)", "hour(0)"}],
            "in_hand(mary,1,1)": [{"person(mary)", "hour(1)", "held(football,mary,1)"}],
            "in_hand(john,1,1)": [{"person(john)", "hour(1)", "held(football,john,1)"}],
            "in_hand(brais,1,0)": [{"person(brais)", "hour(1)"}],
        },
    ),
    "a bulb and two of three switches": (
        {"given": [{"what": "switch 1"}, {"what": "switch 3"}]},
        {"lit": [{"given(switch 1)", "given(switch 3)"}]},
    ),
    "a bulb that is off by default": (
        {"given": [{"what": "switch 1"}, {"what": "switch 2"}]},
        {"dark": [{"situation"}]},
    ),
    "a surge with protection": (
        {**SURGE, "given": [{"what": "fuse"}]},
        {
            "line_off(1)": [{"relay_broken(1)"}],
            "relay_broken(1)": [{"happens(surge,1)", "hour(1)"}],
        },
    ),
    "a surge without protection": (
        SURGE,
        {
            "line_off(1)": [{"relay_broken(1)"}],
            "relay_broken(1)": [{"happens(surge,1)", "hour(1)"}],
            "light_off(1)": [{"bulb_broken(1)"}],
            "bulb_broken(1)": [{"happens(surge,1)", "hour(1)"}],
        },
    ),
    "a map with too few colours": (
        MAP,
        {
            "clash(3,2,red)": [{"border(3,2)", "painted(3,red)", "painted(2,red)"}],
            "clash(2,5,red)": [{"border(2,5)", "painted(2,red)", "painted(5,red)"}],
        },
    ),
}
"""By what a situation is about: its facts and, for each conclusion and step, the ways to it."""


@cache
def policy() -> Policy:
    return load_policy(PACK)


def decided(rows: dict[str, Any]) -> tuple[Decision, Explainer]:
    engine = Engine(policy())
    decision = engine.decide(
        records_from_rows(policy(), {"cases": [{}], **rows}, name="test", subject="C"), "C"
    )
    return decision, Explainer(engine, decision)


def short(atom: clingo.Symbol) -> str:
    """Write an atom without the case that it is of, and texts without their quotes."""
    arguments = [one.string if one.type is clingo.SymbolType.String else str(one) for one in atom.arguments]
    own = arguments[1:] if arguments[:1] == ["C"] else arguments
    return f"{atom.name}({','.join(own)})" if own else atom.name


def told_below(reason: Reason) -> list[str]:
    """Return the sentences that a reason tells right below it of what is so."""
    found = []
    for one in reason.because:
        if one.kind in (Kind.ROUTE, Kind.SUM):
            found += told_below(one)
        elif one.kind is Kind.ELEMENT:
            found += [one.says, *(part.says for part in one.because)]
        elif one.holds and one.predicate:
            found.append(one.says)
    return found


def tells(told: list[str], way: list[str]) -> bool:
    """Tell whether sentences are those of the atoms of a way, each with what it is compared with at most."""
    return len(told) == len(way) and all(any(one.startswith(said) for one in told) for said in way)


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_conclusion_has_the_supports_that_the_peer_tells(name: str) -> None:
    rows, expected = SITUATIONS[name]
    decision, _ = decided(rows)
    atoms = {short(atom): atom for atom in decision.atoms}
    assert expected.keys() <= atoms.keys()
    prober = Prober(policy().encoding.rules, decision.atoms)
    examined = prober.examine([atoms[one] for one in expected])
    for conclusion, ways in expected.items():
        found = [
            {short(used) for used in instance.used()}
            for instance in examined[atoms[conclusion]]
            if instance.supports
        ]
        assert sorted(map(sorted, found)) == sorted(map(sorted, ways)), conclusion


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_why_tells_each_way_and_what_it_rests_on(name: str) -> None:
    rows, expected = SITUATIONS[name]
    decision, explainer = decided(rows)
    atoms = {short(atom): atom for atom in decision.atoms}
    for atom in decision.atoms:
        ways = expected.get(short(atom))
        if ways is None:
            continue
        args = ",".join(str(argument) for argument in atom.arguments[1:])
        reason = explainer.why(parse_pattern(policy(), f"{atom.name}({args})" if args else atom.name, "C"))
        routes = [one for one in reason.because if one.kind is Kind.ROUTE] or [reason]
        assert len(routes) == len(ways)
        said = [[explainer.said(atoms[one]) for one in way if not one.startswith("limit(")] for way in ways]
        for route in routes:
            assert any(tells(told_below(route), way) for way in said), (short(atom), told_below(route), said)


@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_is_concluded_that_the_peer_does_not_explain(name: str) -> None:
    rows, expected = SITUATIONS[name]
    decision, _ = decided(rows)
    asked = {one.partition("(")[0] for one in expected}
    outcomes = [one for one in policy().predicates.values() if one.role in (Role.CONCLUSION, Role.FINDING)]
    names = {one.name for one in outcomes} & asked
    found = {short(atom) for atom in decision.atoms if atom.name in names}
    assert found - {"landing(0)"} == {one for one in expected if one.partition("(")[0] in names}
