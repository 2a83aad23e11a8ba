"""Amendments: a pack with a proposal is checked like a pack, and decides by what the proposal says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bylaw.engine.editions import open_engine
from bylaw.errors import PolicyError
from bylaw.policy.load import load_policy
from bylaw.policy.proposal import PartKind
from bylaw.records.load import load_records
from bylaw.tables.terms import Constant

LIBRARY = Path(__file__).parent / "packs" / "library-loans"
SHIPPED = Path(__file__).parents[1] / "policies" / "hebron-md"

RECORD = """
synthetic: true
member: M1
as_of: 2024-06-30
record:
  members: [{member: M1, group: grown-up, joined: 2019-01-01}]
  loans: [{member: M1, item: "0017", borrowed: 2024-01-01, returned: 2024-01-30}]
  payments: []
"""
BORROWED = 738886
"""The day number of the loan: it is due after 21 days and comes back after 29."""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    shutil.copytree(LIBRARY, folder)
    (folder / "amendments").mkdir()
    return folder


def propose(pack: Path, name: str, text: str, **rules: str) -> str:
    head = f"id: {name}\ntitle: A proposal\nsummary: What it changes.\n"
    (pack / "amendments" / f"{name}.yaml").write_text(head + text)
    for file, content in rules.items():
        (pack / "amendments" / f"{file}.lp").write_text(content)
    return f"{pack}+{name}"


def fine(cents: int) -> str:
    return f'fine("M1","0017",{BORROWED},{cents})'


def concluded(ref: str, record: str, tmp_path: Path) -> dict[str, tuple[str, ...]]:
    policy = load_policy(ref)
    path = tmp_path / "record.yaml"
    path.write_text(record)
    records = load_records(policy, path)
    decision = open_engine(policy).decide(records, records.subjects[0])
    return {str(one.atom): one.provisions for one in decision.reported()}


def problems(ref: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(ref)
    return [f"{p.place.line if p.place else None}: {p.message}" for p in caught.value.problems]


def test_a_limit_decides_with_its_new_value_and_says_what_it_was(pack: Path, tmp_path: Path) -> None:
    ref = propose(pack, "dearer", "limits: {fine_a_day: 0.50}\n")
    assert concluded(str(pack), RECORD, tmp_path)[fine(200)] == ("3.A",)
    assert concluded(ref, RECORD, tmp_path)[fine(400)] == ("3.A",)
    policy = load_policy(ref)
    (part,) = policy.amendments[0].parts
    assert (part.kind, part.name, part.before, part.after) == (PartKind.LIMIT, "fine_a_day", "0.25", "0.50")
    assert part.provisions == ("3.A",)
    assert policy.id == "library-loans"
    assert policy.edition.endswith("+dearer")
    assert policy.digest != load_policy(str(pack)).digest


def test_a_limit_that_bounds_a_column_bounds_it_anew(pack: Path) -> None:
    policy = load_policy(propose(pack, "small", "limits: {payment_cap: 3}\n"))
    assert policy.tables["payments"].columns["amount"].maximum == 300


def test_a_reading_is_switched(pack: Path, tmp_path: Path) -> None:
    ref = propose(pack, "count", "readings: {day_of_return: counted}\n")
    assert concluded(ref, RECORD, tmp_path)[fine(225)] == ("3.A",)


def test_what_is_repealed_derives_nothing_and_other_lines_stay(pack: Path, tmp_path: Path) -> None:
    ref = propose(pack, "free", "repeal: [3.A]\n")
    assert not [atom for atom in concluded(ref, RECORD, tmp_path) if atom.startswith("fine")]
    before, after = load_policy(str(pack)), load_policy(ref)
    gone = [rule for rule in before.encoding.rules if rule.provisions == ("3.A",)]
    assert len(after.encoding.rules) == len(before.encoding.rules) - len(gone)
    assert len(gone) == 4
    kept = {(rule.file, rule.line, rule.source) for rule in after.encoding.rules}
    assert kept < {(rule.file, rule.line, rule.source) for rule in before.encoding.rules}
    assert "repealed by the amendment `free`" in after.provisions["3.A"].why_not_encoded
    assert before.provisions["3.A"].status == "encoded"


def test_rules_are_replaced_and_cited_from_their_own_file(pack: Path, tmp_path: Path) -> None:
    rules = (
        "% A flat fine.\n%@ 3.A\n"
        "fine(M, I, B, P) :- late(M, I, B, _), not exempt(M), limit(fine_a_day, P).\n"
        "late(M, I, B, D - E) :- due(M, I, B, E), returned(M, I, B, D), D > E.\n"
    )
    ref = propose(pack, "flat", "repeal: [3.A]\nrules: [flat.lp]\n", flat=rules)
    assert concluded(ref, RECORD, tmp_path)[fine(25)] == ("3.A",)
    policy = load_policy(ref)
    added = [rule for rule in policy.encoding.rules if rule.file.endswith("flat.lp")]
    assert [(rule.file, rule.line) for rule in added] == [
        ("amendments/flat.lp", 3),
        ("amendments/flat.lp", 4),
    ]
    assert policy.provisions["3.A"].status == "encoded"
    assert [part.kind for part in policy.amendments[0].parts] == [PartKind.TEXT]


def test_rules_may_use_words_of_the_amendment(pack: Path, tmp_path: Path) -> None:
    text = (
        "provisions:\n  - {id: 3.D, summary: Who is late owes a note., status: encoded}\n"
        "predicates:\n  note_due:\n    args: {member: member}\n    role: conclusion\n"
        '    says: "{member} owes a note"\nrules: [note.lp]\n'
    )
    ref = propose(pack, "note", text, note="%@ 3.D\nnote_due(M) :- late(M, _, _, _).\n")
    assert concluded(ref, RECORD, tmp_path)['note_due("M1")'] == ("3.D",)


def test_rows_of_a_table_are_changed_added_and_taken_out(pack: Path) -> None:
    text = (
        "tables:\n  items:\n    rows:\n      - {item: '0017', shelf: reference}\n"
        "      - {item: '0090', title: New, shelf: lending}\n    remove:\n      - {item: '0018'}\n"
    )
    before, after = load_policy(str(pack)), load_policy(propose(pack, "shelves", text))
    shelf = {f.args[0].value: f.args[1] for f in after.pack_facts if f.predicate == "item_shelf"}
    assert shelf["0017"] == Constant("reference")
    assert shelf["0090"] == Constant("lending")
    assert "0018" not in shelf
    assert len(after.pack_facts) == len(before.pack_facts)


def test_amendments_stack_and_the_later_ones_win(pack: Path) -> None:
    propose(pack, "one", "limits: {loan_days: 14, items_adult: 4}\n")
    propose(pack, "two", "limits: {loan_days: 28}\n")
    policy = load_policy(f"{pack}+one+two")
    assert (policy.limits["loan_days"].value, policy.limits["items_adult"].value) == (28, 4)
    assert [one.id for one in policy.amendments] == ["one", "two"]
    assert load_policy(f"{pack}+two+one").limits["loan_days"].value == 14


def test_an_amendment_from_a_certain_time_makes_an_edition(pack: Path, tmp_path: Path) -> None:
    text = "applies: {by: admission, column: members.joined, from: 2020-01-01}\nlimits: {fine_a_day: 0.50}\n"
    ref = propose(pack, "later", text)
    assert problems(ref) == ["4: `members.joined` cannot decide the edition"]
    for file, old, new in (
        ("records.yaml", ", min: 1950-01-01, required: false}", "}"),
        ("records.yaml", '["member(member, group)"]', '["member(member, group)", "joined(member, joined)"]'),
        ("vocabulary.yaml", "  loan:\n", JOINED + "  loan:\n"),
    ):
        path = pack / file
        path.write_text(path.read_text().replace(old, new, 1))
    policy = load_policy(ref)
    assert policy.editions is not None
    (later,) = policy.editions.others
    assert (policy.effective_from, policy.effective_until) == (None, later.effective_from - 1)
    assert fine(200) in concluded(ref, RECORD.replace("2019-01-01", "2019-12-31"), tmp_path)
    assert fine(400) in concluded(ref, RECORD.replace("2019-01-01", "2020-01-01"), tmp_path)


JOINED = """  joined:
    args: {member: member, day: day}
    role: input
    says: "{member} joined on {day}"
"""


def test_every_mistake_is_told_at_its_place(pack: Path) -> None:
    text = (
        "limits: {loan_dayz: 3, fine_a_day: 0.255}\n"
        "readings: {day_of_return: sometimes, day: free}\n"
        "repeal: [9.Z]\n"
        "tables: {itemz: {rows: []}, items: {rows: [{item: '1'}, {shelv: x}], remove: [{item: '77'}]}}\n"
    )
    assert problems(propose(pack, "wrong", text)) == [
        "4: there is no limit `loan_dayz`",
        "4: `fine_a_day` is 0.255, which has more than 2 decimals",
        "5: the reading `day_of_return` has no alternative `sometimes`",
        "5: there is no reading `day`",
        "6: there is no provision `9.Z`",
        "7: the pack has no table `itemz`",
        "7: the new row has no `title`",
        "7: the row does not name its `item`",
        "7: table `items` has no column `shelv`",
        "7: table `items` has no such row",
    ]


def test_new_rules_are_checked_like_those_of_the_pack(pack: Path) -> None:
    rules = "fine(M, I, B, 3) :- late(M, I, B).\n%@ 3.Z\nin_debt(M) :- not barred(M, debt), member(M, _).\n"
    ref = propose(pack, "bad", "rules: [bad.lp]\n", bad=rules)
    told = problems(ref)
    assert "1: the rule has no tag" in told
    assert "1: `late` has 4 arguments, not 3" in told
    assert "2: there is no provision `3.Z`" in told
    unsafe = propose(
        pack, "loose", "rules: [loose.lp]\n", loose="%@ 3.A\nin_debt(M) :- not member(M, adult).\n"
    )
    assert problems(unsafe) == ["2: the rule leaves `M` unbound"]
    with pytest.raises(PolicyError) as caught:
        load_policy(unsafe)
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert problem.place.file == f"{pack}/amendments/loose.lp"


def test_a_rule_that_states_another_provision_too_is_not_taken_out_silently(pack: Path) -> None:
    path = pack / "rules" / "par_4_borrowing.lp"
    path.write_text(path.read_text().replace("%@ 4.B", "%@ 4.A, 4.B"))
    assert problems(propose(pack, "half", "repeal: [4.B]\n")) == [
        "4: the rule rules/par_4_borrowing.lp:12 states `4.A` together with `4.B`",
        "4: the rule rules/par_4_borrowing.lp:13 states `4.A` together with `4.B`",
    ]


@pytest.mark.parametrize("name", ["../amendments/x.yaml", "no-such", "x/../../y"])
def test_what_is_no_amendment_is_refused(pack: Path, name: str) -> None:
    assert any("no amendment" in one for one in problems(f"{pack}+{name}"))


def test_a_part_can_be_left_out(pack: Path) -> None:
    from bylaw.policy.amend import amended

    propose(pack, "both", "limits: {loan_days: 14, items_adult: 4}\n")
    policy = amended(load_policy(str(pack)), ["both"], lambda part: part.name != "loan_days")
    assert (policy.limits["loan_days"].value, policy.limits["items_adult"].value) == (21, 4)


@pytest.mark.long
def test_the_shipped_proposals_fit_the_pack() -> None:
    names = sorted(path.stem for path in (SHIPPED / "amendments").glob("*.yaml"))
    assert len(names) == 5
    for name in names:
        policy = load_policy(f"hebron-md+{name}")
        assert [one.id for one in policy.amendments] == [name]
        assert policy.amendments[0].parts
