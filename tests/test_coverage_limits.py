"""On which sides of a limit the figures of the cases lie, whatever the form of the comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaw.analysis.cases import CaseRunner
from bylaw.analysis.coverage import cover
from bylaw.errors import PolicyError
from bylaw.policy.cases import load_cases
from bylaw.policy.load import load_policy
from bylaw.report.coverage_table import lines, shape
from bylaw.report.terminal import render

MANIFEST = """\
id: runs
title: Rules of the running club
institution: The running club
edition: "1"
source: made up
subject: {column: runner, table: runners}
files:
  provisions: provisions.yaml
  vocabulary: vocabulary.yaml
  records: records.yaml
  limits: limits.yaml
  tables: [tables/tracks.csv]
  rules: [rules/all.lp]
  cases: [cases/all.yaml]
"""
PROVISIONS = """\
provisions:
  - {id: "1", summary: All of it., status: encoded, catalogue_id: art_1}
"""
VOCABULARY = """\
types:
  runner: {base: text}
  track: {base: text}
  number: {base: integer}
predicates:
  runner: {args: {runner: runner}, role: input, says: "{runner} runs"}
  run: {args: {runner: runner, day: number, laps: number}, role: input, says: "{laps} laps on {day}"}
  track: {args: {track: track, length: number}, role: input, says: "{track} is {length} long"}
  bound: {args: {runner: runner, laps: number}, role: definition, says: "the bound is {laps}"}
  figure: {args: {runner: runner, laps: number}, role: definition, says: "the figure is {laps}"}
  good: {args: {runner: runner}, role: conclusion, says: "{runner} is good"}
"""
RECORDS = """\
tables:
  runners:
    columns: {runner: {type: text}}
    key: [runner]
    facts: ["runner(runner)"]
  runs:
    columns:
      runner: {type: text, references: runners.runner}
      day: {type: integer}
      laps: {type: integer, min: 0, max: BOUND}
    key: [runner, day]
    facts: ["run(runner, day, laps)"]
    missing: {table: none, rows: none}
    none_means: no runs
pack_tables:
  tracks:
    file: tables/tracks.csv
    columns: {track: {type: text}, length: {type: integer}}
    key: [track]
    facts: ["track(track, length)"]
"""
FIGURE = "figure(R, F) :- runner(R), F = #sum { L, D : run(R, D, L) }.\n"
BOUND = "bound(R, F) :- figure(R, F).\n"
REST = "good(R) :- bound(R, _), track(_, _), figure(R, _).\n"


@pytest.fixture
def pack(tmp_path):
    """Write a pack of one rule and say what its cases show of the limit `most`, which is 5."""

    def write(rule, *runs, extra="", cases=None, column="100", provisions=PROVISIONS, limits="", own=""):
        files = {
            "policy.yaml": MANIFEST,
            "provisions.yaml": provisions,
            "vocabulary.yaml": VOCABULARY,
            "records.yaml": RECORDS.replace("BOUND", column),
            "limits.yaml": f"limits:\n  most: {{value: 5, provision: '1', says: the most{own}}}\n{limits}",
            "tables/tracks.csv": "track,length\noval,5\n",
            "rules/all.lp": f"%@ 1\n{rule}\n{extra or FIGURE + BOUND + REST}",
            "cases/all.yaml": cases or "".join(map(case, runs)),
        }
        for name, text in files.items():
            path = tmp_path / "runs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_policy(tmp_path / "runs")

    def case(laps):
        rows = ", ".join(f"{{day: {day}, laps: {lap}}}" for day, lap in enumerate(laps, 1))
        return (
            f"- name: runs {' '.join(map(str, laps))}\n"
            f"  record: {{runners: [{{runner: R1}}], runs: [{rows}]}}\n"
            "  expect: {figure: present}\n"
        )

    return write


def sides(policy, limit="most"):
    found = cover(policy, processes=1)
    assert found.failing == ()
    told = next(one for one in shape(found)["limits"] if one["name"] == limit)
    return {word for word in ("below", "at", "above") if told[word]}, told.get("why")


FORMS = {
    "a comparison": "good(R) :- figure(R, F), limit(most, M), F <= M.",
    "the limit on the left": "good(R) :- figure(R, F), limit(most, M), M >= F.",
    "a comparison under not": "good(R) :- figure(R, F), limit(most, M), not F > M.",
    "a sum of figure and number": "good(R) :- figure(R, F), limit(most, M), F + 1 <= M + 1.",
    "a limit taken away": "good(R) :- figure(R, F), limit(most, M), F - M > 0.",
    "a name for a term": "good(R) :- figure(R, F), limit(most, M), B = M + 1, F < B - 1 + 1 - 1.",
    "a chain": "good(R) :- figure(R, F), limit(most, M), 0 <= F <= M.",
    "an equation": "good(R) :- figure(R, F), limit(most, M), F = M.",
    "an argument": "good(R) :- figure(R, M), limit(most, M).",
    "an aggregate": "good(R) :- runner(R), limit(most, M), #sum { L, D : run(R, D, L) } <= M.",
    "two bounds": "good(R) :- runner(R), limit(most, M), 0 <= #sum { L, D : run(R, D, L) } <= M.",
    "an aggregate under not": "good(R) :- runner(R), limit(most, M), not #sum { L, D : run(R, D, L) } > M.",
    "an aggregate's value": "good(R) :- runner(R), limit(most, M), F = #sum { L, D : run(R, D, L) }, F < M.",
    "another condition that fails": "good(R) :- figure(R, F), limit(most, M), F <= M, track(_, 5).",
}


@pytest.mark.parametrize("rule", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("laps", "side"), [([4], "below"), ([2, 3], "at"), ([5, 2], "above")])
def test_a_figure_is_below_at_or_above_in_every_form_of_comparison(pack, rule, laps, side):
    assert sides(pack(rule, laps)) == ({side}, None)


LOCAL = {
    "in an aggregate": "good(R) :- runner(R), 1 <= #count { D : run(R, D, L), limit(most, M), L > M }.",
    "with the limit outside": "good(R) :- runner(R), limit(most, M), 1 <= { run(R, D, L) : L > M }.",
    "in each of several cases": "good(R) :- runner(R), limit(most, M); L <= M : run(R, _, L).",
    "beside a variable of the same name": (
        "good(R) :- runner(R), limit(most, M), 0 = #count { D : run(R, D, L), L > M },"
        " 0 <= #count { D : run(R, D, L), D > 0 }."
    ),
    "where the aggregate gives a value": (
        "good(R) :- runner(R), limit(most, M), N = #count { D : run(R, D, L), L > M }, N < 3."
    ),
}


@pytest.mark.parametrize("rule", LOCAL.values(), ids=LOCAL)
def test_comparisons_inside_aggregates_and_conditions_are_seen(pack, rule):
    assert sides(pack(rule, [4, 5])) == ({"below", "at"}, None)
    assert sides(pack(rule, [6])) == ({"above"}, None)


def test_all_cases_are_put_together(pack):
    policy = pack(FORMS["a comparison"], [4], [5], [6])
    assert sides(policy) == ({"below", "at", "above"}, None)
    assert cover(policy, processes=1).limits[0].sides[1].name == "runs 6"


def test_only_where_the_other_conditions_hold(pack):
    rule = "good(R) :- figure(R, F), run(R, 2, _), limit(most, M), F <= M."
    assert sides(pack(rule, [5])) == (set(), None)
    assert sides(pack(rule, [4, 1])) == ({"at"}, None)


HANDED = "good(R) :- figure(R, F), bound(R, B), F <= B."


def test_a_bound_that_a_rule_hands_on_is_the_limit(pack):
    extra = f"bound(R, M) :- runner(R), limit(most, M).\n{FIGURE}good(R) :- runner(R), track(_, _)."
    assert sides(pack(HANDED, [5], extra=extra)) == ({"at"}, None)
    extra = extra.replace("bound(R, M) :-", "bound(R, M - 1) :-")
    assert sides(pack(HANDED, [5], extra=extra)) == ({"above"}, None)


def test_of_two_limits_that_are_handed_on_each_is_told_apart(pack):
    extra = (
        "bound(R, M) :- runner(R), run(R, 1, _), limit(most, M).\n"
        "bound(R, M) :- runner(R), not run(R, 1, _), limit(other, M).\n"
        f"{FIGURE}good(R) :- runner(R), track(_, _)."
    )
    limits = "  other: {value: 5, provision: '1', says: another}\n"
    policy = pack(HANDED, [5], extra=extra, limits=limits)
    assert sides(policy) == ({"at"}, None)
    assert sides(policy, "other") == (set(), None)
    policy = pack(HANDED, [], extra=extra, limits=limits)
    assert sides(policy) == (set(), None)
    assert sides(policy, "other") == ({"below"}, None)


def test_a_figure_that_may_be_a_limit_is_no_bound(pack):
    # a bound that is sometimes a figure of the record: comparing with it says nothing of the limit
    extra = (
        "bound(R, M) :- runner(R), not run(R, 1, _), limit(most, M).\n"
        f"bound(R, L) :- run(R, 1, L).\n{FIGURE}good(R) :- runner(R), track(_, _)."
    )
    told, why = sides(pack(HANDED, [5], extra=extra))
    assert (told, why) == (set(), "not compared with a figure of a record")


def test_a_rate_is_no_bound_beside_one(pack):
    limits = "  rate: {value: 2, provision: '1', says: a rate}\n"
    rule = "good(R) :- figure(R, F), limit(most, M), limit(rate, P), F * P <= M."
    policy = pack(rule, [3], limits=limits)
    assert sides(policy) == ({"above"}, None)
    assert sides(policy, "rate") == (set(), "not compared with a figure of a record")


def test_a_share_is_compared_where_it_stands_alone(pack):
    # more than five of a hundred laps on the first day
    rule = "good(R) :- figure(R, F), run(R, 1, L), limit(most, M), L * 100 > M * F."
    assert sides(pack(rule, [5, 95])) == ({"at"}, None)
    assert sides(pack(rule, [6, 94])) == ({"above"}, None)


def test_what_the_pack_alone_states_can_have_no_sides(pack):
    rule = "good(R) :- runner(R), limit(most, M), track(_, L), L != M."
    assert sides(pack(rule, [5])) == (set(), "compared only with what the pack itself states")


def test_the_figure_that_the_vocabulary_names_counts(pack, tmp_path):
    rule = "good(R) :- runner(R), #sum { L - M, D : run(R, D, L), limit(most, M) } > 0."
    assert sides(pack(rule, [5])) == (set(), "not compared with a figure of a record")
    vocabulary = tmp_path / "runs" / "vocabulary.yaml"
    named = 'says: "{runner} is good", value: {actual: figure, relation: ">", bound: most}'
    vocabulary.write_text(VOCABULARY.replace('says: "{runner} is good"', named), encoding="utf-8")
    assert sides(load_policy(tmp_path / "runs")) == ({"at"}, None)


REFUSED = """\
- name: as many laps as there may be
  record: {runners: [{runner: R1}], runs: [{day: 1, laps: 5}]}
  expect: {figure: present}
- name: fewer
  record: {runners: [{runner: R1}], runs: [{day: 1, laps: 4}]}
  expect: {figure: present}
- name: more are refused
  record: {runners: [{runner: R1}], runs: [{day: 1, laps: 6}]}
  refused: the highest is 5
"""
CARRIED = PROVISIONS + '  - {id: "2", summary: The most laps., status: encoded}\n'


def test_the_far_side_of_a_column_is_a_record_that_is_refused(pack):
    policy = pack(REST, extra=FIGURE + BOUND, cases=REFUSED, column="{limit: most}")
    assert sides(policy) == ({"below", "at", "above"}, None)
    fewer = REFUSED.split("- name: more")[0]
    policy = pack(REST, extra=FIGURE + BOUND, cases=fewer, column="{limit: most}")
    assert sides(policy) == ({"below", "at"}, None)


def test_a_provision_that_only_bounds_a_column_decides_what_is_refused(pack):
    limits = "  lap_bound: {value: 5, provision: '2', says: the most laps}\n"
    rule = "good(R) :- figure(R, F), limit(most, M), F <= M."
    column = "{limit: lap_bound}"
    policy = pack(
        rule, extra=FIGURE + BOUND + REST, cases=REFUSED, column=column, provisions=CARRIED, limits=limits
    )
    found = cover(policy, processes=1)
    told = shape(found)["provisions"][1]
    assert (told["id"], told["rules"], told["cases"]) == ("2", [], {"decided": 1, "not_decided": 2})


def test_a_complete_pack_has_nothing_to_report(pack):
    policy = pack(REST, extra=FIGURE + BOUND, cases=REFUSED, column="{limit: most}")
    found = cover(policy, processes=1)
    assert found.complete
    assert shape(found)["totals"]["limits_with_a_side_missing"] == []


IMPOSSIBLE = ', sides: {above: "the day is over then"}'


def test_a_side_that_cannot_occur_is_not_missing(pack):
    policy = pack(FORMS["a comparison"], [4], [5], own=IMPOSSIBLE)
    found = cover(policy, processes=1)
    assert found.complete
    (told,) = shape(found)["limits"]
    assert {word: told[word] for word in ("below", "at", "above")} == {
        "below": True,
        "at": True,
        "above": False,
    }
    assert told["impossible"] == {"above": "the day is over then"}
    text = list(render(lines(found)))
    assert "  most above: the day is over then" in text
    assert "1 of 1 limit shown from all sides." in text


def test_a_side_that_cannot_occur_and_does_is_an_error(pack):
    found = cover(pack(FORMS["a comparison"], [4], [5], [6], own=IMPOSSIBLE), processes=1)
    assert not found.complete
    assert shape(found)["totals"]["limits_with_an_impossible_side_shown"] == ["most"]
    text = "\n".join(render(lines(found)))
    assert "✗ above" in text
    assert "`sides` of limits.yaml says that none lies above, and one does: runs 6" in text


def test_the_sides_have_fixed_names_and_reasons(pack):
    with pytest.raises(PolicyError, match="beyond"):
        pack(FORMS["a comparison"], [4], own=", sides: {beyond: never}")


def outcome(policy, name):
    case = next(one for one in load_cases(policy) if one.name == name)
    return CaseRunner(policy).run(case).failures


def test_a_refusal_is_for_the_reason_that_the_case_names(pack):
    policy = pack(REST, extra=FIGURE + BOUND, cases=REFUSED, column="{limit: most}")
    assert outcome(policy, "more are refused") == ()
    policy = pack(FORMS["a comparison"], cases=REFUSED, column="10")
    assert "found a record that is accepted" in outcome(policy, "more are refused")[0]
    wrong = REFUSED.replace("the highest is 5", "the lowest is 1")
    policy = pack(REST, extra=FIGURE + BOUND, cases=wrong, column="{limit: most}")
    assert "found another: `laps` is 6; the highest is 5" in outcome(policy, "more are refused")[0]


def test_a_case_is_refused_or_expects_something(pack):
    both = REFUSED + "  expect: {figure: present}\n"
    with pytest.raises(PolicyError, match="leaves nothing to `expect`"):
        pack(REST, extra=FIGURE + BOUND, cases=both, column="{limit: most}")
    neither = "- name: neither\n  record: {runners: [{runner: R1}]}\n"
    with pytest.raises(PolicyError, match="key `expect` of entry 1 is missing"):
        pack(REST, extra=FIGURE + BOUND, cases=neither, column="{limit: most}")


def test_a_rule_that_rests_on_itself_is_followed_once(pack, tmp_path):
    pack(REST, [1], extra=FIGURE + BOUND + "good(R) :- good(R), figure(R, _).\n", column="{limit: most}")
    policy = load_policy(Path(tmp_path / "runs"))
    assert shape(cover(policy, processes=1))["provisions"][0]["cases"]["decided"] == 1
