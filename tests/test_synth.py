"""Synthetic cohorts: one seed one cohort, whatever the batch; nothing that `records.yaml` would refuse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bylaw.analysis import synth
from bylaw.analysis.cohort_files import cohort_texts, write_cohort
from bylaw.analysis.synth import SyntheticCohort, cell_text, synthesise
from bylaw.errors import PolicyError, UsageError
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.tables.cells import parse_cell
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Constant, Term, Text

LENDING = Path(__file__).parent / "packs" / "lending"


@pytest.fixture(scope="module")
def lending() -> Policy:
    return load_policy(LENDING)


@pytest.fixture(scope="module")
def cohort(lending: Policy) -> SyntheticCohort:
    return synthesise(lending, students=40, seed=1, as_of=2021)


def altered(tmp_path: Path, generator: str) -> Policy:
    """Return the lending pack with another generator."""
    folder = tmp_path / "lending"
    shutil.copytree(LENDING, folder)
    (folder / "generator.lp").write_text(generator)
    return load_policy(folder)


def test_the_same_seed_gives_the_same_files(lending: Policy, cohort: SyntheticCohort) -> None:
    assert cohort_texts(synthesise(lending, students=40, seed=1, as_of=2021)) == cohort_texts(cohort)


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_the_size_of_batches_does_not_matter(lending: Policy, cohort: SyntheticCohort, batch: int) -> None:
    assert synthesise(lending, students=40, seed=1, as_of=2021, batch=batch).rows == cohort.rows


def test_another_seed_gives_other_rows(lending: Policy, cohort: SyntheticCohort) -> None:
    assert synthesise(lending, students=40, seed=2, as_of=2021).rows != cohort.rows


def test_more_students_leave_the_first_ones_as_they_are(lending: Policy, cohort: SyntheticCohort) -> None:
    """Draws hang on the key alone, so a larger cohort starts with the smaller one."""
    more = synthesise(lending, students=45, seed=1, as_of=2021).rows["loans"]
    assert more[: len(cohort.rows["loans"])] == cohort.rows["loans"]


def test_the_generator_reacts_to_what_the_rules_conclude(cohort: SyntheticCohort) -> None:
    """Who was late in a year is barred in the next one, has no loans then, and returns after it."""
    loans: dict[tuple[str, str], list[int]] = {}
    for row in cohort.rows["loans"]:
        loans.setdefault((row["reader"], row["year"]), []).append(int(row["days"]))
    late = {reader for (reader, year), days in loans.items() if year == "2019" and max(days) > 30}
    assert 0 < len(late) < 40
    for reader in cohort.subjects:
        assert (reader in late) == ((reader, "2020") not in loans)
    assert all((reader, "2021") in loans for reader in late)


def test_rows_are_sorted_by_subject_and_key(cohort: SyntheticCohort) -> None:
    keys = [(row["reader"], int(row["year"]), int(row["number"])) for row in cohort.rows["loans"]]
    assert keys == sorted(keys)


def test_cells_are_written_as_the_columns_read_them(cohort: SyntheticCohort) -> None:
    rows = cohort.rows["loans"]
    assert {row["kind"] for row in rows} == {"ordinary", "Reference!"}
    assert {row["spoilt"] for row in rows} == {"yes", "no"}
    assert all(row["back"].startswith("2018-") for row in rows)
    assert all(row["fee"] == "" or row["fee"][-3] == "." for row in rows)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (Column("c", ColumnType.TEXT), Text("0012345")),
        (Column("c", ColumnType.INTEGER), -7),
        (Column("c", ColumnType.DECIMAL, scale=2), -605),
        (Column("c", ColumnType.DATE), 737791),
        (Column("c", ColumnType.BOOLEAN), Constant("yes")),
        (Column("c", ColumnType.CHOICE, choices={"A-": Constant("a_minus")}), Constant("a_minus")),
        (Column("c", ColumnType.INTEGER, required=False), None),
    ],
)
def test_a_cell_reads_back_as_the_value_it_was_written_from(column: Column, value: Term | None) -> None:
    assert parse_cell(column, cell_text(column, value)) == value


def test_the_written_folder_is_a_cohort_that_says_it_is_invented(
    tmp_path: Path, lending: Policy, cohort: SyntheticCohort
) -> None:
    write_cohort(cohort, tmp_path / "made")
    records = load_records(lending, tmp_path / "made")
    assert records.synthetic
    assert records.as_of == 2021
    assert records.subjects == tuple(f"SYN-{number:04d}" for number in range(1, 41))
    assert records.counts["loans"] == len(cohort.rows["loans"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made"]
    for path in (tmp_path / "made").iterdir():
        assert b"\r" not in path.read_bytes()
        path.read_text(encoding="utf-8")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, cohort: SyntheticCohort) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other files: `notes\.txt`"):
        write_cohort(cohort, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    write_cohort(cohort, tmp_path, force=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "loans.csv").is_file()


def test_a_folder_with_another_cohort_is_replaced_by_force_only(
    tmp_path: Path, lending: Policy, cohort: SyntheticCohort
) -> None:
    folder = tmp_path / "made"
    write_cohort(cohort, folder)
    write_cohort(cohort, folder)  # the same again changes nothing
    other = synthesise(lending, students=3, seed=9, as_of=2021)
    with pytest.raises(UsageError, match=r"cohort\.yaml"):
        write_cohort(other, folder)
    write_cohort(other, folder, force=True)
    assert len(load_records(lending, folder).subjects) == 3


def test_a_pack_without_a_generator_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "lending"
    shutil.copytree(LENDING, folder)
    (folder / "generator.lp").unlink()
    manifest = folder / "policy.yaml"
    manifest.write_text(manifest.read_text().replace("  generator: generator.lp\n", ""))
    with pytest.raises(UsageError, match="`lending` has no generator"):
        synthesise(load_policy(folder), students=1, seed=1, as_of=2021)


@pytest.mark.parametrize(
    ("prefix", "message"), [("syn-", r"`syn-0001` does not match"), ("=", "ids cannot start with `=`")]
)
def test_ids_have_to_fit_the_records(lending: Policy, prefix: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        synthesise(lending, students=1, seed=1, as_of=2021, prefix=prefix)


READER = "row(readers, (R,)) :- synthetic(R).\n"


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        ("draw((a, R), percent(101)) :- synthetic(R).", "`percent(101)` is 101 in a hundred"),
        ("draw((a, R), gamma(2)) :- synthetic(R).", "`gamma(2)` is no distribution"),
        ("draw((a, R), uniform(1, R)) :- synthetic(R).", "asks for no distribution of whole numbers"),
        ("draw(a, percent(1)) :- synthetic(R).", "names none of the new subjects"),
        ("draw((a, R), one_of(1..2)) :- synthetic(R).", "is drawn as `one_of(1)` and again as `one_of(2)`"),
        ("row(reader, (R,)) :- synthetic(R).", "`reader` is no table of the record"),
        ("row(readers, (R, 1)) :- synthetic(R).", "has 2 values; `readers` has 1 column"),
        ("row(readers, R) :- synthetic(R).", "is no row: write `row(table, (value, ...))`"),
        ("row(readers, ((R,R),)) :- synthetic(R).", "is no number, text or constant"),
        (
            "row(loans, (R, 2021, 1, 401, ordinary, empty, empty, no)) :- synthetic(R).",
            "`days` is 401; the highest is 400",
        ),
        (
            "row(loans, (R, 2021, 1, empty, ordinary, empty, empty, no)) :- synthetic(R).",
            "`days` is empty",
        ),
        (
            "row(loans, (R, 2021, 1, 1..2, ordinary, empty, empty, no)) :- synthetic(R).",
            "contradicts the row",
        ),
        ("draw((R, N), one_of(9)) :- synthetic(R), N = 1.\ndraw((R, N + 1), one_of(9)) :- drawn((R, N), _).",
         "the generator does not come to an end"),
        ("row(loans, (R, 2021, 1, 1, ordinary, empty, empty, no)) :- synthetic(R).", "not in `readers`"),
        ("used(R) :- synthetic(R).", "makes no row of `readers` for 2 of 2"),
    ],
)  # fmt: skip
def test_what_a_generator_cannot_ask_for(
    tmp_path: Path, generator: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth, "MAX_ROUNDS", 20)
    policy = altered(tmp_path, generator)
    with pytest.raises(PolicyError) as caught:
        write_cohort(synthesise(policy, students=2, seed=1, as_of=2021), tmp_path / "made")
    assert message in str(caught.value)
    assert all(
        problem.place and problem.place.file == "lending/generator.lp" for problem in caught.value.problems
    )
    assert not (tmp_path / "made").exists()


def test_a_fault_in_the_generator_has_its_line(tmp_path: Path) -> None:
    policy = altered(tmp_path, f"{READER}\ndraw((a, R), percent(P)) :- synthetic(R).\n")
    with pytest.raises(PolicyError) as caught:
        synthesise(policy, students=1, seed=1, as_of=2021)
    assert "at lending/generator.lp:3" in str(caught.value)


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        ("#script (python) #end.", "`#script` is not allowed"),
        (":- synthetic(R).", "constraint"),
        ("barred(R, 2021) :- synthetic(R).", "barred"),
        ("row(readers, (R,)) :- syntetic(R).", "syntetic"),
        ("x(L) :- limit(loan_dais, L).", "loan_dais"),
        ("row(readers, (R,) :- synthetic(R).", "not a rule of clingo"),
        ("synthetic(R) :- reader(R).", "`synthetic` is given, and not derived"),
        ("x(R) :- synthetic(R).\nx(R, 1) :- synthetic(R).", "`x` stands with 2 arguments"),
        ("x(R) :- drawn(R).", "`drawn` stands with 1 argument"),
        ("{ x(R) } :- synthetic(R).", "a generator makes no choices"),
        ("x(R) :- synthetic(R), not x(R).", "`x` depends on itself"),
    ],
)
def test_the_loader_refuses_a_generator_as_it_does_rules(
    tmp_path: Path, generator: str, message: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        altered(tmp_path, generator)
    assert message in str(caught.value)
    assert "generator.lp" in str(caught.value)
