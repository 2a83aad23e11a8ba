"""A record is judged by the edition that applies to it; an edition is never applied beyond its time."""

import json
import shutil
from pathlib import Path

import pytest

from bylaw.analysis.coverage import cover
from bylaw.cli.main import main
from bylaw.engine.editions import open_engine
from bylaw.errors import PolicyError, SolveError
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records

pytestmark = pytest.mark.long

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


@pytest.fixture(scope="module", autouse=True)
def checked_packs_are_kept(tmp_path_factory):
    """Check each pack of these tests once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BYLAW_CACHE", str(tmp_path_factory.mktemp("kept")))
        yield


@pytest.fixture(scope="module")
def editioned(tmp_path_factory) -> Path:
    """The graduate instructions with an invented later edition; not to be changed."""
    return graduate_pack(tmp_path_factory.mktemp("editioned"))


@pytest.fixture(scope="module")
def gapped(tmp_path_factory) -> Path:
    """The same with a year between the two editions; not to be changed."""
    return with_gap(graduate_pack(tmp_path_factory.mktemp("gapped")))


@pytest.fixture(scope="module")
def yearly(tmp_path_factory) -> Path:
    """The MD regulations with an invented edition from 2021; not to be changed."""
    return yearly_pack(tmp_path_factory.mktemp("yearly"))


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
def test_the_term_of_admission_decides_the_edition(editioned, tmp_path, capsys, term, edition, passed):
    record = student(tmp_path, "G1", term)
    decided = told(capsys, "decide", "G1", "-p", editioned, "-r", record)
    assert decided["edition"] == edition
    policy = load_policy(editioned)
    records = load_records(policy, record)
    engine = open_engine(policy)
    atoms = {a.name for a in engine.applying(records, "G1").decide(records, "G1").atoms}
    limit = engine.applying(records, "G1").policy.limits["graduate_pass_mark"].value
    assert limit == (7000 if passed else 7500)
    assert "first_enrolled" in atoms


def test_the_explanation_cites_the_limit_of_the_edition(editioned, tmp_path, capsys):
    record = student(tmp_path, "G1", 20131)
    assert main(["facts", "G1", "-p", str(editioned), "-r", str(record)]) == 0
    assert "limit(graduate_pass_mark,7500)." in capsys.readouterr().out


@pytest.mark.parametrize("term", [20051, 20211])
def test_outside_every_edition_nothing_is_decided(tmp_path, capsys, term):
    pack = graduate_pack(tmp_path)
    record = student(tmp_path, "G1", term)
    assert main(["decide", "G1", "-p", str(pack), "-r", str(record)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"record `G1`: no edition of annajah-graduate applies: students.first_enrolled is {term}" in (
        printed.err
    )
    assert f"at {record}:5" in printed.err
    assert "edition 2008-2009 is in force from 20081 to 20123" in printed.err
    assert "edition 2013 is in force from 20131 to 20203" in printed.err


ADMITTED = {"G1": 20051, "G2": 20121, "G3": 20123, "G4": 20131}


def cohort(tmp_path: Path, admitted: dict[str, int]) -> Path:
    """Return a cohort of invented students with three courses at 72 percent each."""
    folder = tmp_path / "cohort"
    folder.mkdir()
    tables = {
        "students": ["student,degree,department,first_enrolled,accepted"]
        + [f"{who},master,Law,{term},{term}" for who, term in admitted.items()],
        "courses": ["student,course,kind,hours"]
        + [f"{who},{course},graduate,3" for who in admitted for course in COURSES],
        "attempts": ["student,course,term,mark"]
        + [f"{who},{course},{term},72" for who, term in admitted.items() for course in COURSES],
    }
    for table, lines in tables.items():
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "cohort.yaml").write_text("synthetic: true\nas_of: 20141\n", encoding="utf-8")
    return folder


def with_gap(pack: Path) -> Path:
    """End the first edition a year before the second begins."""
    manifest = pack / "policy.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace("effective_until: 20123\n", "effective_until: 20113\n"), encoding="utf-8"
    )
    return pack


@pytest.mark.parametrize(
    "words",
    [
        ["decide", "--all"],
        ["decide", "--all", "--format", "json"],
        ["decide", "--all", "--format", "jsonl"],
        ["query", "missing(S,W)"],
    ],
)
def test_admissions_before_the_first_edition_and_in_a_gap_are_all_told_before_anything_else(
    gapped, tmp_path, capsys, words
):
    folder = cohort(tmp_path, ADMITTED)
    assert main([*words, "-p", str(gapped), "-r", str(folder)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    for line, (who, term) in enumerate(ADMITTED.items(), start=2):
        told = f"record `{who}`: no edition of annajah-graduate applies: students.first_enrolled is {term}"
        assert (told in printed.err) == (who != "G4")
        assert (f"at {folder}/students.csv:{line}\n" in printed.err) == (who != "G4")


@pytest.mark.parametrize("command", ["decide", "why", "why-not"])
def test_one_student_in_a_gap_is_refused_by_every_command(gapped, tmp_path, capsys, command):
    folder = cohort(tmp_path, ADMITTED)
    more = [] if command == "decide" else ["degree_complete"]
    assert main([command, "G3", *more, "-p", str(gapped), "-r", str(folder)]) == 2
    assert f"at {folder}/students.csv:4\n" in capsys.readouterr().err
    assert main([command, "G4", *more, "-p", str(gapped), "-r", str(folder)]) == 0


def test_a_cohort_is_decided_student_by_student_and_each_names_its_edition(editioned, tmp_path, capsys):
    folder = cohort(tmp_path, {"G2": 20121, "G4": 20131})
    assert main(["decide", "--all", "-p", str(editioned), "-r", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "editions 2008-2009 and 2013" in text
    assert "G2, by edition 2008-2009\n" in text
    assert "G4, by edition 2013\n" in text
    assert main(["decide", "--all", "-p", str(editioned), "-r", str(folder), "--format", "jsonl"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["edition"], second["edition"]) == ("2008-2009", "2013")
    shown = [
        [c["atom"] for c in one["conclusions"] if c["predicate"] == "transcript_shows"]
        for one in (first, second)
    ]
    assert [len(atoms) for atoms in shown] == [0, 3]
    for one in (first, second):
        assert one == told(capsys, "decide", one["student"], "-p", editioned, "-r", folder)


def test_a_query_sees_each_student_by_its_edition(editioned, tmp_path, capsys):
    folder = cohort(tmp_path, {"G2": 20121, "G4": 20131})
    assert (
        main(["query", "passing_attempt(S,C,T)", "--by", "S", "-p", str(editioned), "-r", str(folder)]) == 0
    )
    assert capsys.readouterr().out.split() == ["S", "count", "G2", "3", "1", "row"]


def test_a_query_does_not_mix_the_limits_of_editions(editioned, tmp_path, capsys):
    folder = cohort(tmp_path, {"G2": 20121, "G4": 20131})
    below = "grade(S,C,T,G), limit(graduate_pass_mark,L), G < L"
    assert main(["query", below, "-p", str(editioned), "-r", str(folder)]) == 2
    assert "`limit` is not the same in the editions `2008-2009` and `2013`" in capsys.readouterr().err
    assert (
        main(["query", "student(S), known_track(X)", "--count", "-p", str(editioned), "-r", str(folder)]) == 0
    )
    assert capsys.readouterr().out.split()[0] == "4"


@pytest.mark.parametrize(("term", "rows"), [(20121, "0 rows"), (20131, "3 rows")])
def test_a_query_of_students_of_one_edition_has_its_limits(editioned, tmp_path, capsys, term, rows):
    folder = cohort(tmp_path, {"G9": term})
    below = "grade(S,C,T,G), limit(graduate_pass_mark,L), G < L"
    assert main(["query", below, "-p", str(editioned), "-r", str(folder)]) == 0
    assert rows in capsys.readouterr().out


def test_the_letter_names_the_edition_and_its_limit(editioned, tmp_path, capsys):
    folder = cohort(tmp_path, {"G2": 20121, "G4": 20131})
    assert main(["why", "G4", "transcript_shows(LAW501)", "-p", str(editioned), "-r", str(folder)]) == 0
    letter = " ".join(capsys.readouterr().out.split())
    assert "less than 75.00 %, the mark from which a graduate course is passed" in letter
    assert "edition 2013" in letter
    assert main(["why-not", "G2", "transcript_shows(LAW501)", "-p", str(editioned), "-r", str(folder)]) == 0
    letter = " ".join(capsys.readouterr().out.split())
    assert "at least 70.00 %, the mark from which a graduate course is passed" in letter
    assert "edition 2008-2009" in letter


def test_show_says_which_edition_it_shows_and_which_others_there_are(editioned, capsys):
    pack = str(editioned)
    assert main(["show", "graduate_pass_mark", "-p", pack]) == 0
    first = capsys.readouterr().out
    assert "Limit graduate_pass_mark = 70.00 %" in first
    assert "This is edition 2008-2009, in force from 20081 to 20123." in first
    assert "`--edition 2013`: edition 2013 is in force from 20131 to 20203." in first
    assert main(["show", "graduate_pass_mark", "-p", pack, "--edition", "2013"]) == 0
    assert "Limit graduate_pass_mark = 75.00 %" in capsys.readouterr().out
    assert told(capsys, "show", "graduate_pass_mark", "-p", pack, "--edition", "2013")["edition"] == "2013"
    assert main(["show", "graduate_pass_mark", "-p", pack, "--edition", "2012"]) == 2
    assert "has no edition `2012`" in capsys.readouterr().err


def test_a_page_is_of_one_edition_and_names_the_others(editioned, capsys):
    pack = str(editioned)
    assert main(["page", "-p", pack, "--edition", "2013"]) == 0
    page = capsys.readouterr().out
    assert "edition 2008-2009 is in force from 20081 to 20123 and edition 2013 is in force from" in page
    assert "- `graduate_pass_mark`: 75.00 %." in page
    assert main(["page", "-p", pack]) == 0
    assert "- `graduate_pass_mark`: 70.00 %." in capsys.readouterr().out


CASE = """
- name: 72 percent {outcome} in {term}
  record:
    students: [{{student: E1, degree: master, department: Law, first_enrolled: {term}, accepted: {term}}}]
    courses: [{{course: LAW501, kind: graduate, hours: 3}}]
    attempts: [{{course: LAW501, term: {term}, mark: 72}}]
  expect:
    transcript_shows(LAW501,{term},_): {expected}
"""


def test_a_case_is_judged_by_the_edition_that_its_record_calls_for(tmp_path, capsys):
    pack = graduate_pack(tmp_path)
    (pack / "cases" / "item_01_year.yaml").write_text(
        CASE.format(outcome="pass", term=20121, expected="absent")
        + CASE.format(
            outcome="fail", term=20131, expected="{because: [10.B.s2], value: {average_now: 72.000}}"
        ),
        encoding="utf-8",
    )
    assert main(["test", str(pack), "-k", "72 percent"]) == 0
    capsys.readouterr()
    manifest = pack / "policy.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("effective_from: 20131", "effective_from: 20132"), encoding="utf-8")
    assert main(["test", str(pack), "-k", "72 percent"]) == 1
    failed = capsys.readouterr().out
    assert "72 percent fail in 20131" in failed
    assert "no edition of annajah-graduate applies: students.first_enrolled is 20131" in failed
    assert "72 percent pass in 20121" not in failed


def test_coverage_counts_the_cases_of_the_edition_that_it_is_of(tmp_path):
    pack = graduate_pack(tmp_path)
    for file in (pack / "cases").iterdir():
        file.write_text("[]\n", encoding="utf-8")
    (pack / "cases" / "item_01_year.yaml").write_text(
        CASE.format(outcome="fail", term=20131, expected="{because: [10.B.s2]}"), encoding="utf-8"
    )
    found = cover(load_policy(pack), processes=1)
    assert (found.cases, found.failing) == (1, ())
    assert not any(one.decided for one in found.provisions)


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


def failed_twice(tmp_path: Path) -> Path:
    """Return the record of an invented student with the same nine failed hours in 2020 and in 2021."""
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
    return record


def test_each_year_is_judged_by_the_edition_in_force_in_it(yearly, tmp_path):
    policy = load_policy(yearly)
    records = load_records(policy, failed_twice(tmp_path))
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


def test_a_query_sees_each_year_by_the_edition_in_force_in_it(yearly, tmp_path, capsys):
    record = str(failed_twice(tmp_path))
    assert main(["query", "year_outcome(S,Y,failed)", "-p", str(yearly), "-r", record]) == 0
    assert capsys.readouterr().out.split()[:4] == ["S", "Y", "S9002", "2020/21"]
    assert main(["query", "resit_right(S,Y,C)", "--by", "Y", "-p", str(yearly), "-r", record]) == 0
    assert "2021/22" in capsys.readouterr().out
    assert main(["query", "limit(resit_hours_first_year,L)", "-p", str(yearly), "-r", record]) == 2
    assert "`limit` is not the same in the editions `2019` and `2021`" in capsys.readouterr().err


@pytest.mark.long
def test_a_batch_is_judged_year_by_year_as_each_student_alone(yearly):
    policy = load_policy(yearly)
    records = load_records(policy, ROOT / "facts" / "hebron-md" / "cohort-2019")
    engine = open_engine(policy)
    some = [
        subject
        for subject in records.subjects
        if all(fact.args[1] >= 2019 for fact in records.facts(subject) if fact.predicate == "placed")
    ][:4]
    together = list(engine.decide_all(records, some, batch=3))
    assert [one.subject for one in together] == some
    editions = set()
    for one in together:
        alone = engine.decide(records, one.subject)
        assert (one.conclusions, one.findings, one.edition) == (
            alone.conclusions,
            alone.findings,
            alone.edition,
        )
        editions.add(one.edition)
    assert any("; " in one for one in editions)


def test_a_year_before_every_edition_is_refused(yearly, tmp_path):
    policy = load_policy(yearly)
    source = ROOT / "facts" / "hebron-md" / "cases" / "failed_by_hours.yaml"
    record = tmp_path / "record.yaml"
    record.write_text(source.read_text(encoding="utf-8").replace("2020", "2017"), encoding="utf-8")
    records = load_records(policy, record)
    with pytest.raises(SolveError, match="no edition of hebron-md applies: the present is 2017") as caught:
        open_engine(policy).decide(records, "S9002")
    (problem,) = caught.value.problems
    assert problem.subject == "S9002"
    assert problem.place is not None
    assert "2017" in record.read_text(encoding="utf-8").splitlines()[(problem.place.line or 0) - 1]


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
        (
            ("effective_from: 20131", "effective_from: 2013-09-01"),
            "`effective_from` is a whole number, as `students.first_enrolled` is",
        ),
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
