"""Loading a pack: what its files become, and which folder a name means."""

import shutil
from pathlib import Path

import pytest

from bylaw.errors import Place, PolicyError
from bylaw.policy import packs
from bylaw.policy.load import load_policy
from bylaw.policy.model import Base, Role, Show, Status
from bylaw.tables.schema import ColumnType, ColumnValue, FactTemplate, Missing
from bylaw.tables.terms import Constant, Fact, Row, Text

PACK = Path(__file__).parent / "packs" / "library-loans"


@pytest.fixture(scope="module")
def library():
    return load_policy(PACK)


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(PACK, tmp_path / "copy"))


def change(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_manifest(library):
    assert (library.id, library.edition, library.effective_from) == ("library-loans", "2", 2022)
    assert (library.subject, library.subject_table) == ("member", "members")
    assert library.clock.predicate == "today"
    assert library.clock.columns == (("loans", "borrowed"), ("loans", "returned"), ("visits", "day"))
    assert library.case_files == ("cases/fines.yaml", "cases/borrowing.yaml")


def test_the_provisions_in_the_order_of_the_text(library):
    assert list(library.provisions)[:3] == ["1", "1.A", "1.B"]
    assert library.provisions["1.D"].cite == "Paragraph 1(D)"
    assert library.provisions["2.B"].status is Status.NOT_COMPUTATIONAL
    assert library.cite("9.Z.s2") == "Paragraph 9(Z), sentence 2"


def test_the_vocabulary(library):
    money, day = library.types["money"], library.types["day"]
    assert (money.base, money.scale, money.unit) == (Base.INTEGER, 2, ("euros", "euros"))
    assert (day.show, day.any) == (Show.DATE, "any day")
    assert library.types["days"].unit == ("day", "days")
    fine = library.predicates["fine"]
    assert (fine.role, fine.arity, fine.args[3]) == (Role.CONCLUSION, 4, ("amount", "money"))
    assert library.predicates["in_debt"].value.bound == "debt_limit"
    assert [p.name for p in library.conclusions()][-1] == "reference_lent"


def test_limits_reach_the_rules_in_their_scale(library):
    assert library.limits["fine_a_day"].value == 25
    assert library.limits["fine_cap"].value == 400
    assert library.limits["loan_days"].value == 21
    assert Fact("limit", (Constant("debt_limit"), 500)) in library.statements()


def test_readings_as_chosen(library):
    free, counted = (
        Fact("reading", (Constant("day_of_return"), Constant(word))) for word in ("free", "counted")
    )
    assert free in library.statements()
    assert counted in library.statements({"day_of_return": "counted"})
    assert list(library.open_questions) == ["second_card"]


def test_the_tables(library):
    payments = library.tables["payments"]
    assert (payments.file, payments.key, payments.pack) == ("payments.csv", ("receipt",), False)
    assert (payments.missing_table, payments.missing_rows) == (Missing.UNKNOWN, Missing.NONE)
    amount = payments.columns["amount"]
    assert (amount.type, amount.scale, amount.minimum, amount.maximum) == (ColumnType.DECIMAL, 2, 1, 50000)
    assert amount.maximum_limit == "payment_cap"
    assert library.tables["members"].columns["group"].choices["grown-up"] == Constant("adult")
    assert library.tables["members"].columns["joined"].minimum == 711858  # 1950-01-01
    loans = library.tables["loans"]
    assert loans.columns["item"].references == ("items", "item")
    assert loans.facts[0].args == tuple(ColumnValue(name) for name in ("member", "item", "borrowed"))


def test_the_tables_of_the_pack_are_facts_with_their_rows(library):
    assert library.tables["items"].provision == "1.C"
    row = Row("items", f"{PACK}/tables/items.csv", 6)
    assert Fact("item_shelf", (Text("0099"), Constant("reference")), row) in library.pack_facts


def test_fixed_arguments_of_templates(copy):
    change(copy, "records.yaml", '"item_title(item, title)"', '"item_title(item, \\"Book\\")"')
    change(copy, "records.yaml", '"item_shelf(item, shelf)"', "\"item_shelf(item, 'lending')\"")
    facts = load_policy(copy).tables["items"].facts
    assert isinstance(facts[0], FactTemplate)
    assert facts[0].args == (ColumnValue("item"), Text("Book"))
    assert facts[1].args == (ColumnValue("item"), Constant("lending"))


def test_the_digest_follows_every_file_and_nothing_else(library, copy):
    assert library.digest.startswith("sha256:")
    assert load_policy(copy).digest == library.digest
    (copy / "README").write_text("not part of the pack")
    assert load_policy(copy).digest == library.digest
    for file in (
        "policy.yaml",
        "limits.yaml",
        "tables/items.csv",
        "rules/par_1_lending.lp",
        "cases/fines.yaml",
    ):
        text = (copy / file).read_text(encoding="utf-8")
        (copy / file).write_text(text + "\n", encoding="utf-8")
        assert load_policy(copy).digest != library.digest, file
        (copy / file).write_text(text, encoding="utf-8")


def test_optional_files_may_be_left_out(copy):
    change(copy, "policy.yaml", "  cases: [cases/fines.yaml, cases/borrowing.yaml]\n", "")
    change(copy, "policy.yaml", "  readings: readings.yaml\n", "")
    change(copy, "rules/par_3_fines.lp", ", reading(day_of_return, free)", "")
    change(copy, "rules/par_3_fines.lp", ", reading(day_of_return, counted)", "")
    policy = load_policy(copy)
    assert policy.case_files == ()
    assert policy.readings == {}


def test_a_pattern_or_bound_may_be_a_number_or_a_date(copy):
    change(copy, "records.yaml", "min: 1950-01-01", "min: 1950-01-01, max: 2100-12-31")
    assert load_policy(copy).tables["members"].columns["joined"].maximum == 767009


def test_a_variable_inside_an_element_is_its_own(copy):
    with (copy / "rules/par_1_lending.lp").open("a") as rules:
        rules.write(
            "%@ 1.A\nallowance(M, N) :- member(M, _), N = #count { X : loan(M, X, _) ; X : loan(M, _, X) }.\n"
        )
    assert load_policy(copy).encoding.rules[4].heads == (("allowance", 2),)


def test_show_of_everything_is_let_through(copy, library):
    shows = "".join(f"#show {p.name}/{p.arity}.\n" for p in library.predicates.values())
    with (copy / "rules/par_1_lending.lp").open("a") as rules:
        rules.write(shows)
    assert load_policy(copy).predicates == load_policy(copy).predicates


def test_problems_are_sorted_by_place_and_hold_no_wording_of_libraries(copy, monkeypatch):
    change(copy, "limits.yaml", "value: 21", "value: [1]")
    change(copy, "provisions.yaml", "status: discretion", "status: [x]")
    change(copy, "policy.yaml", "effective_from: 2022", "effective_from: soon")
    monkeypatch.chdir(copy.parent)
    with pytest.raises(PolicyError) as caught:
        load_policy(Path("copy"))
    assert str(caught.value) == (
        "error: `effective_from` is `soon`; a whole number or a date such as 2024-09-01 is needed\n"
        "  at copy/policy.yaml:5:17"
    )
    change(copy, "policy.yaml", "effective_from: soon", "effective_from: 2022")
    with pytest.raises(PolicyError) as caught:
        load_policy(Path("copy"))
    assert [problem.place for problem in caught.value.problems] == [
        Place("copy/limits.yaml", 13, 12),
        Place("copy/provisions.yaml", 36, 13),
    ]
    assert "Input should be" not in str(caught.value)


def test_a_shipped_pack_is_found_by_its_name(copy, monkeypatch):
    monkeypatch.setattr(packs, "packs_folder", lambda: copy.parent)
    assert packs.shipped_packs() == ["copy"]
    assert load_policy("copy").digest == load_policy(copy).digest
    with pytest.raises(PolicyError, match="there is no policy pack `copi`") as caught:
        load_policy("copi")
    assert caught.value.problems[0].help == "did you mean `copy`?"


@pytest.mark.parametrize("ref", ["no/such/folder", "", "a\x00b", Path("none")])
def test_a_folder_that_is_not_there(ref):
    with pytest.raises(PolicyError):
        load_policy(ref)


def test_a_file_is_no_pack():
    with pytest.raises(PolicyError, match="is a file, not a policy pack"):
        load_policy(PACK / "policy.yaml")
