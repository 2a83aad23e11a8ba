"""Explanations of the kinds of programs that other explainers of answer sets show as examples.

A square to fill, a default with exceptions and an exception to them, a number between bounds, what rests on
itself, and what is only permitted. The expected supports are those that a justification has by its meaning:
the positive atoms of each rule that derives an atom without resting on it; of what is not so, what failed in
each rule. What a pack may not hold is refused when it is loaded.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bylaw.engine.solve import Engine
from bylaw.errors import BylawError
from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Kind, Reason
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import records_from_rows
from bylaw.report.letter import Letter
from bylaw.report.terminal import render
from bylaw.tables.terms import Text

PACK = Path(__file__).parent / "packs" / "patterns"
ROWS: dict[str, Any] = {
    "cases": [{}],
    "beds": [
        {"row": 1, "column": 1, "plant": 1},
        {"row": 1, "column": 2},
        {"row": 1, "column": 3, "plant": 3},
        {"row": 2, "column": 1, "plant": 2},
        {"row": 2, "column": 2},
    ],
    "birds": [
        {"name": "Ada", "kind": "swallow"},
        {"name": "Bo", "kind": "penguin"},
        {"name": "Cy", "kind": "penguin", "trained": "yes"},
        {"name": "Di", "kind": "swallow", "hurt": "yes", "trained": "yes"},
    ],
    "rowers": [
        {"boat": "Swift", "name": "Al"},
        {"boat": "Swift", "name": "Bea"},
        {"boat": "Slow", "name": "Cleo"},
        {"boat": "Bad", "name": "Dan", "banned": "yes"},
        {"boat": "Bad", "name": "Eve"},
    ],
    "lines": [
        {"from": "harbour", "to": "isle"},
        {"from": "isle", "to": "rock"},
        {"from": "rock", "to": "isle"},
        {"from": "isle", "to": "cape", "closed": "yes"},
        {"from": "cave", "to": "cape"},
        {"from": "cape", "to": "cave"},
    ],
    "licences": [{"name": "Mo"}],
}
WHY: dict[str, list[set[str]]] = {
    "takes(1,2,2)": [{"left(1,2,2)"}],
    "left(1,2,2)": [{"bed(1,2)", "plant(2)"}],
    "flies(Ada)": [{"bird(Ada,swallow)"}],
    "flies(Cy)": [{"excepted(Cy)"}],
    "excepted(Cy)": [{"odd(Cy)", "trained(Cy,yes)"}],
    "odd(Di)": [{"hurt(Di,yes)"}],
    "grounded(Bo)": [{"bird(Bo,penguin)"}],
    "sails(Swift)": [{"boat(Swift)", "rows(Swift,Al)", "rows(Swift,Bea)"}],  # its limits stand in the count
    "reached(isle)": [{"sailing(harbour,isle)"}],
    "reached(rock)": [{"reached(isle)", "sailing(isle,rock)"}],
}
"""By an atom that is so, for each rule that derives it: what it rests on."""
WHY_NOT: dict[str, list[str]] = {
    "takes(1,2,1)": ["plant 1 is not left for row 1 and column 2"],
    "takes(2,2,1)": ["there are 2, other than 1"],
    "flies(Bo)": ["Bo is no usual bird", "Bo is not trained to fly all the same"],
    "flies(Di)": ["Di is no usual bird", "Di is not trained to fly all the same"],
    "excepted(Di)": ["whether Di is hurt: yes"],
    "sails(Slow)": ["there is 1 rower, less than 2 rowers"],
    "sails(Bad)": ["somebody banned rows Bad"],
    "sailing(isle,cape)": ["whether the boat from isle to cape is stopped: yes"],
    "reached(cave)": [
        "the boat from harbour to cave does not go",
        "the boat from isle to cave does not go",
        "the boat from rock to cave does not go",
    ],
}
"""By an atom that is not so: what failed in the rules for it, in the order they are told."""
REFUSED = {
    "tall(S) ; small(S) :- situation(S).": "a head with alternatives",
    ":- situation(S), not reached(S, _).": "constraints are not allowed",
    "-market(S) :- situation(S).": "`-market` is not allowed",
    "market(S) :- situation(S), not -stall(S, _).": "`-stall` is not allowed",
    "odd(S, B) :- bird(S, B, _), not flies(S, B).": "depends on itself through `not`",
    "sails(S, B) :- boat(S, B), #count { C : sails(S, C) } < 2.": "depends on itself through `not`",
    ":~ stall(S, N). [1, N]": "weak constraints",
    "#minimize { 1, N : stall(S, N) }.": "`#minimize` is not allowed",
}
"""Rules of kinds that no pack may hold, each with what the refusal says."""


@cache
def explained() -> Explainer:
    policy = load_policy(PACK)
    engine = Engine(policy)
    return Explainer(engine, engine.decide(records_from_rows(policy, ROWS, name="test", subject="C"), "C"))


def reason_of(about: str, *, negative: bool = False) -> Reason:
    explainer = explained()
    pattern = parse_pattern(explainer.policy, about, "C")
    return explainer.why_not(pattern) if negative else explainer.why(pattern)


def rests_on(reason: Reason) -> set[str]:
    """Return the atoms that a reason tells right below it of what is so, without the case."""
    found: set[str] = set()
    for one in reason.because:
        if one.kind is Kind.SUM:
            found |= {part.about.replace('"', "").replace("C,", "", 1) for part in one.because}
        elif one.holds and one.kind is not Kind.COMPARISON:
            found.add(one.atom.replace('"', "").replace("C,", "", 1))
    return found


@pytest.mark.parametrize("about", WHY)
def test_why_has_the_supports_that_the_rules_give(about: str) -> None:
    reason = reason_of(about)
    assert reason.holds
    routes = [one for one in reason.because if one.kind is Kind.ROUTE] or [reason]
    assert sorted(map(sorted, map(rests_on, routes))) == sorted(map(sorted, WHY[about]))


@pytest.mark.parametrize("about", WHY_NOT)
def test_why_not_names_what_failed_in_each_rule(about: str) -> None:
    reason = reason_of(about, negative=True)
    assert not reason.holds
    failed = [one.says for route in reason.because for one in route.because if not one.met]
    assert len(failed) == len(WHY_NOT[about])
    assert all(told.startswith(said) for told, said in zip(failed, WHY_NOT[about], strict=True)), failed


def test_what_rests_on_itself_is_no_reason() -> None:
    told = {one.atom for one in reason_of("reached(rock)").walk()}
    assert 'sailing("C","rock","isle")' not in told


def test_an_interval_is_told_in_words() -> None:
    told = [one.says for one in reason_of("plant(2)").walk()]
    assert "2 lies between 1 and 3" in told


def test_what_is_only_permitted_is_said_to_be() -> None:
    explainer = explained()
    engine = Engine(explainer.policy)
    records = records_from_rows(explainer.policy, ROWS, name="test", subject="C")
    letter = Letter(engine, records, explainer.decision)
    said = "\n".join(render(letter.page(reason_of("stall(Mo)", negative=True), negative=True), 200))
    assert "✓ met: Mo has a licence." in said and "✗" not in said
    assert "Its conditions are met: it permits this, and does not require it." in said


def test_where_something_is_only_permitted_all_else_is_certain_and_it_is_possible() -> None:
    status = {(one.predicate.name, one.args[-1]): one.status for one in explained().decision.conclusions}
    assert status["stall", Text("Mo")] == "possible"
    assert status["flies", Text("Ada")] == status["takes", 2] == "certain"
    assert ("flies", Text("Bo")) not in status


@pytest.mark.parametrize("rule", REFUSED)
def test_what_cannot_be_explained_is_refused(rule: str, tmp_path: Path) -> None:
    for file in PACK.rglob("*.*"):
        target = tmp_path / "patterns" / file.relative_to(PACK)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    last = tmp_path / "patterns" / "rules" / "stall.lp"
    last.write_text(f"{last.read_text(encoding='utf-8')}{rule}\n", encoding="utf-8")
    with pytest.raises(BylawError) as refused:
        load_policy(tmp_path / "patterns")
    assert REFUSED[rule] in str(refused.value)
