"""Draws stay in their bounds, spread as they say and are the same on every machine."""

from __future__ import annotations

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bylaw.analysis.draws import Distribution

SEEDS = st.integers(-(2**63), 2**63)
KEYS = st.text(max_size=40)
WHOLE = st.integers(-(2**31), 2**31 - 1)


@given(SEEDS, KEYS, WHOLE, WHOLE)
def test_uniform_stays_between_its_ends(seed: int, key: str, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert low <= Distribution("uniform", (low, high)).draw(seed, key) <= high


@given(SEEDS, KEYS, WHOLE, st.integers(0, 2**31 - 1), WHOLE, WHOLE)
def test_normal_stays_between_its_ends_and_within_six_spreads(
    seed: int, key: str, mean: int, spread: int, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    drawn = Distribution("normal", (mean, spread, low, high)).draw(seed, key)
    assert low <= drawn <= high
    if low <= mean <= high:
        assert abs(drawn - mean) <= 6 * spread


@given(SEEDS, KEYS, st.integers(0, 100))
def test_percent_is_0_or_1_and_certain_at_its_ends(seed: int, key: str, chance: int) -> None:
    drawn = Distribution("percent", (chance,)).draw(seed, key)
    assert drawn in {0: {0}, 100: {1}}.get(chance, {0, 1})


@given(SEEDS, KEYS, st.integers(1, 2**31 - 1))
def test_one_of_counts_from_0(seed: int, key: str, many: int) -> None:
    assert 0 <= Distribution("one_of", (many,)).draw(seed, key) < many


@given(SEEDS, KEYS)
def test_the_same_seed_and_key_give_the_same_number(seed: int, key: str) -> None:
    distribution = Distribution("uniform", (0, 2**31 - 1))
    assert distribution.draw(seed, key) == distribution.draw(seed, key)


def test_normal_has_the_mean_and_the_spread_that_it_names() -> None:
    drawn = [Distribution("normal", (76, 7, 0, 200)).draw(1, str(key)) for key in range(4000)]
    assert fmean(drawn) == pytest.approx(76, abs=0.4)
    assert pstdev(drawn) == pytest.approx(7, abs=0.3)


def test_every_value_of_a_small_range_is_drawn() -> None:
    assert {Distribution("uniform", (1, 6)).draw(1, str(key)) for key in range(200)} == set(range(1, 7))
    assert {Distribution("one_of", (6,)).draw(1, str(key)) for key in range(200)} == set(range(6))


@pytest.mark.parametrize(
    ("name", "args", "value"),
    [
        ("uniform", (0, 999_999), 50359),
        ("normal", (760, 70, 0, 1000), 816),
        ("percent", (50,), 0),
        ("one_of", (1000,), 359),
    ],
)
def test_values_are_what_they_were(name: str, args: tuple[int, ...], value: int) -> None:
    """A change of these numbers changes every cohort that was ever made."""
    assert Distribution(name, args).draw(2019, '(mark,"SYN-0001","M1110")') == value


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("uniform", (2, 1), "`uniform(2,1)` has no numbers: 2 is above 1"),
        ("uniform", (1,), "`uniform(1)` is no distribution"),
        ("normal", (0, -1, 0, 9), "`normal(0,-1,0,9)` spreads by -1; a spread is 0 or more"),
        ("percent", (101,), "`percent(101)` is 101 in a hundred; a percentage is 0 to 100"),
        ("one_of", (0,), "`one_of(0)` has no numbers; one of at least 1 can be drawn"),
        ("poisson", (3,), "`poisson(3)` is no distribution"),
    ],
)
def test_what_cannot_be_drawn_is_refused(name: str, args: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Distribution(name, args)
    assert str(caught.value) == message
