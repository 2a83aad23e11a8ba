"""How rows are held: equal cells share a term, facts are made when asked for, places are found again."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from bylaw.errors import Place, RecordError
from bylaw.files.csv_sheet import CsvPlaces
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records, read_draft
from bylaw.tables import sheet_rows

LAB = Path(__file__).parent / "packs" / "records-lab"
COHORT = Path(__file__).parent / "good" / "records" / "cohort"


def test_equal_cells_share_one_term() -> None:
    rows = read_draft(load_policy(LAB), COHORT).tables["tests"].rows
    by_member: dict[object, set[int]] = {}
    for row in rows:
        by_member.setdefault(row.value("member"), set()).add(id(row.value("member")))
    assert len(rows) > len(by_member)
    assert all(len(terms) == 1 for terms in by_member.values())


def test_records_travel_to_another_process_with_their_facts_and_rows() -> None:
    records = load_records(load_policy(LAB), COHORT)
    again = pickle.loads(pickle.dumps(records.by_subject))
    assert {one: again[one] for one in again} == {one: records.by_subject[one] for one in records.subjects}


def test_changed_facts_of_one_subject_leave_the_others(tmp_path: Path) -> None:
    records = load_records(load_policy(LAB), COHORT)
    changed = records.with_facts("A1", records.by_subject["A1"][:1])
    assert [str(fact) for fact in changed.facts("A1")][:1] == [str(records.by_subject["A1"][0])]
    assert len(changed.by_subject["A1"]) == 1
    assert len(records.by_subject["A1"]) > 1
    assert changed.facts("0012345") == records.facts("0012345")


def test_places_are_found_again_in_any_order_and_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a;b;c\n1;"two\nlines; here";3\n\n4;5;6\n"7";8\r\n', encoding="utf-8", newline="")
    places = CsvPlaces("t.csv", path, ";")
    wanted = {(2, 1): (2, 3), (2, 2): (3, 14), (5, 2): (5, 5), (6, 1): (6, 5), (6, 9): (6, 5)}
    for order in (sorted(wanted), sorted(wanted, reverse=True), [(2, 2), (2, 2), (6, 1), (5, 2)]):
        assert [places.place(*one) for one in order] == [Place("t.csv", *wanted[one]) for one in order]
    assert places.place(9, 0) == Place("t.csv", 9)
    path.unlink()
    assert CsvPlaces("t.csv", path, ";").place(2, 1) == Place("t.csv", 2)


def test_a_value_that_refers_to_nothing_is_told_at_its_column(tmp_path: Path) -> None:
    for source in COHORT.iterdir():
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "tests.csv").open("a", encoding="utf-8") as stream:
        header = (tmp_path / "tests.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        first = (tmp_path / "tests.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
        first[header.index("member")] = "NOBODY"
        stream.write(",".join(first) + "\n")
    lines = (tmp_path / "tests.csv").read_text(encoding="utf-8").splitlines()
    try:
        load_records(load_policy(LAB), tmp_path)
    except RecordError as error:
        (problem,) = error.problems
    column = len(",".join(first[: header.index("member")])) + (2 if header.index("member") else 1)
    assert problem.place == Place(str(tmp_path / "tests.csv"), len(lines), column)


def test_a_table_that_is_wrong_throughout_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_rows, "MOST_PROBLEMS", 3)
    for source in COHORT.iterdir():
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    rows = "".join(f"A1,lathe,{year},x\n" for year in range(2000, 2010))
    (tmp_path / "tests.csv").write_text(f"member,device,year,score\n{rows}", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(
        "tables:\n"
        "  members: {from: members.csv, columns: "
        "{member: member, joined: joined, kind: kind, active: active}}\n"
        "  declarations: {columns: {member: member, signed: signed}}\n"
        "  tests: {columns: {member: member, device: device, year: year, score: score}}\n"
        "ignored_tables: ['[bp]*']\n",
        encoding="utf-8",
    )
    for mapping in (None, tmp_path / "m.yaml"):
        with pytest.raises(RecordError) as caught:
            load_records(load_policy(LAB), tmp_path, keep_going=True, mapping=mapping)
        told = sorted(((one.place and one.place.line) or 0, one.message) for one in caught.value.problems)
        assert told == [
            (2, "`score` is `x`; a whole number is needed"),
            (3, "`score` is `x`; a whole number is needed"),
            (4, "3 problems so far; the rows after this one are not looked at"),
            (4, "`score` is `x`; a whole number is needed"),
        ]
