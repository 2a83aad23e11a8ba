"""A profile counts what each rule grounds to, as one would by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.engine.profile import profile
from bylaw.engine.solve import Engine
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records

TESTS = Path(__file__).parent
LOANS = ["-p", str(TESTS / "packs" / "library-loans"), "-r", str(TESTS / "golden" / "loans")]


@pytest.fixture(scope="module")
def counted():
    policy = load_policy(TESTS / "packs" / "library-loans")
    records = load_records(policy, TESTS / "golden" / "loans")
    return profile(Engine(policy), records, records.subjects)


def cost(counted, head):
    return [one for one in counted.rules if head in [name for name, _ in one.rule.heads]]


def test_instances_are_the_ways_in_which_a_body_holds(counted):
    # Three fines follow: one by days, of which one loan, and two at the cap.
    assert sum(one.instances for one in cost(counted, "fine")) == counted.atoms["fine"] == 3
    assert counted.atoms["barred"] == 2
    assert counted.atoms["may_borrow"] == 3


def test_elements_are_those_of_aggregates_and_conditions(counted):
    (debt,) = cost(counted, "debt")
    text = debt.rule.source
    assert "#sum" in text
    assert debt.elements > 0
    plain = [one for one in counted.rules if "{" not in one.rule.source and ":" not in one.rule.source[2:]]
    assert all(one.elements == 0 for one in plain)


def test_the_counts_of_students_add_up(counted):
    policy = load_policy(TESTS / "packs" / "library-loans")
    records = load_records(policy, TESTS / "golden" / "loans")
    alone = [profile(Engine(policy), records, [subject]) for subject in records.subjects]
    for head in ("fine", "barred", "debt", "may_borrow"):
        together = sum(one.instances for one in cost(counted, head))
        assert together == sum(one.instances for each in alone for one in cost(each, head))


def test_the_command_tells_the_dearest_first(capsys):
    assert main(["profile", *LOANS, "-f", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    ground = [one["instances"] + one["elements"] for one in told["rules"]]
    assert ground == sorted(ground, reverse=True)
    assert told["students"] == ["M1", "M2", "M3", "M4", "M5"]
    assert list(told["atoms"].values()) == sorted(told["atoms"].values(), reverse=True)
    assert main(["profile", *LOANS, "--sample", "2", "--top", "1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("What 2 of 5 members of ")
    assert text.count("rules/") == 1
    assert main(["profile", "M9", *LOANS]) == 2
