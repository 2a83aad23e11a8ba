"""What must never follow, two outcomes at once, and rules that never matter: seeded faults are found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bylaw.cli.main import main
from libraries import LIBRARY

PROPERTIES = """\
% Nobody pays more than the cap for a loan.
over_the_cap(M, I, B) :- fine(M, I, B, A), limit(fine_cap, Max), A > Max.

% Who is barred may not borrow.
barred_and_may(M) :- barred(M, _), may_borrow(M).

% A late loan of a grown-up is fined.
not_fined(M, I, B) :- late(M, I, B, N), N > 0, not exempt(M), not fine(M, I, B, _).

% A higher payment bars nobody.
worse(barred) :- higher(payments, amount).
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack that says what must never follow."""
    pack = tmp_path / "library"
    shutil.copytree(LIBRARY, pack)
    (pack / "properties").mkdir()
    (pack / "properties" / "loans.lp").write_text(PROPERTIES)
    with (pack / "policy.yaml").open("a") as file:
        file.write("  properties: [properties/loans.lp]\n")
    monkeypatch.chdir(tmp_path)
    return pack


def change(pack: Path, old: str, new: str) -> None:
    (file,) = (one for one in (pack / "rules").iterdir() if old in one.read_text())
    file.write_text(file.read_text().replace(old, new))


def add(pack: Path, near: str, rules: str) -> None:
    (file,) = (one for one in (pack / "rules").iterdir() if f"\n{near}" in one.read_text())
    file.write_text(f"{file.read_text()}\n{rules}")


def verified(capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> dict:
    assert main(["verify", "-p", "./library", "-f", "json", "--tries", "60", *options]) == code
    return json.loads(capsys.readouterr().out)


def broken(told: dict) -> dict[str, dict]:
    return {one["name"]: one["breach"] for one in told["properties"] if not one["holds"]}


def test_a_sound_pack_keeps_its_properties_and_uses_its_rules(library, capsys):
    told = verified(capsys)
    assert broken(told) == {}
    assert told["properties"][0]["says"] == "Nobody pays more than the cap for a loan."
    assert (told["tried"], told["conflicts"], told["unreachable"]) == (60, [], [])
    assert main(["verify", "-p", "./library", "--tries", "20"]) == 0
    out = capsys.readouterr().out
    assert "holds in all: Who is barred may not borrow." in out
    assert "is not proved of others" in out


def test_a_gap_is_found_with_a_record_of_the_boundary(library, capsys):
    change(library, "N * P <= Max", "N * P < Max")
    breach = broken(verified(capsys, "--save", "out", code=1))["not_fined"]
    assert breach["says"] == ["not_fined(0017,2022-03-01)"]
    assert breach["rows"] == 2
    # Sixteen days at 0.25 are just the cap.
    assert "borrowed: 2022-03-01, returned: 2022-04-07" in breach["record"]
    assert "not_fined.yaml" in {file.name for file in Path("out").iterdir()}
    assert (
        main(["why-not", "M1", "fine(0017,2022-03-01,_)", "-p", "./library", "-r", "out/not_fined.yaml"]) == 0
    )
    assert "4.00" in capsys.readouterr().out


def test_a_wrong_comparison_is_found(library, capsys):
    change(library, "limit(fine_cap, Max), N * P > Max", "limit(fine_cap, Max), N * P > Max + 10000")
    change(library, "limit(fine_cap, Max), N * P <= Max", "limit(fine_cap, Max), N * P <= Max + 10000")
    breach = broken(verified(capsys, code=1))["over_the_cap"]
    assert breach["rows"] == 2


def test_what_a_higher_figure_makes_worse_is_found_with_both_records(library, capsys):
    add(
        library,
        "barred(",
        "% Who pays too much is barred.\n%@ 4.A\nbarred(M, debt) :- paid(M, _, A), A > 500.\n",
    )
    breach = broken(verified(capsys, "--tries", "400", code=1))["barred_after_higher_payments_amount"]
    assert breach["says"] == ["nothing -> barred(debt) (Paragraph 4(A))"]
    assert breach["rows"] == 2
    paid = [line for line in breach["record"].splitlines() if "amount" in line]
    more = [line for line in breach["raised"].splitlines() if "amount" in line]
    assert paid != more
    assert [one.split("amount:")[0] for one in paid] == [one.split("amount:")[0] for one in more]


def test_two_outcomes_at_once_are_found_unasked(library, capsys):
    vocabulary = library / "vocabulary.yaml"
    ground = "  ground:\n"
    assert ground in vocabulary.read_text()
    ranked = f"{ground}    best_first: [debt, loss]\n"
    vocabulary.write_text(vocabulary.read_text().replace(ground, ranked))
    add(library, "barred(", "% Who owes has lost something.\n%@ 4.B\nbarred(M, loss) :- in_debt(M).\n")
    (conflict,) = verified(capsys, code=1)["conflicts"]
    assert conflict["predicate"] == "barred"
    assert conflict["says"] == ["barred(debt) and barred(loss)"]


def test_a_dead_rule_is_told_from_one_that_is_always_beside_another(library, capsys):
    dead = "% Who owes less than nothing.\n%@ 4.A\nbarred(M, debt) :- debt(M, D), D < 5, D > 5.\n"
    beside = "% Who owes too much.\n%@ 4.B\nbarred(M, debt) :- in_debt(M).\n"
    add(library, "barred(", dead + beside)
    told = verified(capsys, "--tries", "300")
    assert [(one["provisions"], "in_debt" in one["rule"]) for one in told["shadowed"]] == [
        (["4.A"], True),
        (["4.B"], True),
    ]
    assert "D < 5" in "".join(one["rule"] for one in [*told["idle"], *told["unreachable"]])


DEEP_IN_DEBT = """\
- name: two loans late, number {0}
  as_of: 2022-04-08
  record:
    members: [{{member: M1, group: grown-up}}]
    loans:
      - {{item: "0017", borrowed: 2022-03-01, returned: 2022-04-08}}
      - {{item: "0018", borrowed: 2022-03-01, returned: 2022-04-08}}
    payments: []
  expect: {{barred(debt): present}}
"""


def test_a_rule_that_decides_alone_in_a_smaller_record_is_not_called_needless(library, capsys):
    for file in (library / "cases").iterdir():
        file.write_text("".join(map(DEEP_IN_DEBT.format, range(5))) if file.name == "fines.yaml" else "[]\n")
    add(library, "barred(", "% Who owes at all is barred.\n%@ 4.A\nbarred(M, debt) :- debt(M, D), D > 0.\n")
    told = verified(capsys, "--tries", "5")
    assert told["tried"] == 5
    shadowed = [one["rule"] for one in told["shadowed"]]
    assert not any("D > 0" in rule for rule in shadowed)
    assert any("in_debt" in rule for rule in shadowed)  # whoever owes much owes something


def test_a_record_without_a_value_for_a_term_stops_no_other(library, capsys):
    add(
        library,
        "barred(",
        "% No value for one of the amounts.\n%@ 4.A\nbarred(M, debt) :- paid(M, _, A), 1 / (A - 24) > 2.\n",
    )
    told = verified(capsys, "--tries", "200")
    assert told["refused"] > 0
    assert told["tried"] > 100


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fine(M, I, B, A) :- late(M, I, B, A).\n", "is a predicate of the vocabulary"),
        ("% No such word.\nodd(M) :- bared(M, _).\n", "bared"),
        ("lonely(M) :- barred(M, _).\n", "no rule has a sentence above it"),
        ("% What?\nworse(nothing) :- higher(payments, amount).\n", "there is no predicate `nothing`"),
        ("% What?\nworse(fine) :- higher(payments, price).\n", "a record has no `payments.price`"),
        (
            "% What?\nworse(fine) :- higher(payments, amount), barred(_, _).\n",
            "it does not say what becomes worse",
        ),
        ("% Two.\na(M) ; b(M) :- barred(M, _).\n", "a head is one atom"),
        ("% May be.\n{ a(M) } :- barred(M, _).\n", "a property has one head"),
        ("% Unbound.\nodd(M, X) :- barred(M, _), not late(M, X, _, _).\n", "leaves `X` unbound"),
        ("% Of nobody.\nodd(N) :- fine(_, _, _, N), N < 0.\n", "it does not say whose record it is"),
        ("% One.\nodd(M) :- barred(M, debt).\n% Two.\nodd(M) :- barred(M, loss).\n", "is stated at"),
    ],
)
def test_what_is_wrong_with_a_property_is_told_at_its_place(library, capsys, text, message):
    (library / "properties" / "loans.lp").write_text(text)
    assert main(["verify", "-p", "./library"]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "library/properties/loans.lp:" in err


@pytest.mark.long
@pytest.mark.parametrize("pack", ["hebron-md", "annajah-graduate", "annajah-postgraduate-unit"])
def test_the_packs_that_ship_keep_what_they_state(pack, capsys):
    assert main(["verify", "-p", pack, "-f", "json", "--tries", "200"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["properties"]
    assert broken(told) == {}
    assert told["conflicts"] == told["unreachable"] == []


@pytest.mark.long
def test_the_point_of_15_b_2_that_adds_nothing_comes_out_by_itself(capsys):
    assert main(["verify", "-p", "hebron-md", "-f", "json", "--tries", "700"]) == 0
    shadowed = json.loads(capsys.readouterr().out)["shadowed"]
    (one,) = (one for one in shadowed if one["provisions"] == ["15.B.2"])
    assert {pid for other in one["beside"] for pid in other["provisions"]} == {"15.B.1"}


def test_a_property_may_rest_on_a_rule_that_helps(library, capsys):
    (library / "properties" / "loans.lp").write_text(
        "due_much(M) :- debt(M, D), D > 100.\n% Nobody owes more than a euro.\nowes_much(M) :- due_much(M).\n"
    )
    breach = broken(verified(capsys, code=1))["owes_much"]
    assert breach["says"] == ["owes_much"]
