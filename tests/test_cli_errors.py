"""Wrong words and wrong input: what is told on stderr, and with which exit code."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from bylaw.cli.main import main

TESTS = Path(__file__).parent
LOANS = "-p tests/packs/library-loans -r tests/golden/loans"


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TESTS.parent)


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("decid", "error: no such command `decid`\n  help: did you mean `decide`?\n"),
        ("decide", "error: name one student, or give `--all`\n"),
        ("decide M1 --all", "error: name one student, or give `--all`\n"),
        (
            f"decide M11 {LOANS}",
            "error: there is no `M11` in tests/golden/loans\n  help: did you mean `M1`?\n",
        ),
        (
            f"facts M11 {LOANS}",
            "error: there is no `M11` in tests/golden/loans\n  help: did you mean `M1`?\n",
        ),
        (
            f"why M11 barred {LOANS}",
            "error: there is no `M11` in tests/golden/loans\n  help: did you mean `M1`?\n",
        ),
        (
            f"decide M1 {LOANS} --reading day_of_retrun=free",
            "error: library-loans has no reading `day_of_retrun`\n  help: did you mean `day_of_return`?\n",
        ),
        (
            f"decide M1 {LOANS} --reading day_of_return=fre",
            "error: the reading `day_of_return` has no alternative `fre`\n  help: did you mean `free`?\n",
        ),
        (
            f"decide M1 {LOANS} --reading day_of_return",
            "error: `day_of_return` is no reading\n  help: write `--reading NAME=VALUE`\n",
        ),
        (f"why M1 bared {LOANS}", "error: there is no predicate `bared`\n  help: did you mean `barred`?\n"),
        (
            f"why M1 'barred(dept)' {LOANS}",
            "error: `ground` is `dept`, which is no `ground`\n  help: did you mean `debt`?\n",
        ),
        (
            "show 3.AA -p tests/packs/library-loans",
            "error: library-loans has no provision, limit, reading or predicate `3.AA`\n"
            "  help: did you mean `3.A`?\n",
        ),
        (
            f"query 'fine(M,I,B,A)' --by m {LOANS}",
            "error: the body has no variable `m`\n  help: known here: `A`, `B`, `I`, `M`\n",
        ),
        (
            f"query 'fine(M,I,B,A)' --by M --count {LOANS}",
            "error: `--by` and `--count` exclude each other\n  help: `--by` counts the rows of each value\n",
        ),
        (
            "test tests/packs/library-loans -k nothing-like-it",
            "error: no case has `nothing-like-it` in its name\n",
        ),
        (
            "synth -o out --as-of soon",
            "error: invalid value for `--as-of`: a whole number is needed\n"
            "  help: see `bylaw synth --help`\n",
        ),
        (
            f"why M1 barred {LOANS} --depth 0",
            "error: invalid value for `--depth`: the least is 1\n  help: see `bylaw why --help`\n",
        ),
        (
            f"decide M1 {LOANS} --as-of soon",
            "error: `as_of` is `soon`; a whole number is needed\n"
            "  help: write digits only, without exponent, unit or thousands mark\n",
        ),
    ],
)
def test_the_error_says_what_is_wrong_and_how_to_mend_it(
    command: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)) == 2
    assert capsys.readouterr().err == error


@pytest.mark.parametrize("command", ["decide M1", "show", "test", "query x", "facts --all", "why M1 x"])
def test_without_a_policy_the_shipped_ones_are_named(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "error: no policy is named\n  help: give `--policy` with a folder or a shipped pack"
    )
    assert "write it into bylaw.toml" in said


def test_without_records_the_option_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split("decide M1 -p tests/packs/library-loans")) == 2
    assert capsys.readouterr().err.startswith("error: no records are named\n  help: give `--records`")


def test_all_problems_are_told_with_their_number(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("member,group,joined\nM1,grownup,\nm2,child,\n", encoding="utf-8")
    assert (
        main(["decide", "--all", "-p", "tests/packs/library-loans", "-r", str(tmp_path), "-f", "json"]) == 2
    )
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("error: ") == 2
    assert f"at {tmp_path}/members.csv:2:4, column `group`" in printed.err
    assert printed.err.endswith("\n2 problems\n2 rows read: 0 in order, 2 refused; none is used\n")


def test_what_cannot_be_told_has_an_exit_code_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    record = tmp_path / "one.yaml"
    record.write_text("member: M1\nrecord:\n  members: [{group: grown-up}]\n  loans: []\n", encoding="utf-8")
    options = ["-p", "tests/packs/library-loans", "-r", str(record), "--as-of", "2022-05-10"]
    assert main(["decide", "M1", *options]) == 3
    said = capsys.readouterr().out
    assert "undetermined:" in said
    assert "barred: the record has nothing on `payments`, and no rows there does not mean none." in said
    assert main(["why", "M1", "barred", *options]) == 3
    assert capsys.readouterr().out.startswith("It cannot be told whether barred holds for M1.\n")
    assert main(["why-not", "M1", "barred", "-f", "json", *options]) == 3
    assert '"tables": [\n        "payments"\n      ]' in capsys.readouterr().out
    assert main(["query", "may_borrow(M)", *options]) == 3
    assert "it cannot be told" in capsys.readouterr().err


def test_a_failing_case_has_an_exit_code_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import shutil

    pack = tmp_path / "library-loans"
    shutil.copytree("tests/packs/library-loans", pack)
    rules = pack / "rules" / "par_4_borrowing.lp"
    rules.write_text(rules.read_text().replace("D > Max.", "D >= Max."), encoding="utf-8")
    assert main(["test", str(pack)]) == 1
    said = capsys.readouterr().out
    assert "who owes five euros may still borrow" in said
    assert "expected may_borrow present" in said
    assert "found no may_borrow" in said
    assert said.endswith("\n12 passed, 2 failed\n")


def test_a_fault_of_its_own_is_one_line_without_the_record(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("M1 owes 5.25 euros")

    monkeypatch.setattr("bylaw.report.decision_text.decision_page", broken)
    assert main(shlex.split(f"decide M1 {LOANS}")) == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ZeroDivisionError" in said
    assert "5.25" not in said
    monkeypatch.setenv("BYLAW_DEBUG", "1")
    assert main(shlex.split(f"decide M1 {LOANS}")) == 70
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bylaw.policy.kept.kept_policy", interrupted)
    assert main(["show", "-p", "tests/packs/library-loans"]) == 130
    assert capsys.readouterr().err == ""


def test_query_output_goes_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "fines.csv"
    command = f"query 'fine(M,I,B,A)' -f csv {LOANS} -o"
    assert main([*shlex.split(command), str(target)]) == 0
    assert target.read_text().splitlines()[0] == "M,I,B,A"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"3 rows written to {target}\n"
    assert main([*shlex.split(command), str(tmp_path / "no" / "fines.csv")]) == 2
    assert "cannot be written" in capsys.readouterr().err
