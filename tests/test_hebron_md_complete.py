"""The MD pack holds the whole text: no article, paragraph or point left out, no reading without a case."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from bylaw.policy.cases import load_cases
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy, Status

LAST_ARTICLE = 30
WITHOUT = {"15": "E"}
"""Letters that the text leaves out."""
CONTRADICTING = (
    "5.C",
    "6.D",
    "7.D",
    "7.E.s1",
    "10.C",
    "10.E",
    "11.A",
    "13.A.1",
    "14.A.2",
    "14.B.2",
    "15.A.2",
    "15.B.2",
)
CONTRADICTING += (
    "15.F.5",
    "16",
    "16.A.4",
    "16.C",
    "17.B.4",
    "17.B.5",
    "18.A.7",
    "19.D",
    "19.E",
    "25.D",
    "8.A",
    "8.C.2",
)
"""Where the text contradicts itself, repeats itself in vain or cites the wrong place."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("hebron-md")


def test_no_article_is_left_out(policy: Policy) -> None:
    articles = {pid.partition(".")[0] for pid in policy.provisions}
    assert articles >= {str(number) for number in range(1, LAST_ARTICLE + 1)}
    assert articles - {str(number) for number in range(1, LAST_ARTICLE + 1)} == {"text"}


def test_paragraphs_and_points_follow_one_another(policy: Policy) -> None:
    below: dict[str, list[str]] = defaultdict(list)
    for pid in policy.provisions:
        parent, _, last = pid.rpartition(".")
        if re.fullmatch(r"[A-Z]|[0-9]+", last) and parent:
            below[parent].append(last)
    assert len(below) > 40
    for parent, parts in below.items():
        if parts[0].isalpha():
            letters = [
                chr(ord("A") + n) for n in range(len(parts) + 1) if chr(ord("A") + n) != WITHOUT.get(parent)
            ]
            assert parts == letters[: len(parts)], parent
        else:
            assert parts == [str(n) for n in range(1, len(parts) + 1)], parent


def test_each_provision_has_its_place_in_the_catalogue(policy: Policy) -> None:
    ids = [one.catalogue_id for one in policy.provisions.values()]
    assert len(set(ids)) == len(ids)
    for one in policy.provisions.values():
        if one.id == "text":
            continue
        article, *parts = one.id.split(".")
        found = re.match(r"art_([0-9]+)(?:__|$)", one.catalogue_id)
        assert found is not None and found[1] == article, one.id
        marked = [part for part in parts if re.fullmatch(r"[A-Z]|[0-9]+", part)]
        named = re.findall(r"__(?:para|point)_([A-Z0-9]+)", one.catalogue_id)
        assert named == marked, one.id


def test_what_no_rule_holds_says_why(policy: Policy) -> None:
    for one in policy.provisions.values():
        if one.status not in (Status.ENCODED, Status.GROUP):
            assert len(one.why_not_encoded.split()) > 2, one.id


def test_a_case_takes_each_alternative_of_each_reading(policy: Policy) -> None:
    taken = {(name, value) for case in load_cases(policy) for name, value in case.readings.items()}
    others = {
        (one.name, value)
        for one in policy.readings.values()
        for value in one.readings
        if value != one.default
    }
    assert others - taken == set()


@pytest.mark.parametrize("provision", CONTRADICTING)
def test_a_contradiction_of_the_text_is_noted_where_it_stands(policy: Policy, provision: str) -> None:
    assert policy.provisions[provision].notes
