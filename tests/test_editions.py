"""A record is judged by the edition that applies to it; an edition is never applied beyond its time."""

import json
import shutil
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.engine.editions import open_engine
from bylaw.errors import PolicyError, SolveError
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records

ROOT = Path(__file__).parent.parent

BY_ADMISSION = """
editions:
  by: admission
  column: students.first_enrolled
  others:
    - edition: "2013"
      effective_from: 20131
      effective_until: 20203
      replaces: {limits.yaml: editions/2013/limits.yaml}
"""

COURSES = ["LAW501", "LAW502", "LAW503"]


def graduate_pack(tmp_path: Path) -> Path:
    """Return the graduate instructions with an invented later edition, whose pass mark is 75."""
    pack = tmp_path / "annajah-graduate"
    shutil.copytree(ROOT / "policies" / "annajah-graduate", pack)
    manifest = pack / "policy.yaml"
    text = manifest.read_text(encoding="utf-8")
    text = text.replace("effective_from: 2008\n", "effective_from: 20081\neffective_until: 20123\n")
    manifest.write_text(text + BY_ADMISSION, encoding="utf-8")
    limits = (pack / "limits.yaml").read_text(encoding="utf-8")
    changed = limits.replace("graduate_pass_mark:\n    value: 70.00", "graduate_pass_mark:\n    value: 75.00")
    assert changed != limits
    (pack / "editions" / "2013").mkdir(parents=True)
    (pack / "editions" / "2013" / "limits.yaml").write_text(changed, encoding="utf-8")
    return pack


def student(tmp_path: Path, name: str, term: int) -> Path:
    """Return the record of an invented student with three courses at 72 percent."""
    path = tmp_path / f"{name}.yaml"
    courses = "\n".join(f"    - {{course: {c}, kind: graduate, hours: 3}}" for c in COURSES)
    attempts = "\n".join(f"    - {{course: {c}, term: {term}, mark: 72}}" for c in COURSES)
    path.write_text(
        f"synthetic: true\nstudent: {name}\nas_of: {term}\nrecord:\n"
        f"  students: [{{degree: master, department: Law, first_enrolled: {term}, accepted: {term}}}]\n"
        f"  courses:\n{courses}\n  attempts:\n{attempts}\n",
        encoding="utf-8",
    )
    return path


def told(capsys: pytest.CaptureFixture[str], *words: object) -> dict:
    assert main([*map(str, words), "--format", "json"]) in (0, 3)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("term", "edition", "passed"),
    [(20081, "2008-2009", True), (20121, "2008-2009", True), (20131, "2013", False)],
)
def test_the_term_of_admission_decides_the_edition(tmp_path, capsys, term, edition, passed):
    pack, record = graduate_pack(tmp_path), student(tmp_path, "G1", term)
    decided = told(capsys, "decide", "G1", "-p", pack, "-r", record)
    assert decided["edition"] == edition
    policy = load_policy(pack)
    records = load_records(policy, record)
    engine = open_engine(policy)
    atoms = {a.name for a in engine.applying(records, "G1").decide(records, "G1").atoms}
    limit = engine.applying(records, "G1").policy.limits["graduate_pass_mark"].value
    assert limit == (7000 if passed else 7500)
    assert "first_enrolled" in atoms


def test_the_explanation_cites_the_limit_of_the_edition(tmp_path, capsys):
    pack, record = graduate_pack(tmp_path), student(tmp_path, "G1", 20131)
    assert main(["facts", "G1", "-p", str(pack), "-r", str(record)]) == 0
    assert "limit(graduate_pass_mark,7500)." in capsys.readouterr().out


@pytest.mark.parametrize("term", [20051, 20211])
def test_outside_every_edition_nothing_is_decided(tmp_path, capsys, term):
    pack = graduate_pack(tmp_path)
    calendar = pack / "tables" / "calendar.csv"
    if f"{term}" not in calendar.read_text(encoding="utf-8"):
        pytest.fail(f"the calendar has no {term}; choose a term it has")
    record = student(tmp_path, "G1", term)
    assert main(["decide", "G1", "-p", str(pack), "-r", str(record)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"no edition of annajah-graduate applies: students.first_enrolled is {term}" in printed.err
    assert "edition 2008-2009 is in force from 20081 to 20123" in printed.err
    assert "edition 2013 is in force from 20131 to 20203" in printed.err


BY_YEAR = """
editions:
  by: year
  type: academic_year
  others:
    - edition: "2021"
      effective_from: 2021
      replaces: {limits.yaml: editions/limits.yaml}
"""


def yearly_pack(tmp_path: Path) -> Path:
    """Return the MD regulations with an invented edition from 2021: nine failed hours may be sat again."""
    pack = tmp_path / "hebron-md"
    shutil.copytree(ROOT / "policies" / "hebron-md", pack)
    manifest = pack / "policy.yaml"
    text = manifest.read_text(encoding="utf-8")
    text = text.replace("effective_from: 2019\n", "effective_from: 2019\neffective_until: 2020\n")
    manifest.write_text(text + BY_YEAR, encoding="utf-8")
    limits = (pack / "limits.yaml").read_text(encoding="utf-8")
    changed = limits.replace("resit_hours_first_year:\n    value: 6", "resit_hours_first_year:\n    value: 9")
    assert changed != limits
    (pack / "editions").mkdir()
    (pack / "editions" / "limits.yaml").write_text(changed, encoding="utf-8")
    return pack


def test_each_year_is_judged_by_the_edition_in_force_in_it(tmp_path):
    pack = yearly_pack(tmp_path)
    source = ROOT / "facts" / "hebron-md" / "cases" / "failed_by_hours.yaml"
    text = source.read_text(encoding="utf-8")
    before, marks = text.split("  marks:\n")
    rows, results = marks.split("  results:\n")
    later = before.replace(
        "- {year: 2020, level: 1}", "- {year: 2020, level: 1}\n    - {year: 2021, level: 1}"
    )
    again = rows.replace("year: 2020", "year: 2021")
    record = tmp_path / "record.yaml"
    twice = results + results.replace("year: 2020", "year: 2021")
    record.write_text(f"{later}  marks:\n{rows}{again}  results:\n{twice}", encoding="utf-8")
    policy = load_policy(pack)
    records = load_records(policy, record)
    decision = open_engine(policy).decide(records, "S9002")
    outcomes = {
        (c.args[1], str(c.args[2])): c.provisions
        for c in decision.conclusions
        if c.predicate.name == "year_outcome"
    }
    assert outcomes[2020, "failed"] == ("14.B.1",)
    assert (2021, "failed") not in outcomes
    assert {c.args[1] for c in decision.conclusions if c.predicate.name == "resit_right"} == {2021}
    assert decision.edition == "2019; 2021"


def test_a_year_before_every_edition_is_refused(tmp_path):
    pack = yearly_pack(tmp_path)
    policy = load_policy(pack)
    source = ROOT / "facts" / "hebron-md" / "cases" / "failed_by_hours.yaml"
    record = tmp_path / "record.yaml"
    record.write_text(source.read_text(encoding="utf-8").replace("2020", "2017"), encoding="utf-8")
    records = load_records(policy, record)
    with pytest.raises(SolveError, match="no edition of hebron-md applies: the present is 2017"):
        open_engine(policy).decide(records, "S9002")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("effective_until: 20123\n", ""), "editions `2008-2009` and `2013` are in force together"),
        (("column: students.first_enrolled", "column: students.degree"), "cannot decide the edition"),
        (("  column: students.first_enrolled\n", ""), "`by: admission` needs `column`"),
        (
            ("{limits.yaml: ", "{vocabulary.yaml: "),
            "`vocabulary.yaml` is no file that an edition may replace",
        ),
        (
            ("editions/2013/limits.yaml", "editions/2014/limits.yaml"),
            "there is no file `editions/2014/limits.yaml`",
        ),
        (("effective_until: 20203", "effective_until: 20103"), "edition `2013` ends before it begins"),
        (("by: admission", "by: year"), "`by: year` needs `type`"),
    ],
)
def test_editions_that_cannot_be_told_apart_are_refused(tmp_path, change, message):
    pack = graduate_pack(tmp_path)
    manifest = pack / "policy.yaml"
    text = manifest.read_text(encoding="utf-8")
    assert change[0] in text
    manifest.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(pack)
    assert any(message in problem.message for problem in caught.value.problems), str(caught.value)
    assert all(problem.place and problem.place.line for problem in caught.value.problems)


def test_a_mistake_in_a_replaced_file_is_told_at_its_place(tmp_path):
    pack = graduate_pack(tmp_path)
    limits = pack / "editions" / "2013" / "limits.yaml"
    text = limits.read_text(encoding="utf-8")
    limits.write_text(text.replace("graduate_pass_mark:", "graduate_pas_mark:"), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(pack)
    assert any("graduate_pass_mark" in problem.message for problem in caught.value.problems)
