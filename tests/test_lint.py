"""`bylaw lint`: each code is found where it is due, and nowhere in the packs of this repository."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bylaw.analysis.lint.findings import CODES, Finding
from bylaw.analysis.lint.mending import mend
from bylaw.analysis.lint.run import lint_pack
from bylaw.cli.main import main
from bylaw.errors import Place
from bylaw.policy.packs import shipped_packs
from bylaw.report import lint_report

ROOT = Path(__file__).parent.parent
LOANS = ROOT / "tests" / "packs" / "library-loans"
TEST_PACKS = sorted(path.parent for path in (ROOT / "tests" / "packs").glob("*/policy.yaml"))
LENDING, FINES, BORROWING = "rules/par_1_lending.lp", "rules/par_3_fines.lp", "rules/par_4_borrowing.lp"

EXAMPLES: dict[str, tuple[str, str, str, list[str]]] = {
    # code: the file, what is written there, what stands there then, and the lines of the linter
    "L001": ("limits.yaml", "value: 21", "valeu: 21", ["limits.yaml:12:3", "limits.yaml:13:5"]),
    "L002": (BORROWING, "lost(M, I) :-", "%! L101\nlost(M, I) :-", [f"{BORROWING}:12:1"]),
    "L010": (LENDING, "%@ 1.A\n", "", [f"{LENDING}:6:1"]),
    "L011": (LENDING, "%@ 2.A", "%@ 2.B.1", [f"{LENDING}:18:1"]),
    "L012": (LENDING, "member(M, adult)", "membre(M, adult)", [f"{LENDING}:7:20"]),
    "L013": (LENDING, "limit(items_adult, N)", "limit(items_adults, N)", [f"{LENDING}:7:44"]),
    "L014": ("provisions.yaml", "status: not-computational\n", "status: encoded\n", []),
    "L015": ("limits.yaml", "limits:\n", "limits:\n  idle: {value: 6, provision: 1.A, says: idle}\n", []),
    "L016": ("readings.yaml", "      free:", "      half: half\n      free:", ["readings.yaml:2:3"]),
    "L017": (
        "vocabulary.yaml",
        "  may_borrow:\n",
        "  may_browse: {args: {member: member}, role: conclusion, says: x}\n  may_borrow:\n",
        ["vocabulary.yaml:94:3"],
    ),
    "L018": (BORROWING, "in_debt(M) :- ", "in_debt(M) :- not may_borrow(M), ", [f"{BORROWING}:7:19"]),
    "L019": (BORROWING, "barred(M, debt) :- in_debt(M).", "barred(M, debt) :- in_debt(_).", []),
    "L020": (LENDING, "member(M, adult)", "member(M, adul)", [f"{LENDING}:7:30"]),
    "L101": (BORROWING, "N >= Max.", "N >= Max, N > 60.", [f"{BORROWING}:12:96"]),
    "L102": (FINES, "A, I, B : fine", "A : fine", [f"{FINES}:35:16"]),
    "L103": (LENDING, "loan(M, I, _)", "loan(M, I, B)", [f"{LENDING}:15:36"]),
    "L104": (BORROWING, "items_out(M, N), allowance(M, Max), N < Max.", "allowance(M, _).", []),
    "L105": (FINES, "% Children pay no fines.\n", "", [f"{FINES}:17:1"]),
    "L106": (LENDING, "due/4", "due/3", [f"{LENDING}:3:25"]),
    "L107": (
        "vocabulary.yaml",
        '    says_not: "{member} is not kept from borrowing: {ground}"\n',
        "",
        ["vocabulary.yaml:80:3"],
    ),
    "L108": (
        "vocabulary.yaml",
        "    values: {debt: the debt is too high, loss: an item is lost}\n",
        "    values: {debt: a debt, loss: a loss, theft: a theft}\n    best_first: [debt, loss, theft]\n",
        ["vocabulary.yaml:81:3"],
    ),
    "L109": (LENDING, "allowance(M, N) :- member(M, adult)", "allowance(M,N):-member(M, adult)", []),
}


@pytest.fixture
def loans(tmp_path, monkeypatch):
    """The pack of the library, in a folder where it may be changed."""
    shutil.copytree(LOANS, tmp_path / "loans")
    monkeypatch.chdir(tmp_path)
    return Path("loans")


def change(pack: Path, file: str, old: str, new: str) -> None:
    text = (pack / file).read_text(encoding="utf-8")
    assert old in text, f"{file} has no `{old}`"
    (pack / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def told(findings: list[Finding], code: str) -> list[str]:
    return [str(one.place).removeprefix("loans/") for one in findings if one.code == code]


def test_every_code_has_an_example_and_its_paragraph():
    page = (ROOT / "docs" / "reference" / "lint.md").read_text(encoding="utf-8")
    assert list(EXAMPLES) == list(CODES)
    assert re.findall(r"^### (L\d{3}): ", page, re.MULTILINE) == list(CODES)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_code_is_found(loans, code):
    file, old, new, places = EXAMPLES[code]
    change(loans, file, old, new)
    findings = lint_pack(loans)
    found = told(findings, code)
    assert found
    assert all(place.startswith(file) or not places for place in found)
    if places:
        assert found == places


@pytest.mark.parametrize("pack", TEST_PACKS, ids=lambda path: path.name)
def test_the_packs_of_the_tests_are_clean(pack):
    assert list(lint_report.text(lint_pack(pack))) == []


@pytest.mark.long
@pytest.mark.parametrize("pack", shipped_packs())
def test_the_packs_that_ship_are_clean(pack):
    assert list(lint_report.text(lint_pack(pack))) == []


def test_a_pack_that_does_not_load_is_linted_all_the_same(loans):
    change(loans, LENDING, "%@ 1.A\n", "")
    change(loans, FINES, "A, I, B : fine", "A : fine")
    change(loans, BORROWING, "% Who is not barred", "% Who is  not barred")
    change(loans, "vocabulary.yaml", "role: finding", "rol: finding")
    codes = {one.code for one in lint_pack(loans)}
    assert codes >= {"L001", "L010", "L102"}


@pytest.mark.parametrize(
    "free",
    [
        "N >= 0",
        "N > 1",
        "N + 1 > Max",
        "N = -1",
        "2 * N > Max",
        "N / 7 > Max",
        "(N + 50) / 100 > Max",
        "N \\ 2 = 0",
        "#sum { 10, K : loan(M, K, _) } > Max",
    ],
)
def test_structure_is_no_number_of_the_text(loans, free):
    change(loans, BORROWING, "N >= Max.", f"N >= Max, {free}.")
    assert told(lint_pack(loans), "L101") == []


@pytest.mark.parametrize("stray", ["N > 2", "N + 2 > Max", "N * 3 > Max", "N = 4..Max", "(N + 5) / 2 > Max"])
def test_numbers_of_the_text_are_found(loans, stray):
    change(loans, BORROWING, "N >= Max.", f"N >= Max, {stray}.")
    assert len(told(lint_pack(loans), "L101")) == 1


@pytest.mark.parametrize(
    ("element", "keyless"),
    [
        ("#sum { A : fine(M, I, B, A) }", True),
        ("#sum { A, fine : fine(M, I, B, A) }", True),
        ("#sum { 1 : fine(M, I, B, A) }", True),
        ("#count { A : fine(M, I, B, A) }", True),
        ("#sum { A, I : fine(M, I, _, A) }", False),
        ("#count { I : fine(M, I, _, _) }", False),
        ("#max { A : fine(M, _, _, A) }", False),
    ],
)
def test_keys_of_aggregates(loans, element, keyless):
    change(loans, FINES, "#sum { A, I, B : fine(M, I, B, A) }", element)
    assert bool(told(lint_pack(loans), "L102")) is keyless


def test_names_that_begin_with_an_underscore_are_meant(loans):
    change(loans, LENDING, "loan(M, I, _)", "loan(M, I, _Day)")
    assert lint_pack(loans) == []


@pytest.mark.parametrize("where", ["above", "beside", "head"])
def test_an_exception_with_its_reason_is_one(loans, where):
    text = "N >= Max, N > 60."
    change(loans, BORROWING, "N >= Max.", f"{text}  %! L101: as agreed" if where == "beside" else text)
    if where == "above":
        change(loans, BORROWING, "%@ 4.B", "%! L101: as agreed\n%@ 4.B")
    elif where == "head":
        change(loans, BORROWING, "%%% Uses", "%! L101: as agreed\n%%% Uses")
    assert lint_pack(loans) == []


def test_an_exception_is_for_its_rules_only(loans):
    change(loans, BORROWING, "N >= Max.", "N >= Max, N > 60.")
    change(loans, BORROWING, "%@ 4.A", "%! L101: as agreed\n%@ 4.A")
    assert len(told(lint_pack(loans), "L101")) == 1


def test_what_is_mended_keeps_the_rest(loans):
    before = (loans / LENDING).read_text()
    change(loans, LENDING, "loan(M, I, _)", "loan(M,I,_)")
    change(loans, LENDING, "due/4", "due/3, gone/1")
    findings = lint_pack(loans)
    assert {one.code for one in mend(findings)} == {"L106", "L109"}
    assert (loans / LENDING).read_text() == before
    assert lint_pack(loans) == []


def test_a_variable_that_stands_once_is_mended_where_no_letter_tells_it(tmp_path):
    pack = tmp_path / "lab"
    shutil.copytree(ROOT / "tests" / "packs" / "advice-lab", pack)
    actions = pack / "actions.lp"
    text = actions.read_text()
    assert "L103" not in {one.code for one in lint_pack(pack)}
    actions.write_text(text + "\n%@ none: never\nopen_now(S) :- year(S, Y).\n")
    assert [one.code for one in mend(lint_pack(pack))] == ["L103"]
    assert actions.read_text() == text + "\n%@ none: never\nopen_now(S) :- year(S, _).\n"


def test_amendments_are_linted_with_their_pack(loans):
    (loans / "amendments").mkdir()
    (loans / "amendments" / "more.yaml").write_text(
        "id: more\ntitle: More\nsummary: More.\nrepeal: [4.B]\nrules: [more.lp]\n"
    )
    (loans / "amendments" / "more.lp").write_text(
        "%@ 4.B\nlost(M, I) :- late(M, I, B, N), not returned(M, I, B, _), N > 60.\n"
        "lost(M, I) :- lost_by(M, I).\n"
    )
    assert [(one.code, str(one.place)) for one in lint_pack(loans)] == [
        ("L105", "loans/amendments/more.lp:2:1"),
        ("L101", "loans/amendments/more.lp:2:63"),
        ("L012", "loans/amendments/more.lp:3:15"),
    ]


def test_text_and_exit_codes(loans, capsys):
    assert main(["lint", "loans"]) == 0
    assert capsys.readouterr() == ("", "nothing found\n")
    change(loans, LENDING, "loan(M, I, _)", "loan(M, I, B)")
    change(loans, FINES, "% Children pay no fines.\n", "")
    assert main(["lint", "loans"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "loans/rules/par_1_lending.lp:15:36 L103 variable `B` stands once in the rule",
        "loans/rules/par_3_fines.lp:17:1 L105 the rule has no sentence above it",
    ]
    assert main(["lint", "loans", "--select", "L103"]) == 1
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["L103"]
    assert main(["lint", "loans", "--ignore", "L103,L105"]) == 0
    assert main(["lint", "loans", "--select", "L9"]) == 2
    assert main(["lint", "nowhere"]) == 2
    (loans / "policy.yaml").write_text("id: 7\n")
    assert main(["lint", "loans"]) == 2


FINDING = Finding("L101", "50% of a,b: c\nd", Place("ru les/é.lp", 3, 7), "mend\r")


def test_annotations_are_escaped():
    assert list(lint_report.github([FINDING])) == [
        "::error file=ru les/é.lp,line=3,col=7,title=L101::50%25 of a,b: c%0Ad: mend%0D"
    ]
    odd = Finding("L001", "x", Place("a:b,c%.lp"))
    assert list(lint_report.github([odd])) == ["::error file=a%3Ab%2Cc%25.lp,title=L001::x"]


def test_sarif_has_what_its_schema_requires():
    log = json.loads(json.dumps(lint_report.sarif([FINDING, Finding("L001", "x", Place("a.lp"))], "1.2.3")))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert driver["name"] == "bylaw lint"
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    for result in run["results"]:
        check_result(result, ids)
    first, second = run["results"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "ru%20les/%C3%A9.lp"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert "region" not in second["locations"][0]["physicalLocation"]


def check_result(result: dict[str, Any], ids: list[str]) -> None:
    assert set(result) <= {"ruleId", "ruleIndex", "level", "message", "locations"}
    assert ids[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in ("none", "note", "warning", "error")
    assert result["message"]["text"]
    for location in result["locations"]:
        region = location["physicalLocation"].get("region", {"startLine": 1})
        assert all(isinstance(value, int) and value >= 1 for value in region.values())
        assert "startLine" in region


def test_json_and_sarif_are_printed(loans, capsys):
    change(loans, LENDING, "loan(M, I, _)", "loan(M, I, B)")
    assert main(["lint", "loans", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "count": 1,
        "findings": [
            {
                "code": "L103",
                "message": "variable `B` stands once in the rule",
                "file": "loans/rules/par_1_lending.lp",
                "line": 15,
                "column": 36,
                "help": "write `_` where one value is reason enough, `_B` where each is a reason",
                "fixable": False,
            }
        ],
    }
    assert main(["lint", "loans", "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"][0]["ruleId"] == "L103"
