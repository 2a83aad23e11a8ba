"""Foreign tables read through a mapping: names, codes, digits, parts; nothing is left out silently."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.errors import RecordError
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.tables.dates import date_form
from bylaw.tables.values import plain_text
from sources import tables_of, write_sqlite, write_xlsx

TESTS = Path(__file__).parent
COHORT = TESTS / "good" / "records" / "cohort"

FOREIGN = {
    "PERSONS.csv": (
        "ID,NAME,JOINED,STATUS,ACTIVE\n12345,Nobody One,30/09/2020,N,1\n77,Nobody Two,01-02-2019,S,\n"
    ),
    "RESULTS.csv": (
        "PERSON,DEPT,NUMB,TERM,GRADE\n"
        "0012345,00,17,202010,A\n"
        "0012345,00,17,202110,61\n"
        "77,00,17,202010,W\n"
        "77,00,17,202110,X\n"
    ),
}
MAPPING = """\
policy: records-lab
synthetic: true
title: a foreign export
tables:
  members:
    from: PERSONS.csv
    columns:
      member: {from: ID, digits: 7}
      joined: {from: JOINED, date: DD/MM/YYYY}
      kind: {from: STATUS, values: {N: new, S: senior}}
      active: {from: ACTIVE, values: {"1": "yes", "0": "no"}}
    ignored: [NAME]
  declarations:
    from: persons
    columns:
      member: {from: id, digits: 7}
      signed: {value: 2021-02-01}
    ignored: [NAME]
  tests:
    from: RESULTS.csv
    columns:
      member: {from: PERSON, digits: 7}
      device: {from: [DEPT, NUMB]}
      year: {from: TERM, values: {"202010": 2020, "202110": 2021}}
      score: {from: GRADE, values: {A: 95, "61": 61}}
    except: {GRADE: [W]}
    ignored_rows: {GRADE: [W]}
"""


@pytest.fixture(scope="module")
def lab() -> Policy:
    return load_policy(TESTS / "packs" / "records-lab")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    for name, text in FOREIGN.items():
        (tmp_path / "export" / name).write_text(text, encoding="utf-8")
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path / "export"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems(policy: Policy, source: Path, mapping: Path) -> list[str]:
    with pytest.raises(RecordError) as caught:
        load_records(policy, source, mapping=mapping)
    base = f"{source.parent}/"
    return [str(problem).replace(base, "") for problem in caught.value.problems]


def mend(source: Path) -> Path:
    """Make the export one that the mapping reads."""
    change(source / "PERSONS.csv", "01-02-2019", "1/2/2019")
    change(source / "RESULTS.csv", "77,00,17,202110,X\n", "")
    return source.parent / "m.yaml"


def test_names_codes_digits_and_parts_are_read(lab: Policy, source: Path) -> None:
    records = load_records(lab, source, mapping=mend(source))
    assert (records.subjects, records.synthetic, records.title) == (
        ("0000077", "0012345"),
        True,
        "a foreign export",
    )
    assert [str(fact) for fact in records.facts("0012345")] == [
        'member("0012345")',
        'joined("0012345",737698,fresh)',
        'active("0012345",yes)',
        'declared("0012345",737822)',
        'tested("0012345","0017",2020,95)',
        'tested("0012345","0017",2021,61)',
        "now(2021)",
    ]
    rows = {str(fact): str(fact.row) for fact in records.facts("0012345")}
    assert rows['tested("0012345","0017",2021,61)'] == f"{source / 'RESULTS.csv'}:3"
    assert records.counts == {"members": 2, "declarations": 2, "tests": 2}


def test_a_cell_that_cannot_be_translated_is_refused_at_its_place(lab: Policy, source: Path) -> None:
    assert problems(lab, source, source.parent / "m.yaml") == [
        "error: record `0000077`: `joined` is `01-02-2019`, which is not written `DD/MM/YYYY`\n"
        "  at export/PERSONS.csv:3:15, column `joined`",
        "error: record `0000077`: `score` is `X`, which the mapping does not translate\n"
        "  at export/RESULTS.csv:5:17, column `score`\n"
        "  help: add it to `values` in m.yaml:25",
    ]


def test_no_column_row_or_table_is_left_out_silently(lab: Policy, source: Path) -> None:
    mapping = mend(source)
    change(mapping, "    ignored_rows: {GRADE: [W]}\n", "")
    text = mapping.read_text(encoding="utf-8").replace("    ignored: [NAME]\n", "")
    mapping.write_text(text, encoding="utf-8")
    (source / "FEES.csv").write_text("A\n1\n", encoding="utf-8")
    assert problems(lab, source, mapping) == [
        "error: column `NAME` of file `PERSONS.csv` is neither taken nor ignored\n"
        "  at export/PERSONS.csv:1:4\n"
        "  help: take it under `columns`, or list it under `ignored` in m.yaml",
        "error: no table takes this row of `RESULTS.csv`\n"
        "  at export/RESULTS.csv:4\n"
        "  help: widen `only` or `except`, or list it under `ignored_rows` in m.yaml",
        "error: file `FEES.csv` of export is neither taken nor ignored\n"
        "  at m.yaml:5:3\n"
        "  help: take it under `tables`, or list it under `ignored_tables` in m.yaml",
    ]
    change(mapping, "tables:\n", "ignored_tables: ['FEE*']\ntables:\n")
    assert not any("FEES" in one for one in problems(lab, source, mapping))


WRONG = {
    "      member: {from: ID, digits: 7}\n": [
        ("      membre: ID\n", "`membre` is not a column of `members`", "did you mean `member`?"),
        ("", "`member` of `members` has no source", "`member: COLUMN`, or `member: {value: ...}`"),
        ("      member:\n", "`member` is not decided", "name a column of the source"),
        ("      member: {form: ID}\n", "`form` is not a key of `member`", "did you mean `from`?"),
        ("      member: {from: ID, value: X}\n", "`member` has `from` or `value`, one of them", None),
        ("      member: {from: ID, digits: 0}\n", "`digits` is a whole number from 1 to 100", None),
        ("      member: {from: ID, digits: 7, values: {a: b}}\n", "`values` and `digits` do not go", None),
        ("      member: {from: IDD}\n", "`IDD` is not a column of file `PERSONS.csv`", "did you mean `ID`?"),
    ],
    "date: DD/MM/YYYY": [
        ("date: DD/MM/YY", "`date` says how days are written", "such as `DD/MM/YYYY` or `DD-MON-YYYY`"),
        ("digits: 3", "`joined` is no text, so it has no `digits` to keep", "leave it out"),
    ],
    "values: {N: new, S: senior}": [
        ("values: {N: new, S: old}", "`kind` is `old`, which is none of its values", None),
        ("values: []", "`values` is a map from what the source has to what it means", None),
    ],
    "score: {from: GRADE, values: {A: 95, ": [
        ("score: {from: GRADE, values: {A: 950, ", "`score` is 950; the highest is 100", None),
    ],
    "    from: PERSONS.csv\n": [
        ("    from: PERSON.csv\n", "there is no file `PERSON.csv` in", "did you mean `PERSONS.csv`?"),
        ("    form: PERSONS.csv\n", "`form` is not a key of `members`", "did you mean `from`?"),
        ("    from: PERSONS.csv\n    undecided: [X]\n", "column `X` of `PERSONS.csv` is not decided", None),
    ],
    "    except: {GRADE: [W]}\n": [
        ("    except: [W]\n", "`except` is a map from columns to what they hold", None),
        ("    only: {GRAD: W}\n", "`GRAD` is not a column of file `RESULTS.csv`", "did you mean `GRADE`?"),
    ],
    "policy: records-lab\n": [
        ("policy: other\n", "the records are for policy `other`, not for `records-lab`", None),
        ("undecided_tables: [T]\n", "table `T` is not decided", None),
        ("polic: records-lab\n", "`polic` is not a key of this file", "did you mean `policy`?"),
    ],
    "  members:\n": [
        ("  member:\n", "`member` is no table of a record", "did you mean `members`?"),
        ("  devices:\n", "`devices` is no table of a record", "it comes with the pack"),
    ],
}


@pytest.mark.parametrize(
    ("old", "new", "message", "help_line"),
    [(old, new, *rest) for old, ways in WRONG.items() for new, *rest in ways],
)
def test_a_mapping_that_is_wrong_says_where(
    lab: Policy, source: Path, old: str, new: str, message: str, help_line: str | None
) -> None:
    mapping = mend(source)
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = problems(lab, source, mapping)
    (one,) = [problem for problem in found if message in problem]
    assert "\n  at m.yaml:" in one
    assert help_line is None or f"\n  help: {help_line}" in one


def test_one_table_may_come_from_several_files(lab: Policy, source: Path) -> None:
    mapping = mend(source)
    (source / "MORE.csv").write_text("PERSON,DEPT,NUMB,TERM,GRADE\n77,00,17,202010,61\n", encoding="utf-8")
    text = mapping.read_text(encoding="utf-8")
    head, part = text.split("  tests:\n")
    first = "    - " + part.removeprefix("    ").replace("\n    ", "\n      ").rstrip() + "\n"
    mapping.write_text(f"{head}  tests:\n{first}{first.replace('RESULTS', 'MORE')}", encoding="utf-8")
    records = load_records(lab, source, mapping=mapping)
    assert 'tested("0000077","0017",2020,61)' in {str(fact) for fact in records.facts("0000077")}
    (source / "MORE.csv").write_text("PERSON,DEPT,NUMB,TERM,GRADE\n12345,00,17,202010,61\n", encoding="utf-8")
    (problem,) = problems(lab, source, mapping)
    assert problem.endswith(
        f"help: the first one is on {source / 'RESULTS.csv'}:2".replace(f"{source.parent}/", "")
    )


@pytest.mark.parametrize("kind", ["xlsx", "db"])
def test_a_mapping_reads_workbooks_and_databases(lab: Policy, tmp_path: Path, kind: str) -> None:
    tables = tables_of(lab, COHORT)
    foreign = {f"T_{name}": ([c.upper() for c in header], rows) for name, (header, rows) in tables.items()}
    write = write_xlsx if kind == "xlsx" else write_sqlite
    write(tmp_path / f"c.{kind}", foreign)
    mapping = tmp_path / "m.yaml"
    lines = ["tables:"]
    for name, (header, _) in tables.items():
        lines += [f"  {name}:", f"    from: T_{name}", "    columns:"]
        lines += [f"      {column}: {column.upper()}" for column in header]
    mapping.write_text("\n".join(lines) + "\n", encoding="utf-8")
    records = load_records(lab, tmp_path / f"c.{kind}", mapping=mapping)
    assert records.digest_all == load_records(lab, COHORT).digest_all


def test_digits_give_numbers_of_a_workbook_back_their_zeros(lab: Policy, tmp_path: Path) -> None:
    tables = {
        "members": (["member", "joined", "kind"], [[12345, "2020-01-01", "new"], [1.5, "2020-01-01", "new"]]),
        "declarations": (["member", "signed"], [[12345, "2020-01-01"]]),
    }
    write_xlsx(tmp_path / "c.xlsx", tables)
    (tmp_path / "m.yaml").write_text(
        "tables:\n"
        "  members: {columns: {member: {from: member, digits: 7}, joined: joined, kind: kind}}\n"
        "  declarations: {columns: {member: {from: member, digits: 4}, signed: signed}}\n",
        encoding="utf-8",
    )
    assert problems(lab, tmp_path / "c.xlsx", tmp_path / "m.yaml") == [
        "error: `member` is `12345`, which has more than 4 digits\n"
        "  at c.xlsx declarations!A2, column `member`",
        "error: `member` is `1.5`, which is not made of digits\n  at c.xlsx members!A3, column `member`",
    ]


def test_forms_of_days() -> None:
    for form, text, day in (
        ("DD/MM/YYYY", "3/9/2021", "2021-09-03"),
        ("DD-MON-YYYY", "03-sep-2021", "2021-09-03"),
        ("YYYYMMDD", "20210903", "2021-09-03"),
        ("DD.MM.YYYY", "03/09/2021", None),
        ("DD-MON-YYYY", "03-xyz-2021", None),
    ):
        found = date_form(form)
        assert found is not None
        assert found.iso(text) == day
    assert [date_form(text) for text in ("", "YYYY-MM", "DD/MM/YY", "DD/MM/MM/YYYY", "DDaMM/YYYY")] == [
        None
    ] * 5


def test_commands_take_a_mapping_as_an_option_and_from_the_defaults(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = mend(source)
    pack = str(TESTS / "packs" / "records-lab")
    words = ["facts", "0012345", "-p", pack]
    assert main([*words, "-r", str(source), "--mapping", str(mapping)]) == 0
    printed = capsys.readouterr().out
    assert 'tested("0012345","0017",2021,61).' in printed
    (source.parent / "bylaw.toml").write_text(
        f'[bylaw]\npolicy = "{pack}"\nrecords = "export"\nmapping = "m.yaml"\n', encoding="utf-8"
    )
    monkeypatch.chdir(source)
    assert main(["facts", "0012345"]) == 0
    assert 'tested("0012345","0017",2021,61).' in capsys.readouterr().out
    assert main(["facts", "A1", "-r", str(COHORT)]) == 0, "the mapping is of the records beside it only"


def test_a_receipt_names_the_mapping_and_replay_uses_it(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    mapping = str(mend(source))
    options = ["-p", str(TESTS / "packs" / "records-lab")]
    receipt = source.parent / "receipt.json"
    words = ["decide", "0012345", "--receipt", str(receipt), *options, "-r", str(source)]
    assert main([*words, "--mapping", mapping]) in (0, 3)
    assert json.loads(receipt.read_text(encoding="utf-8"))["records"]["mapping"] == mapping
    capsys.readouterr()
    assert main(["replay", str(receipt)]) == 0
    change(source / "RESULTS.csv", "202110,61", "202010,61")
    assert main(["replay", str(receipt)]) == 2


def test_a_condition_does_not_guess_what_a_formula_shows(lab: Policy, tmp_path: Path) -> None:
    tables = {
        "members": (["member", "joined", "kind"], [["A1", "2020-01-01", "new"], ["A2", "2020-01-01", "=A1"]]),
        "declarations": (["member", "signed"], [["A1", "2020-01-01"]]),
    }
    write_xlsx(tmp_path / "c.xlsx", tables)
    (tmp_path / "m.yaml").write_text(
        "tables:\n"
        "  members:\n"
        "    except: {kind: [gone]}\n"
        "    columns: {member: member, joined: joined, kind: {value: new}}\n"
        "  declarations: {columns: {member: member, signed: signed}}\n",
        encoding="utf-8",
    )
    assert problems(lab, tmp_path / "c.xlsx", tmp_path / "m.yaml") == [
        "error: `kind` holds a formula\n  at c.xlsx members!A3:C3\n"
        "  help: paste the values over it: what it shows may be out of date"
    ]


def test_codes_are_known_by_their_shortest_form() -> None:
    for value, text in (
        (Decimal("62.50"), "62.5"),
        (Decimal("3.00"), "3"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "-0"),
        (1e300, "1" + "0" * 300),
        (Decimal("0.12345678901234567890123456789012345"), "0.12345678901234567890123456789012345"),
        (1e-7, "0.0000001"),
        (12.1, "12.1"),
        (True, "true"),
        (None, ""),
        (" A ", "A"),
        (date(2021, 9, 3), "2021-09-03"),
    ):
        assert plain_text(value) == text


def test_the_rows_of_a_source_add_up(lab: Policy, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two persons and three results are read, one result is ignored; a person feeds two tables."""
    out = source.parent / "out"
    words = ["-p", str(TESTS / "packs" / "records-lab"), "-r", str(source), "--mapping", str(mend(source))]
    assert main(["import", "run", *words, "-o", str(out)]) == 0
    assert capsys.readouterr().err == f"5 rows read, 4 used, 1 ignored; 2 records, 6 rows: {out}\n"
    written = [path.read_text(encoding="utf-8").splitlines() for path in out.glob("*.csv")]
    assert sum(len(lines) - 1 for lines in written) == 6
