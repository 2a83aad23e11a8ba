"""The present in cases and records: a number, or a date or a year as the clock's type writes it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bylaw.errors import PolicyError, RecordError
from bylaw.policy.cases import load_cases
from bylaw.policy.load import load_policy
from bylaw.policy.model import ArgType, Base, Show
from bylaw.policy.patterns import clock_value
from bylaw.records.load import load_records

LIBRARY = Path(__file__).parent / "packs" / "library-loans"
DAY = ArgType("day", Base.INTEGER, show=Show.DATE)
YEAR = ArgType("year", Base.INTEGER, show=Show.YEAR_SPAN)
PLAIN = ArgType("term", Base.INTEGER)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (DAY, "2024-05-01", date(2024, 5, 1).toordinal()),
        (DAY, 739007, 739007),
        (DAY, "2024-02-30", None),
        (DAY, "soon", None),
        (YEAR, "2024/25", 2024),
        (YEAR, 2024, 2024),
        (YEAR, "2024/26", None),
        (PLAIN, "2024-05-01", None),
        (PLAIN, "7", None),
        (PLAIN, 2**31, None),
        (PLAIN, True, None),
        (None, 2024, 2024),
        (None, "2024-05-01", None),
    ],
)
def test_the_present_is_read_as_the_clock_has_it(
    kind: ArgType | None, value: object, wanted: int | None
) -> None:
    assert clock_value(kind, value) == wanted


def record(folder: Path, as_of: str) -> Path:
    path = folder / "M1.yaml"
    path.write_text(f"member: M1\nas_of: {as_of}\nrecord:\n  members: [{{group: child}}]\n", encoding="utf-8")
    return path


def test_a_record_may_say_the_day(tmp_path: Path) -> None:
    policy = load_policy(LIBRARY)
    assert load_records(policy, record(tmp_path, "2024-05-01")).as_of == date(2024, 5, 1).toordinal()
    with pytest.raises(RecordError) as refusal:
        load_records(policy, record(tmp_path, "2024-05-32"))
    assert "`as_of` is `2024-05-32`; a date is needed" in str(refusal.value)
    assert "write the day: 2021-09-30" in str(refusal.value)


def test_a_case_may_say_the_day(tmp_path: Path) -> None:
    pack = tmp_path / "library-loans"
    for path in sorted(one for one in LIBRARY.rglob("*") if one.is_file()):
        target = pack / path.relative_to(LIBRARY)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    cases = pack / "cases" / "fines.yaml"
    text = cases.read_text(encoding="utf-8")
    cases.write_text(text.replace("  expect:", "  as_of: 2022-06-01\n  expect:", 1), encoding="utf-8")
    policy = load_policy(pack)
    assert load_cases(policy)[0].as_of == date(2022, 6, 1).toordinal()
    cases.write_text(text.replace("  expect:", "  as_of: yesterday\n  expect:", 1), encoding="utf-8")
    with pytest.raises(PolicyError, match="`as_of` is `yesterday`; a date is needed"):
        load_policy(pack)
