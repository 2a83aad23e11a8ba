"""What the cases of a pack cover: provisions decided and not, and who says so."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from bylaw.analysis.cases import CaseRunner
from bylaw.analysis.cohort_coverage import cover_cohort
from bylaw.analysis.coverage import cover
from bylaw.cli import main as cli
from bylaw.engine.editions import open_engine
from bylaw.engine.solve import Engine
from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Reason
from bylaw.explain.trace import Tracer
from bylaw.policy.cases import load_cases
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records
from bylaw.report.coverage_table import shape

PACKS = Path(__file__).parent / "packs"
LIBRARY = PACKS / "library-loans"


@pytest.fixture(scope="module")
def covered():
    return cover(load_policy(LIBRARY), processes=1)


@pytest.fixture
def library(tmp_path):
    return Path(shutil.copytree(LIBRARY, tmp_path / "library-loans"))


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def names(cases):
    return {case.name for case in cases}


def of(coverage, provision):
    return next(one for one in coverage.provisions if one.provision.id == provision)


def test_a_provision_decides_where_its_rule_is_behind_what_a_case_asserts(covered):
    assert names(of(covered, "4.A").decided) == {"who owes a little more may not"}
    assert names(of(covered, "5.B").decided) == {"three loans in time open reservations"}
    # the sum of fines is behind the debt that the case names as a figure
    assert "who owes a little more may not" in names(of(covered, "3.B").decided)


def test_a_rule_that_could_conclude_what_is_absent_does_not_decide(covered):
    assert names(of(covered, "5.B").not_decided) == {"one that is late closes them"}
    assert names(of(covered, "5.A").not_decided) == {"who owes a little more may not"}
    # who is not barred may borrow: the rules that could bar are behind that, and fail
    assert names(of(covered, "4.A").not_decided) >= {
        "who owes five euros may still borrow",
        "a payment lifts the bar",
        "a loan that comes back on its last day costs nothing",
    }


def test_an_exception_that_alone_stops_a_rule_decides(covered):
    assert names(of(covered, "3.C").decided) == {"a child pays no fine"}


def test_an_exception_beside_another_reason_does_not_decide(library):
    replace(
        library / "cases" / "fines.yaml",
        "    members: [{member: M1, group: child}]\n"
        '    loans: [{item: "0017", borrowed: 2022-03-01, returned: 2022-04-08}]\n',
        "    members: [{member: M1, group: child}]\n",
    )
    assert not of(cover(load_policy(library), processes=1), "3.C").decided


def test_a_table_of_the_pack_decides_where_a_row_is_used(covered):
    assert of(covered, "1.C").rules == ()
    assert names(of(covered, "1.C").decided) == {"a reference work on loan is found"}


def test_what_nobody_can_tell_decides_nothing(covered):
    for one in covered.provisions:
        assert "without the payments nobody can tell" not in names(one.decided) | names(one.not_decided)


def test_a_provision_without_a_deciding_case_is_found(covered):
    assert [one.provision.id for one in covered.provisions if one.undecided] == ["1.B"]
    assert not covered.complete


def test_a_case_that_fails_counts_for_nothing(library):
    replace(library / "rules" / "par_4_borrowing.lp", "D > Max.", "D > Max + 1000.")
    found = cover(load_policy(library), processes=1)
    assert [one.case.name for one in found.failing] == ["who owes a little more may not"]
    assert of(found, "4.A").undecided
    totals = shape(found)["totals"]
    assert (totals["cases"], totals["passing_cases"]) == (14, 13)
    assert totals["failing_cases"][0]["file"] == "cases/borrowing.yaml"


def test_the_rules_of_another_reading_are_no_rules_that_fail(library):
    rules = library / "rules" / "par_3_fines.lp"
    replace(rules, "late(M, I, B, D - E + 1) :-", "%@ 3.E\nlate(M, I, B, D - E + 1) :-")
    replace(rules, "% An item that is still out", "%@ 3.A\n% An item that is still out")
    replace(
        library / "provisions.yaml",
        "  - id: 4.A\n",
        "  - {id: 3.E, summary: The day of return., status: encoded}\n  - id: 4.A\n",
    )
    found = of(cover(load_policy(library), processes=1), "3.E")
    assert names(found.decided) == {"where the day of return counts, one day late is two"}
    assert found.not_decided == ()


def test_a_case_that_fails_by_the_default_hangs_on_its_reading(covered):
    (told,) = covered.readings
    assert (told.alternatives, told.missing) == (("counted",), ())
    assert told.flipped["counted"].name == "where the day of return counts, one day late is two"


def test_a_case_that_comes_out_alike_by_the_default_shows_nothing_of_its_reading(library):
    replace(library / "cases" / "fines.yaml", "  readings: {day_of_return: counted}\n", "")
    replace(
        library / "cases" / "fines.yaml",
        "- name: a child pays no fine\n",
        "- name: a child pays no fine\n  readings: {day_of_return: counted}\n",
    )
    found = cover(load_policy(library), processes=1)
    assert found.readings[0].missing == ("counted",)
    assert shape(found)["readings"][0]["alternatives"] == {"counted": False}
    assert shape(found)["totals"]["alternatives_without_case"] == ["day_of_return=counted"]


def test_the_work_may_be_shared_by_processes(covered):
    assert shape(cover(load_policy(LIBRARY), processes=2)) == shape(covered)


def holding(reason: Reason) -> set[str]:
    """The provisions in an explanation of what is so, without what it says of what is not."""
    if not (reason.holds and reason.met):
        return set()
    return set(reason.provisions).union(*map(holding, reason.because))


def test_what_a_trace_finds_behind_a_conclusion_is_what_its_explanation_cites():
    policy = load_policy(LIBRARY)
    tracer, runner = Tracer(policy), CaseRunner(policy)
    compared = 0
    for case in load_cases(policy):
        _, decision = runner.outcome(case)
        traced = tracer.trace(decision.atoms)
        explainer = Explainer(Engine(policy, case.readings), decision)
        for expected in case.expect:
            atoms = traced.matches(traced.goal(expected.pattern, decision.subject))
            if not atoms:
                continue
            support = traced.behind(atoms)
            found = {pid for n in support.rules for pid in policy.encoding.rules[n].provisions}
            for atom in support.atoms:
                name = str(atom.arguments[0])
                found |= {policy.limits[name].provision} if atom.name == "limit" else set()
                found |= set(policy.readings[name].provisions) if atom.name == "reading" else set()
                found |= {"1.C"} if atom.name in ("item_shelf", "item_title") else set()
            assert found == holding(explainer.why(expected.pattern)), f"{case.name}: {expected.text}"
            compared += 1
    assert compared > 10


@pytest.mark.parametrize("pack", sorted(path.name for path in PACKS.iterdir() if path.is_dir()))
def test_without_the_rules_that_fail_the_same_stands_behind_what_is_so_and_what_is_not(pack):
    policy = load_policy(PACKS / pack)
    tracer, runner = Tracer(policy), CaseRunner(policy)
    excepted = 0
    for case in load_cases(policy):
        _, decision = runner.outcome(case, whole=True)
        if decision is None:
            continue
        traced = tracer.trace(decision.atoms)
        for expected in case.expect:
            goal = traced.goal(expected.pattern, decision.subject)
            asked = (traced.matches(goal), ()) if traced.matches(goal) else ((), [goal])
            whole, less = traced.behind(*asked), traced.behind(*asked, failing=False)
            assert (whole.atoms, whole.rules) == (less.atoms, less.rules), f"{case.name}: {expected.text}"
            assert less.failing <= whole.failing
            excepted += bool(asked[1] and whole.atoms)
    assert excepted or pack != LIBRARY.name


@pytest.mark.parametrize("pack", sorted(path.name for path in PACKS.iterdir() if path.is_dir()))
def test_every_provision_and_limit_of_a_pack_is_told_once(pack):
    policy = load_policy(PACKS / pack)
    told = shape(cover(policy, processes=1))
    assert [one["id"] for one in told["provisions"]] == list(policy.provisions)
    headings = [one["id"] for one in told["provisions"] if one.get("heading")]
    assert headings == [one["id"] for one in told["groups"]]
    assert [one["name"] for one in told["limits"]] == list(policy.limits)
    assert told["totals"]["failing_cases"] == []
    numbers = {"encoded", "recorded-fact", "discretion", "not-computational"}
    assert {one["status"] for one in told["provisions"]} <= numbers


def run(capsys, *words):
    code = cli.main(["coverage", *map(str, words)])
    return code, capsys.readouterr()


def test_the_shape_of_the_json(capsys):
    code, printed = run(capsys, "--policy", LIBRARY, "--format", "json")
    data = json.loads(printed.out)
    assert code == 1
    assert list(data) == ["policy", "provisions", "limits", "readings", "groups", "totals"]
    assert data["policy"] == "library-loans"
    heading, first = data["provisions"][:2]
    assert (heading["id"], heading["status"], heading["heading"]) == ("1", "encoded", True)
    assert first["rules"][0] in heading["rules"]
    assert heading["cases"]["decided"] >= first["cases"]["decided"]
    assert first == {
        "id": "1.A",
        "catalogue_id": "",
        "status": "encoded",
        "rules": [{"file": "library-loans/rules/par_1_lending.lp", "line": 7}],
        "cases": first["cases"],
    }
    assert set(first["cases"]) == {"decided", "not_decided"}
    care = next(one for one in data["provisions"] if one["id"] == "2.B")
    assert care["why_not_encoded"] == "care is not on record"
    assert (care["status"], care["rules"]) == ("not-computational", [])
    assert data["groups"] == [{"id": "1", "catalogue_id": ""}]
    assert data["limits"][0] == {
        "name": "items_adult",
        "provision": "1.A",
        "below": True,
        "at": False,
        "above": False,
    }
    assert data["totals"]["provisions"] == 15
    assert data["totals"]["without_deciding_case"] == ["1.B"]
    assert data["totals"]["rules_without_provision"] == 2


def test_the_table(capsys):
    code, printed = run(capsys, "-p", LIBRARY)
    lines = printed.out.splitlines()
    assert code == 1
    assert any(line.split()[:2] == ["1.B", "encoded"] and "✗ decides no case" in line for line in lines)
    assert any(line.split() == ["6.A", "recorded-fact"] for line in lines)
    assert "  items_adult (1.A)       ✓ below  ✗ at  ✗ above" in lines
    assert not any(line.strip().startswith("debt_limit") for line in lines)
    assert lines[-1] == "14 of 14 cases pass."


def test_one_provision_with_its_cases(capsys):
    code, printed = run(capsys, "-p", LIBRARY, "--provision", "Paragraph 5(B)")
    assert code == 1  # no case has more loans than are needed
    assert "three loans in time open reservations  cases/borrowing.yaml:" in printed.out
    assert "library-loans/rules/par_4_borrowing.lp:24" in printed.out
    assert "5.A" not in printed.out
    code, _ = run(capsys, "-p", LIBRARY, "--provision", "3.C")
    assert code == 0
    code, printed = run(capsys, "-p", LIBRARY, "--provision", "debt_limit")
    assert code == 2
    assert "`debt_limit` is no provision" in printed.err


def test_a_failing_case_is_named(capsys, library):
    replace(library / "rules" / "par_4_borrowing.lp", "D > Max.", "D > Max + 1000.")
    _, printed = run(capsys, "-p", library)
    assert "fails: who owes a little more may not" in printed.out
    assert "13 of 14 cases pass; one that fails counts for nothing." in printed.out


@pytest.fixture
def cohort(tmp_path):
    """A child, and a grown-up who brought a book back late."""
    folder = tmp_path / "cohort"
    folder.mkdir()
    (folder / "members.csv").write_text("member,group,joined\nM1,child,\nM2,grown-up,\n", encoding="utf-8")
    late = "M2,0017,2022-03-01,2022-04-08\n"
    (folder / "loans.csv").write_text(f"member,item,borrowed,returned\n{late}", encoding="utf-8")
    (folder / "payments.csv").write_text("member,receipt,amount\n", encoding="utf-8")
    (folder / "visits.csv").write_text("member,day\n", encoding="utf-8")
    return folder


def test_a_cohort_is_decided_by_what_is_behind_its_conclusions(capsys, cohort):
    code, printed = run(
        capsys, "-p", LIBRARY, "--records", cohort, "--as-of", "2022-05-01", "--format", "json"
    )
    data = json.loads(printed.out)
    assert code == 1
    assert list(data) == ["policy", "records", "readings", "students", "provisions", "totals"]
    assert data["students"] == 2
    found = {one["id"]: one for one in data["provisions"]}
    # the fine and its rate concern the one who was late
    assert (found["3.A"]["students"], found["3.A"]["first"]) == (1, "M2")
    assert (found["1.B"]["students"], found["1.B"]["first"]) == (1, "M1")
    # a fine under the limit of debt bars nobody
    assert (found["4.A"]["students"], "first" in found["4.A"]) == (0, False)
    assert "4.A" in data["totals"]["without_student"]
    assert data["totals"]["deciding"] + len(data["totals"]["without_student"]) == data["totals"]["encoded"]


def test_a_cohort_is_told_alike_however_the_work_is_shared(cohort):
    policy = load_policy(LIBRARY)
    engine, records = open_engine(policy), load_records(policy, cohort, as_of=date(2022, 5, 1).toordinal())
    alone, shared = (cover_cohort(engine, records, processes=n) for n in (1, 2))
    assert alone.provisions == shared.provisions


def test_the_present_and_readings_go_with_records(capsys):
    code, printed = run(capsys, "-p", LIBRARY, "--reading", "day_of_return=counted")
    assert code == 2
    assert "`--as-of`, `--reading` and `--mapping` go with `--records`" in printed.err
