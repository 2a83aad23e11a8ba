"""`pytest policies/` runs each case of each pack, and leaves other projects alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

pytest_plugins = ["pytester"]
PACK = Path(__file__).parent / "packs" / "library-loans"


@pytest.fixture
def pack(pytester: pytest.Pytester) -> Path:
    target = pytester.path / "policies" / "library-loans"
    shutil.copytree(PACK, target)
    return target


def break_rule(pack: Path) -> None:
    rules = pack / "rules" / "par_4_borrowing.lp"
    rules.write_text(rules.read_text().replace("D > Max.", "D >= Max."), encoding="utf-8")


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", *words)


def test_each_case_is_a_test_with_its_name(pytester: pytest.Pytester, pack: Path) -> None:
    result = run(pytester, "policies", "-v")
    result.assert_outcomes(passed=14)
    result.stdout.fnmatch_lines(
        ["policies/library-loans/cases/borrowing.yaml::who owes a little more may not PASSED*"]
    )


def test_a_failing_case_says_what_was_expected_and_found(pytester: pytest.Pytester, pack: Path) -> None:
    break_rule(pack)
    result = run(pytester, "policies")
    result.assert_outcomes(passed=12, failed=2)
    result.stdout.fnmatch_lines(
        [
            "policies/library-loans/cases/borrowing.yaml:*: who owes five euros may still borrow",
            "  expected may_borrow present",
            "     found no may_borrow",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_cases_are_chosen_by_name_and_file_and_run_stops(pytester: pytest.Pytester, pack: Path) -> None:
    run(pytester, "policies", "-k", "five and euros").assert_outcomes(passed=1, deselected=13)
    one_file = run(pytester, "policies/library-loans/cases/fines.yaml")
    assert one_file.parseoutcomes()["passed"] < 14
    break_rule(pack)
    stopped = run(pytester, "policies", "-x").parseoutcomes()
    assert stopped["failed"] == 1
    assert stopped.get("passed", 0) < 12


def test_cases_run_on_several_workers(pytester: pytest.Pytester, pack: Path) -> None:
    break_rule(pack)
    run(pytester, "policies", "-n", "2").assert_outcomes(passed=12, failed=2)


def test_a_wrong_pack_is_a_collection_error_told_once(pytester: pytest.Pytester, pack: Path) -> None:
    vocabulary = pack / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text().replace("role: conclusion", "role: conclusoin", 1))
    result = run(pytester, "policies")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = result.stdout.str()
    assert said.count("did you mean `conclusion`?") == 1
    assert "at policies/library-loans/vocabulary.yaml:" in said
    assert "Traceback" not in said


def test_a_wrong_manifest_is_a_collection_error(pytester: pytest.Pytester, pack: Path) -> None:
    manifest = pack / "policy.yaml"
    manifest.write_text(manifest.read_text().replace("title:", "tilte:", 1))
    result = run(pytester, "policies")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*did you mean `title`?*"])


def test_a_case_whose_record_is_wrong_fails_with_that_error(pytester: pytest.Pytester, pack: Path) -> None:
    cases = pack / "cases" / "borrowing.yaml"
    text = cases.read_text()
    cases.write_text(text.replace('item: "0018"', 'item: "0081"', 1), encoding="utf-8")
    result = run(pytester, "policies")
    assert result.parseoutcomes()["failed"] >= 1
    result.stdout.fnmatch_lines(["*`item` is `0081`, which is not in `items`*"])


def test_yaml_of_other_projects_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", config="a: 1", policy="id: x\nrules: []\n", broken=": [")
    (pytester.path / "cases").mkdir()
    (pytester.path / "cases" / "one.yaml").write_text("- name: not ours\n")
    pytester.makepyfile(
        test_other="def test_other():\n    import sys\n    assert 'clingo' not in sys.modules"
    )
    run(pytester, "-v").assert_outcomes(passed=1)


def test_the_plugin_loads_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_light="""
        import sys

        def test_light():
            heavy = {"clingo", "pydantic", "yaml", "typer", "rich"}
            assert "bylaw.pytest_plugin" in sys.modules
            assert not heavy & sys.modules.keys()
        """
    )
    run(pytester, "-p", "no:hypothesispytest").assert_outcomes(passed=1)
