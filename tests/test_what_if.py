"""`bylaw what-if`: changed rows, what differs, and the files it writes."""

from __future__ import annotations

import json
import shlex
import shutil
import stat
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bylaw.analysis.what_if import what_if
from bylaw.cli.main import main
from bylaw.engine.solve import Engine
from bylaw.errors import BylawError, RecordError, nearest
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.changes import Action, changed
from bylaw.records.check import finish
from bylaw.records.load import load_records, read_draft
from bylaw.records.write import record_yaml, yaml_text

TESTS = Path(__file__).parent
LOANS = TESTS / "golden" / "loans"
OPTIONS = ["-p", "tests/packs/library-loans", "-r", "tests/golden/loans"]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TESTS.parent)


@pytest.fixture(scope="module")
def loans() -> Policy:
    return load_policy(TESTS / "packs" / "library-loans")


@pytest.fixture(scope="module")
def engine(loans: Policy) -> Engine:
    return Engine(loans)


def run(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> tuple[str, str]:
    assert main([*shlex.split(command), *OPTIONS]) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


def report(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    shape = json.loads(run(f"{command} -f json", capsys, code)[0])
    assert isinstance(shape, dict)
    return shape


# ------------------------------------------------------------ the row that is meant


@pytest.mark.parametrize(
    "address",
    [
        "loans:0017/2022-03-01",
        "loans:2022-03-01/0017",
        "loans:0017",
        'loans:"0017"/2022-03-01',
        "loans: 0017 / 2022-03-01",
    ],
)
def test_a_row_is_named_by_its_key_in_any_order_that_can_mean_one_row_only(
    address: str, loans: Policy
) -> None:
    _, changes = changed(loans, read_draft(loans, LOANS), "M1", sets=[f"{address}.returned=2022-03-05"])
    assert [(one.address, one.action) for one in changes] == [("loans:0017/2022-03-01", Action.CHANGED)]


def test_a_value_may_hold_the_signs_of_an_address(loans: Policy, tmp_path: Path) -> None:
    draft = read_draft(loans, LOANS)
    sets = ['payments:"a/b.c=1 \\"x\\"".amount=0.50', "payments:1.A.amount=1.25", "payments:R.x=1.amount=2"]
    with pytest.raises(RecordError) as caught:
        changed(loans, draft, "M1", sets=sets[2:])[0] and finish(
            loans, changed(loans, draft, "M1", sets=sets[2:])[0]
        )
    assert "`x` is not a column of `payments`" in str(caught.value)
    new, changes = changed(loans, draft, "M1", sets=sets[:2])
    assert [str(fact) for fact in finish(loans, new).facts("M1") if fact.predicate == "paid"] == [
        'paid("M1","a/b.c=1 \\"x\\"",50)',
        'paid("M1","1.A",125)',
    ]
    # Each address that is told can be typed again.
    for one in changes:
        again, same = changed(loans, new, "M1", sets=[f"{one.address}.amount=3"])
        assert [(c.action, c.address) for c in same] == [(Action.CHANGED, one.address)]
        assert len(finish(loans, again).facts("M1")) == len(finish(loans, new).facts("M1"))


def test_several_options_describe_one_new_row() -> None:
    lab = load_policy(TESTS / "packs" / "records-lab")
    draft = read_draft(lab, TESTS / "good" / "records" / "cohort")
    sets = ["tests:kiln/2022.score=61", "tests:kiln/2022.note=late"]
    with pytest.raises(RecordError, match="`device` is `kiln`, which is not in `devices`"):
        finish(lab, changed(lab, draft, "A1", sets=sets)[0])
    sets = [one.replace("kiln", "lathe") for one in sets]
    new, (change,) = changed(lab, draft, "A1", sets=sets)
    assert change.action is Action.ADDED
    before = {str(fact) for fact in finish(lab, draft).facts("A1")}
    assert {str(fact) for fact in finish(lab, new).facts("A1")} - before == {'tested("A1","lathe",2022,61)'}


def test_the_draft_and_its_files_stay_as_they_are(loans: Policy) -> None:
    files = {path: path.read_bytes() for path in LOANS.iterdir()}
    draft = read_draft(loans, LOANS)
    digest = finish(loans, draft).digest_all
    new, _ = changed(
        loans,
        draft,
        "M1",
        sets=["members.group=child", "payments:R7.amount=1"],
        unsets=["loans:0017"],
        adds=["visits:{day: 2022-05-01}"],
    )
    assert finish(loans, new).digest_all != digest
    assert finish(loans, draft).digest_all == digest
    assert files == {path: path.read_bytes() for path in LOANS.iterdir()}


def test_other_students_stay_as_they_are(loans: Policy) -> None:
    draft = read_draft(loans, LOANS)
    before = finish(loans, draft)
    after = finish(loans, changed(loans, draft, "M1", unsets=["loans:0017", "loans:0018"])[0])
    assert [s for s in before.subjects if before.digest(s) != after.digest(s)] == ["M1"]


# ------------------------------------------------------------ what is told


def test_what_changes_is_told_with_its_provisions(capsys: pytest.CaptureFixture[str]) -> None:
    shape = report("what-if M1 --set loans:0017.returned=2022-04-01", capsys)
    assert list(shape) == ["student", "changes", "before", "after", "changed", "why"]
    assert shape["changes"] == [
        {
            "table": "loans",
            "action": "changed",
            "address": "loans:0017/2022-03-01",
            "key": {"item": "0017", "borrowed": "2022-03-01"},
            "before": {"returned": "2022-04-08"},
            "after": {"returned": "2022-04-01"},
            "row": {"file": "tests/golden/loans/loans.csv", "line": 2},
        }
    ]
    told = [
        {key: value for key, value in one.items() if key != "why" and not key.startswith("says")}
        for one in shape["changed"]
    ]
    assert told == [
        {
            "predicate": "fine",
            "before": 'fine("M1","0017",738215,400)',
            "status_before": "certain",
            "provisions_before": ["3.B"],
            "after": 'fine("M1","0017",738215,250)',
            "status_after": "certain",
            "provisions_after": ["3.A"],
        },
        {
            "predicate": "barred",
            "before": 'barred("M1",debt)',
            "status_before": "certain",
            "provisions_before": ["4.A"],
        },
        {
            "predicate": "may_borrow",
            "after": 'may_borrow("M1")',
            "status_after": "certain",
            "provisions_after": ["5.A"],
        },
    ]
    assert [(one["why"]["before"]["holds"], one["why"]["after"]["holds"]) for one in shape["changed"]] == [
        (True, True),
        (True, False),
        (False, True),
    ]
    assert shape["why"] == shape["changed"][0]["why"]
    assert shape["before"]["digest"]["policy"] == shape["after"]["digest"]["policy"]
    assert shape["before"]["digest"]["records"] != shape["after"]["digest"]["records"]


def test_of_more_than_three_differences_the_first_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    shape = report("what-if M1 --set members.group=child", capsys)
    assert ["why" in one for one in shape["changed"]] == [True, False, False, False]
    text, _ = run("what-if M1 --set members.group=child", capsys)
    assert text.count("Before, and why:") == 1
    assert "For the reasons of another one name it, such as 'fine(0018,2022-03-01,1.25)'." in text


def test_what_is_asked_about_is_explained_whether_it_changes_or_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shape = report("what-if M1 barred --set loans:0017.returned=2022-04-01", capsys)
    assert [one["predicate"] for one in shape["changed"]] == ["barred"]
    assert (shape["why"]["before"]["holds"], shape["why"]["after"]["holds"]) == (True, False)
    shape = report("what-if M1 barred --set members.joined=2020-01-01", capsys)
    assert shape["changed"] == []
    assert (shape["why"]["before"]["holds"], shape["why"]["after"]["holds"]) == (True, True)
    text, _ = run("what-if M1 may_reserve --set loans:0017.returned=2022-04-01", capsys)
    assert "What is asked about does not change." in text
    assert "3 other things change" in text


def test_a_changed_row_is_evidence_under_the_name_of_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    shape = report("what-if M1 fine --set loans:0017.returned=2022-04-01", capsys)

    def evidence(reason: dict[str, Any]) -> list[dict[str, Any]]:
        return reason.get("evidence", []) + [
            row for child in reason.get("because", []) for row in evidence(child)
        ]

    assert {"file": "--set 1"} in evidence(shape["why"]["after"])
    assert {"file": "tests/golden/loans/loans.csv", "line": 2} in evidence(shape["why"]["before"])


def test_what_can_be_told_only_with_the_change_and_what_cannot_any_more(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    record = tmp_path / "one.yaml"
    record.write_text("member: M1\nrecord:\n  members: [{group: grown-up}]\n  loans: []\n", encoding="utf-8")
    command = ["what-if", "M1", "-p", "tests/packs/library-loans", "-r", str(record)]
    add = ["--add", "payments: {receipt: R1, amount: 1.00}", "--as-of", "2022-05-10"]
    assert main([*command, *add, "-f", "json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert [one["predicate"] for one in shape["changed"]][:2] == ["barred", "may_borrow"]
    assert shape["changed"][0]["undetermined_before"] == ["payments"]
    assert main([*command, *add]) == 0
    assert "before: it cannot be told: the record has nothing on `payments`" in capsys.readouterr().out
    assert main([*command, "--set", "members.group=child", "--as-of", "2022-05-10"]) == 3
    assert "Nothing changes" in capsys.readouterr().out


def test_the_present_moves_with_the_rows_that_tell_it(capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = run("what-if M1 --add 'visits:{day: 2022-06-01}'", capsys)
    assert "The present, which the rows tell, becomes 2022-06-01 in place of 2022-05-10." in text


# ------------------------------------------------------------ wrong words


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("", "error: nothing is to be changed\n  help: give `--set`, `--unset` or `--add`\n"),
        (
            "--set lones:0017.returned=2022-03-05",
            "error: record `M1`: `lones` is no table of a record\n"
            "  at --set 1\n  help: did you mean `loans`?\n",
        ),
        (
            "--set items:0017.title=x",
            "error: record `M1`: `items` is no table of a record\n  at --set 1\n"
            "  help: it comes with the pack and is not part of a record\n",
        ),
        (
            "--set loans:0017=2022-03-05",
            "error: record `M1`: `loans:0017=2022-03-05` is no change\n  at --set 1\n"
            "  help: write `table:key/key.column=value`\n",
        ),
        (
            "--set loans:0017.retruned=2022-03-05",
            "error: record `M1`: `retruned` is not a column of `loans`\n  at --set 1\n"
            "  help: did you mean `returned`?\n",
        ),
        (
            "--set loans:0017.returned=2022-02-30",
            "error: record `M1`: `returned` is 2022-02-30, which is no day of the calendar\n"
            "  at --set 1, column `returned`\n  help: February 2022 has 28 days\n",
        ),
        (
            "--set loans:0016.returned=2022-03-05",
            "error: record `M1`: there is no row `loans:0016`\n  at --set 1\n"
            "  help: there is `loans:0017/2022-03-01`, `loans:0018/2022-03-01`; "
            "a new row is named by its whole key: `loans:item/borrowed`\n",
        ),
        (
            "--set loans.returned=2022-03-05",
            "error: record `M1`: `loans` means several rows of `loans`\n  at --set 1\n"
            "  help: name one: `loans:0017/2022-03-01`, `loans:0018/2022-03-01`\n",
        ),
        (
            "--set loans:0017/2022-03-01/x.returned=2022-03-05",
            "error: record `M1`: the address has 3 values; a row of `loans` is told by 2\n  at --set 1\n"
            "  help: write `loans:item/borrowed`\n",
        ),
        (
            "--set loans:0017/march.returned=2022-03-05",
            "error: record `M1`: `0017/march` is no key of `loans`\n  at --set 1\n"
            "  help: write `loans:item/borrowed`\n",
        ),
        (
            "--set visits:march.day=2022-03-05",
            "error: record `M1`: `day` is `march`; a date is needed\n  at --set 1, column `day`\n"
            "  help: a date is written 2021-09-30\n",
        ),
        (
            "--set loans:0018.item=0017",
            "error: record `M1`: row repeats `member` `M1`, `item` `0017`, `borrowed` 2022-03-01\n"
            "  at --set 1\n  help: the first one is on tests/golden/loans/loans.csv:2\n",
        ),
        (
            "--set loans:0018.member=M2",
            "error: record `M1`: `member` is `M2`; the record is that of `M1`\n"
            "  at --set 1, column `member`\n  help: leave it out; one file holds one record\n",
        ),
        (
            "--set loans:0017.returned=2022-03-05 --set loans:0017.returned=2022-03-06",
            "error: record `M1`: `returned` of this row is set already, by `--set 1`\n  at --set 2\n"
            "  help: keep one of them\n",
        ),
        (
            "--unset payments",
            "error: record `M1`: there is no row in `payments`\n  at --unset 1\n",
        ),
        (
            "--unset loans:0017.returned=2022-03-05",
            "error: record `M1`: there is no row `loans:0017.returned=2022-03-05`\n  at --unset 1\n"
            "  help: there is `loans:0017/2022-03-01`, `loans:0018/2022-03-01`\n",
        ),
        (
            "--add 'payments:{receipt: R2, amount: 0}'",
            "error: record `M1`: `amount` is 0; the lowest is 0.01\n  at --add 1:1:32, column `amount`\n",
        ),
        (
            "--add 'payments:{receipt: R1, amount: 1}'",
            "error: record `M1`: row repeats `receipt` `R1`\n  at --add 1:1:20\n"
            "  help: the first one is on tests/golden/loans/payments.csv:2\n",
        ),
        (
            "--add 'payments:{receipt: R2}'",
            "error: record `M1`: `amount` is missing\n  at --add 1, column `amount`\n"
            "  help: every row of `payments` has it\n",
        ),
        (
            "--add 'payments:{receipt: R2, amount: &a 1}'",
            "error: record `M1`: anchors are not read: `&a`\n  at --add 1:1:32\n"
            "  help: remove it and write each value out\n",
        ),
        (
            "--add 'payments:{receipt:R2, amount:1}'",
            "error: record `M1`: `receipt:R2` has no blank after its `:`\n  at --add 1:1:11\n"
            "  help: write `column: value`\n",
        ),
        (
            "--add 'payments:[R2, 1]'",
            "error: record `M1`: `payments:[R2, 1]` is no row\n  at --add 1\n"
            "  help: write `table:{column: value, ...}`\n",
        ),
        (
            "--set members.group=child --save record.csv",
            "error: `record.csv` is no name of a YAML file\n  help: let it end with `.yaml`\n",
        ),
        (
            "--set members.group=child --save tests/good/records/a1.yaml",
            "error: `tests/good/records/a1.yaml` is there already\n"
            "  help: name a new file, or take this one away first\n",
        ),
        (
            "--set members.group=child --save no/such/folder.yaml",
            "error: `no/such/folder.yaml` cannot be written: no such file or directory\n",
        ),
    ],
)
def test_the_error_says_what_is_wrong_and_how_to_mend_it(
    options: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"what-if M1 {options}", capsys, 2) == ("", error)


def test_the_nearest_of_equally_near_values_differs_in_one_place() -> None:
    assert nearest("M111O", ["M1151", "M1110", "M1100"]) == "M1110"
    assert nearest("loan", ["loans", "loan", "lone"]) == "loan"
    assert nearest("x", ["loans"]) is None


def test_all_that_is_wrong_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = run("what-if M1 --set x:1.y=2 --unset payments --add 'loans:{item: [}'", capsys, 2)
    assert said.count("error: ") == 3
    assert said.endswith("3 problems\n")


def test_a_record_stays_somebodys(capsys: pytest.CaptureFixture[str]) -> None:
    error = (
        "error: record `M1`: there is no row in `members`\n  at --unset 1\n"
        "  help: a record without one is incomplete\n"
    )
    assert run("what-if M1 --unset members", capsys, 2)[1] == error
    text, _ = run("what-if M1 --unset members --set members.group=child", capsys)
    assert "1. members is taken out: group grown-up and joined 2021-01-04." in text
    assert "2. members is added: group child." in text


def test_whose_record_it_is_has_to_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("what-if M11 --set members.group=child", capsys, 2)[1] == (
        "error: there is no `M11` in tests/golden/loans\n  help: did you mean `M1`?\n"
    )


# ------------------------------------------------------------ the files


def saved(
    options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[Path, Path, dict[str, Any]]:
    record, case = tmp_path / "changed.yaml", tmp_path / "case.yaml"
    text, said = run(f"what-if M1 {options} --save {record} --save-case {case} -f json", capsys)
    assert said == f"the changed record is written to {record}\na case is written to {case}\n"
    return record, case, json.loads(text)


CHANGES = [
    "--set loans:0017.returned=2022-04-01",
    "--set loans:0017.returned= --add 'payments:{receipt: R9, amount: 4.00}'",
    "--unset loans:0017 --unset loans:0018",
    "--set members.group=child",
    "--set members.joined=",
    "--set loans:0019/2022-03-02.returned=2022-03-03 --set 'payments:a \"b\".amount=1' "
    "--reading day_of_return=counted",
]


@pytest.mark.parametrize("options", CHANGES)
def test_a_saved_record_is_read_back_as_it_was_decided(
    options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, _, shape = saved(options, tmp_path, capsys)
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    reading = options.split("--reading ")[1:]
    words = ["decide", "M1", "-p", "tests/packs/library-loans", "-r", str(record), "-f", "json"]
    assert main([*words, *(["--reading", reading[0]] if reading else [])]) == 0
    assert json.loads(capsys.readouterr().out) == shape["after"]


@pytest.mark.parametrize("options", CHANGES)
def test_a_saved_case_is_accepted_by_test_and_by_pytest(
    options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, case, _ = saved(options, tmp_path, capsys)
    assert stat.S_IMODE(case.stat().st_mode) == 0o600
    assert main(["test", "tests/packs/library-loans", "--cases", str(case)]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"
    pack = Path(shutil.copytree("tests/packs/library-loans", tmp_path / "library-loans"))
    shutil.copy(case, pack / "cases" / "what_if.yaml")
    manifest = pack / "policy.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("cases: [", "cases: [cases/what_if.yaml, "), encoding="utf-8")
    assert main(["test", str(pack), "-k", "M1, with"]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"
    if options == CHANGES[0]:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                str(pack / "cases" / "what_if.yaml"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_saved_case_fails_where_the_change_is_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, case, _ = saved(CHANGES[0], tmp_path, capsys)
    case.write_text(case.read_text(encoding="utf-8").replace("2022-04-01}", "2022-04-08}"), encoding="utf-8")
    assert main(["test", "tests/packs/library-loans", "--cases", str(case)]) == 1
    said = capsys.readouterr().out
    assert "expected barred(debt) absent" in said
    assert "expected may_borrow" in said


def test_a_case_is_written_also_where_nothing_can_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "one.yaml"
    record.write_text(
        "member: M1\nrecord:\n  members: [{group: grown-up}]\n"
        "  loans: [{item: '0017', borrowed: 2022-03-01, returned: 2022-04-08}]\n",
        encoding="utf-8",
    )
    case = tmp_path / "case.yaml"
    words = ["what-if", "M1", "-p", "tests/packs/library-loans", "-r", str(record), "--save-case", str(case)]
    assert main([*words, "--set", "loans:0017.returned=2022-04-01"]) == 3
    capsys.readouterr()
    assert "payments" not in case.read_text(encoding="utf-8")
    assert main(["test", "tests/packs/library-loans", "--cases", str(case)]) == 0


# ------------------------------------------------------------ what must hold


DAYS = st.dates(date(2022, 1, 1), date(2022, 12, 31))
ITEMS = st.sampled_from(["0017", "0018", "0019", "0020"])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    """A record of M1, as the cells of its tables."""
    loaned = draw(st.dictionaries(st.tuples(ITEMS, DAYS), st.none() | st.integers(0, 60), max_size=4))
    paid = draw(
        st.dictionaries(
            st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ./=\"\\:{}\[\],#'&*!|>%@`-]{0,9}", fullmatch=True).map(
                str.strip
            ),
            st.integers(1, 500),
            max_size=3,
        )
    )
    return {
        "members": [{"member": "M1", "group": draw(st.sampled_from(["grown-up", "child"])), "joined": ""}],
        "loans": [
            {
                "member": "M1",
                "item": item,
                "borrowed": day.isoformat(),
                "returned": "" if kept is None else (day + timedelta(days=kept)).isoformat(),
            }
            for (item, day), kept in loaned.items()
        ],
        "payments": [
            {"member": "M1", "receipt": receipt, "amount": f"{cents // 100}.{cents % 100:02}"}
            for receipt, cents in paid.items()
            if receipt
        ],
    }


def write(folder: Path, tables: dict[str, list[dict[str, str]]]) -> Path:
    """Write a cohort by hand, as a registrar would."""
    import csv

    columns = {
        "members": ["member", "group", "joined"],
        "loans": ["member", "item", "borrowed", "returned"],
        "payments": ["member", "receipt", "amount"],
    }
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, listed in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns[name])
            writer.writeheader()
            writer.writerows(listed)
    return folder


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_options(
    old: dict[str, list[dict[str, str]]], new: dict[str, list[dict[str, str]]]
) -> dict[str, list[str]]:
    """Say with options how one record becomes the other."""
    keys = {"members": [], "loans": ["item", "borrowed"], "payments": ["receipt"]}
    options: dict[str, list[str]] = {"sets": [], "unsets": [], "adds": []}
    for name, key in keys.items():
        before = {tuple(row[k] for k in key): row for row in old[name]}
        after = {tuple(row[k] for k in key): row for row in new[name]}
        for values, row in before.items():
            address = f"{name}:{'/'.join(map(quoted, values))}".removesuffix(":")
            if values not in after:
                options["unsets"].append(address)
                continue
            options["sets"] += [
                f"{address}.{column}={value}"
                for column, value in after[values].items()
                if value != row[column]
            ]
        for number, (values, row) in enumerate(after.items()):
            if values in before:
                continue
            address = f"{name}:{'/'.join(map(quoted, values))}"
            own = {column: value for column, value in row.items() if column not in ("member", *key) and value}
            if number % 2 and own:
                options["sets"] += [f"{address}.{column}={value}" for column, value in own.items()]
            else:
                flow = ", ".join(f"{c}: {yaml_text(v)}" for c, v in row.items() if c != "member" and v)
                options["adds"].append(f"{name}:{{{flow}}}")
    return options


SLOW = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.long
@SLOW
@given(old=rows(), new=rows())
def test_what_if_is_the_same_as_editing_the_files_by_hand(
    old: dict[str, list[dict[str, str]]],
    new: dict[str, list[dict[str, str]]],
    engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "by-hand"
    draft = read_draft(engine.policy, write(folder, old))
    options = as_options(old, new)
    by_hand = load_records(engine.policy, write(folder, new))
    if not any(options.values()):
        assert finish(engine.policy, draft).digest("M1") == by_hand.digest("M1")
        return
    found = what_if(engine, draft, "M1", **options)
    assert found.after.records.digest("M1") == by_hand.digest("M1")
    assert found.after.records.as_of == by_hand.as_of
    told = engine.decide(by_hand, "M1")
    assert [(c.atom, c.provisions) for c in found.after.decision.reported()] == [
        (c.atom, c.provisions) for c in told.reported()
    ]
    # And what is saved is the same record again.
    side = found.after
    saved_file = folder.parent / "saved.yaml"
    text = record_yaml(engine.policy, side.draft, "M1", side.records.as_of, title="t", synthetic=True)
    saved_file.write_text(text, encoding="utf-8")
    assert load_records(engine.policy, saved_file).digest("M1") == by_hand.digest("M1")
    # What is said to differ is what differs.
    before = {(c.atom, c.provisions) for c in found.before.decision.reported()}
    after = {(c.atom, c.provisions) for c in told.reported()}
    lost = {(d.before.atom, d.before.provisions) for d in found.differences if d.before}
    gained = {(d.after.atom, d.after.provisions) for d in found.differences if d.after}
    assert (lost, gained) == (before - after, after - before)


@SLOW
@given(data=rows())
def test_what_is_set_to_what_it_is_changes_nothing(
    data: dict[str, list[dict[str, str]]], engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = write(tmp_path_factory.getbasetemp() / "no-change", data)
    sets = ["members.group=" + data["members"][0]["group"]]
    sets += [f"loans:{r['item']}/{r['borrowed']}.returned={r['returned']}" for r in data["loans"]]
    sets += [f"payments:{quoted(r['receipt'])}.amount={r['amount']}" for r in data["payments"]]
    found = what_if(engine, read_draft(engine.policy, folder), "M1", sets=sets)
    assert {one.action for one in found.changes} == {Action.UNCHANGED}
    assert found.differences == ()
    assert found.before.records.digest_all == found.after.records.digest_all


@pytest.mark.long
@SLOW
@given(text=st.text(max_size=80))
def test_no_option_ends_in_anything_but_a_change_or_a_problem(text: str, engine: Engine) -> None:
    draft = read_draft(engine.policy, LOANS)
    for name in ("sets", "unsets", "adds"):
        for option in (text, f"loans:{text}", f"loans:{text}.returned=", f"payments:{{{text}}}"):
            try:
                what_if(engine, draft, "M1", **{name: [option]})
            except BylawError as error:
                assert error.problems


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_is_written_so_that_it_is_read_back(text: str) -> None:
    from bylaw.files.yaml import parse_yaml

    if any(ord(c) < 32 and c not in "\t\n\r" for c in text):
        text = "".join(c for c in text if ord(c) >= 32)
    assert parse_yaml(f"a: {{b: {yaml_text(text)}}}\n", "x").data == {"a": {"b": text}}


def test_a_case_is_saved_of_what_is_settled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    words = ["what-if", "M1", "--set", "loans:0018.returned=2022-03-22", *OPTIONS]
    assert main([*words, "--readings", "open", "--save-case", str(case)]) == 2
    assert "a case is saved of what is settled" in capsys.readouterr().err
    assert not case.exists()
