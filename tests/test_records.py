import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bylaw.errors import RecordError
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records, records_from_rows
from bylaw.records.model import Records
from bylaw.tables.schema import Missing

HERE = Path(__file__).parent
GOOD = HERE / "good" / "records"
BAD = HERE / "bad" / "records"


@pytest.fixture(scope="module")
def lab() -> Policy:
    return load_policy(HERE / "packs" / "records-lab")


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """A copy of the good cohort that a test may change."""
    return Path(shutil.copytree(GOOD / "cohort", tmp_path / "cohort"))


def facts(records: Records) -> dict[str, list[str]]:
    return {subject: [str(fact) for fact in records.facts(subject)] for subject in records.subjects}


def problems(call: Callable[[], object]) -> list[str]:
    with pytest.raises(RecordError) as caught:
        call()
    return [f"{problem.subject}: {problem.message}" for problem in caught.value.problems]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir() if path.is_dir()))
def test_bad_records_say_what_is_wrong(
    name: str, lab: Policy, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(BAD)
    one = Path(name) / "record.yaml"
    with pytest.raises(RecordError) as caught:
        load_records(lab, one if one.exists() else name)
    found = f"{caught.value}\n"
    golden = BAD / name / "expected.txt"
    if request.config.getoption("--rerecord"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert found.isascii() or found.replace("\n", "").isprintable()


def test_cohort_becomes_facts_in_the_order_of_tables_and_files(lab: Policy) -> None:
    records = load_records(lab, GOOD / "cohort")
    assert records.subjects == ("0012345", "A1", "B2")
    assert facts(records)["A1"] == [
        'member("A1")',
        'joined("A1",737669,fresh)',
        'active("A1",yes)',
        'declared("A1",737669)',
        'tested("A1","lathe",2020,70)',
        'tested("A1","0017",2021,59)',
        'project("A1","kites")',
        'booked("A1","lathe",737914,150)',
        'sponsored("A1","B2")',
        'booked("A1","lathe",737915,1250)',
        "now(2022)",
    ]
    assert records.counts == {"members": 3, "declarations": 3, "tests": 3, "projects": 1, "bookings": 3}
    assert (records.synthetic, records.title) == (True, "Three members who do not exist")


def test_facts_point_to_their_rows(lab: Policy) -> None:
    records = load_records(lab, GOOD / "cohort")
    rows = {str(fact): fact.row for fact in records.facts("A1")}
    where = rows['tested("A1","0017",2021,59)']
    assert str(where) == f"{GOOD / 'cohort' / 'tests.csv'}:3"
    assert rows["now(2022)"] is None


def test_clock_is_the_latest_of_the_cohort_unless_told(lab: Policy, cohort: Path) -> None:
    assert load_records(lab, cohort).as_of == 2022
    replace(cohort / "cohort.yaml", "synthetic: true", "as_of: 2030")
    assert load_records(lab, cohort).as_of == 2030
    assert load_records(lab, cohort, as_of=2019).as_of == 2019
    assert str(load_records(lab, cohort, as_of=2019).facts("0012345")[-1]) == "now(2019)"


def test_clock_without_a_row_is_silent(lab: Policy, cohort: Path) -> None:
    (cohort / "tests.csv").unlink()
    records = load_records(lab, cohort)
    assert records.as_of is None
    assert not any(fact.predicate == "now" for fact in records.facts("A1"))


def test_what_is_missing_is_told_apart(lab: Policy) -> None:
    records = load_records(lab, GOOD / "cohort")
    assert [(a.table, a.meaning, a.supplied, a.none_means) for a in records.missing("0012345")] == [
        ("tests", Missing.NONE, True, "no tests"),
        ("projects", Missing.NONE, True, "no projects"),
        ("bookings", Missing.NONE, True, "no bookings"),
        ("fees", Missing.UNKNOWN, False, ""),
    ]
    assert [a.table for a in records.missing("A1")] == ["fees"]
    assert records.missing("0012345")[2].predicates == ("booked", "sponsored")


def test_rows_that_are_missing_may_mean_unknown(lab: Policy, cohort: Path) -> None:
    (cohort / "fees.csv").write_text("member,year,amount,paid\nA1,2020,5,yes\n", encoding="utf-8")
    records = load_records(lab, cohort)
    assert [a.table for a in records.missing("A1")] == []
    assert [(a.meaning, a.supplied) for a in records.missing("B2") if a.table == "fees"] == [
        (Missing.UNKNOWN, True)
    ]


def test_yaml_and_csv_say_the_same(lab: Policy, cohort: Path) -> None:
    replace(cohort / "bookings.csv", "kites,B2", "kites,")
    one, many = load_records(lab, GOOD / "a1.yaml"), load_records(lab, cohort)
    assert one.subjects == ("A1",)
    assert set(facts(one)["A1"]) == set(facts(many)["A1"])
    assert one.digest("A1") == many.digest("A1")
    assert one.synthetic
    assert one.facts("A1")[0].row is not None


def test_digest_tells_records_clocks_and_absences_apart(lab: Policy, cohort: Path) -> None:
    first = load_records(lab, cohort)
    digests = {first.digest("B2"), load_records(lab, cohort, as_of=2023).digest("B2")}
    (cohort / "fees.csv").write_text("member,year,amount,paid\n", encoding="utf-8")
    digests.add(load_records(lab, cohort).digest("B2"))
    replace(cohort / "tests.csv", "B2,lathe,2022,0", "B2,lathe,2022,1")
    changed = load_records(lab, cohort)
    digests.add(changed.digest("B2"))
    assert len(digests) == 4
    assert all(digest.startswith("sha256:") and len(digest) == 71 for digest in digests)
    assert changed.digest_all != first.digest_all


def test_names_of_files_may_differ_in_case(lab: Policy, cohort: Path) -> None:
    wanted = facts(load_records(lab, cohort))
    (cohort / "tests.csv").rename(cohort / "Tests.CSV")
    assert facts(load_records(lab, cohort)) == wanted


def test_two_files_of_one_table_are_refused(lab: Policy, cohort: Path) -> None:
    (cohort / "TESTS.csv").write_text("member,device,year,score\n", encoding="utf-8")
    if len(list(cohort.glob("[Tt]*.csv"))) == 1:
        pytest.skip("the file system does not tell the names apart")
    assert problems(lambda: load_records(lab, cohort)) == ["None: `tests` has a file already: `TESTS.csv`"]


def test_files_that_are_no_tables_are_left_alone(lab: Policy, cohort: Path) -> None:
    for name in ("README.md", "._tests.csv", ".~lock.tests.csv#", "tests.xlsx"):
        (cohort / name).write_bytes(b"\0")
    assert load_records(lab, cohort).subjects == ("0012345", "A1", "B2")


def test_one_wrong_cell_refuses_the_cohort_unless_told_to_keep_going(lab: Policy, cohort: Path) -> None:
    replace(cohort / "tests.csv", "B2,lathe,2022,0", "B2,lathe,2022,101")
    replace(cohort / "projects.csv", "A1,kites", "A1,kites\nZ9,boats")
    wanted = [
        "Z9: `member` is `Z9`, which is not in `members`",
        "B2: `score` is 101; the highest is 100 (Article 1(B))",
    ]
    assert problems(lambda: load_records(lab, cohort)) == wanted
    records = load_records(lab, cohort, keep_going=True)
    assert records.subjects == ("0012345", "A1")
    assert {who: [p.message for p in why] for who, why in records.refused.items()} == {
        "B2": ["`score` is 101; the highest is 100 (Article 1(B))"],
        "Z9": ["`member` is `Z9`, which is not in `members`"],
    }
    assert records.as_of == 2021
    with pytest.raises(KeyError):
        records.facts("B2")


def test_what_belongs_to_no_subject_refuses_all(lab: Policy, cohort: Path) -> None:
    replace(cohort / "tests.csv", "B2,lathe,2022,0,", "B2,lathe,2022,101,x,")
    found = problems(lambda: load_records(lab, cohort, keep_going=True))
    assert found == ["None: row has 6 cells; the header has 5"]


def test_source_that_is_none(lab: Policy, cohort: Path, tmp_path: Path) -> None:
    gone = tmp_path / "none"
    assert problems(lambda: load_records(lab, gone)) == [f"None: `{gone}` is not there"]
    one = cohort / "tests.csv"
    assert problems(lambda: load_records(lab, one)) == [
        f"None: `{one}` is not a folder of CSV files or a YAML file"
    ]
    assert problems(lambda: load_records(lab, "a\0b")) == ["None: `a\\u0000b` is not there"]


ROWS = {
    "members": [{"member": "A1", "joined": "2020-09-01", "kind": "new"}],
    "declarations": [{"signed": "2020-09-01"}],
    "tests": [{"device": "lathe", "year": 2020, "score": 70}],
}


def test_rows_in_memory_name_their_subject_once(lab: Policy) -> None:
    records = records_from_rows(lab, ROWS, name="a case", as_of=2024)
    assert records.subjects == ("A1",)
    assert 'tested("A1","lathe",2020,70)' in facts(records)["A1"]
    assert facts(records)["A1"][-1] == "now(2024)"
    assert str(records.facts("A1")[0].row) == "a case:1"
    assert records_from_rows(lab, ROWS, name="a case", subject="A1").subjects == ("A1",)


def test_rows_in_memory_may_be_of_several_subjects(lab: Policy) -> None:
    rows = {
        "members": [ROWS["members"][0], ROWS["members"][0] | {"member": "B2"}],
        "declarations": [{"member": who, "signed": "2020-09-01"} for who in ("A1", "B2")],
    }
    assert records_from_rows(lab, rows, name="rows").subjects == ("A1", "B2")


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (ROWS | {"test": []}, ["A1: `test` is no table of a record"]),
        (
            ROWS | {"tests": [{"device": "lathe", "year": 2020, "score": "63.5"}]},
            ["A1: `score` is 63.5; a whole number is needed"],
        ),
        (
            ROWS | {"members": []},
            [
                "None: the record does not say whose it is: no row has `member`",
                "None: there is no row in `members`",
            ],
        ),
        (
            ROWS | {"members": [{"member": 17, "joined": "2020-09-01", "kind": "new"}]},
            ["None: `member` is the number 17; text is needed"],
        ),
    ],
)
def test_rows_in_memory_are_checked_like_files(
    lab: Policy, rows: dict[str, list[object]], wanted: list[str]
) -> None:
    found = problems(lambda: records_from_rows(lab, rows, name="a case"))
    assert list(dict.fromkeys(found)) == wanted


def written(table: str, order: list[int] | None, delimiter: str, ends: str, encoding: str) -> bytes:
    """Write a file of the good cohort another way, with the rows in another order."""
    with (GOOD / "cohort" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    if order:
        rows = [row for _, row in sorted(zip(order, rows, strict=False), key=lambda pair: pair[0])]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ends).writerows([header, *rows])
    return out.getvalue().encode(encoding)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(3)),
    ways=st.lists(
        st.tuples(
            st.sampled_from(",;\t"),
            st.sampled_from(["\n", "\r\n", "\r"]),
            st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
        ),
        min_size=5,
        max_size=5,
    ),
)
def test_order_and_manner_of_writing_do_not_matter(
    lab: Policy, tmp_path: Path, order: list[int], ways: list[tuple[str, str, str]]
) -> None:
    tables = ("members", "declarations", "tests", "projects", "bookings")
    for table, way in zip(tables, ways, strict=True):
        (tmp_path / f"{table}.csv").write_bytes(written(table, order if table != "projects" else None, *way))
    plain, found = load_records(lab, GOOD / "cohort"), load_records(lab, tmp_path)
    assert found.subjects == plain.subjects
    assert {who: sorted(said) for who, said in facts(found).items()} == {
        who: sorted(said) for who, said in facts(plain).items()
    }
    assert found.digest_all == plain.digest_all
