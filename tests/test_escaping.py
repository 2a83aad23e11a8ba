"""No output acts on what shows it, whatever a record or a pack says: terminals, pages, spreadsheets."""

from __future__ import annotations

import csv
import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from bylaw.cli.main import main
from hostile import TESTS

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a terminal, or what orders letters, acts on; a line end is none."""
OVERRIDES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What would reorder or steer a page; single marks of direction belong to Arabic text."""
PLACES = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "'\"><b>x",
    "[red]x[/red]",
    "{{ 7*7 }}",
    "{% x %}",
    "&amp;<!--",
    "a\u202eb",
    "a\u200fb",
    "a;b,c",
]
WORST = "=[red]<script>alert(1)</script>{{ 7*7 }}\u202e'\""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Records with every hostile text as the place of a loan, and a pack whose words are no better."""
    pack = tmp_path / "pack"
    shutil.copytree(TESTS / "packs" / "lending", pack)
    quoted = json.dumps(WORST)
    change(pack / "policy.yaml", "title: House rules of a lending library", f"title: {quoted}")
    change(pack / "policy.yaml", "institution: A town", f"institution: {quoted}")
    words = pack / "vocabulary.yaml"
    change(words, "kind: {base: constant", "place: {base: text}\n  kind: {base: constant")
    says = json.dumps("{reader} at {place}: " + WORST.replace("{{ 7*7 }}", ""))
    with words.open("a", encoding="utf-8") as file:
        args = "{reader: reader, year: year, place: place}"
        file.write(f'  lent: {{args: {args}, role: input, says: "{{reader}} {{place}}"}}\n')
        file.write(f"  seen: {{args: {{reader: reader, place: place}}, role: conclusion, says: {says}}}\n")
    spoilt = "spoilt: {type: boolean}\n"
    change(pack / "records.yaml", spoilt, spoilt + "      place: {type: text}\n")
    change(pack / "records.yaml", '"back(', '"lent(reader, year, place)"\n      - "back(')
    change(pack / "limits.yaml", "says: the days of a loan", f"says: {quoted}")
    with (pack / "rules" / "rule_1.lp").open("a", encoding="utf-8") as rules:
        rules.write("\n% Seen is who had a loan.\n%@ 1.b\nseen(R, P) :- lent(R, _, P).\n")
    records = tmp_path / "records"
    records.mkdir()
    (records / "readers.csv").write_text("reader\nA1\n=A2\n", encoding="utf-8")
    change(pack / "records.yaml", 'reader: {type: text, pattern: "[A-Z0-9-]+"}', "reader: {type: text}")
    with (records / "loans.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["reader", "year", "number", "days", "kind", "fee", "back", "spoilt", "place"])
        for number, place in enumerate([*PLACES, WORST], start=1):
            for reader in ("A1", "=A2"):
                rows.writerow([reader, 2020, number, 40, "ordinary", "", "", "no", place])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYLAW_CACHE", "off")
    return tmp_path


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text)
    path.write_text(text.replace(old, new), encoding="utf-8")


def told(capsys, words: list[str]) -> str:
    words = [*words, *([] if words[0] in ("show", "lint", "page") else ["-r", "records"])]
    words += [] if words[0] == "compare" else ["-p", "./pack"]
    assert main(words) in (0, 1)
    printed = capsys.readouterr()
    assert not STEERING.search(printed.err), printed.err
    return printed.out


TEXTS = [
    ["decide", "A1"],
    ["decide", "--all", "--no-cache"],
    ["why", "A1", "seen"],
    ["why", "A1", "barred(2021)"],
    ["why-not", "A1", "barred(2030)", "--full"],
    ["what-if", "A1", "--set", "loans:2020/1.days=1"],
    ["query", "seen(R, P)"],
    ["query", "seen(R, P)", "--by", "P"],
    ["audit", "--full"],
    ["coverage"],
    ["profile", "A1"],
    ["show"],
    ["show", "1.b"],
    ["lint"],
    ["page"],
    ["compare", "pack", "pack"],
]


@pytest.mark.parametrize("words", TEXTS, ids=" ".join)
def test_no_text_steers_a_terminal(house, capsys, words):
    if words == ["coverage"]:
        words = ["coverage", "--records", "records"]
        assert main([*words, "-p", "./pack"]) in (0, 1)
        text = capsys.readouterr().out
    else:
        text = told(capsys, words)
    assert text or words == ["lint"]
    assert not STEERING.search(text), text
    if words[0] in ("decide", "why") and "seen" in words[-1:]:
        assert "[red]x[/red]" in text  # markup is text


JSON = [
    ["decide", "A1", "-f", "json"],
    ["decide", "--all", "--no-cache", "-f", "jsonl"],
    ["why", "A1", "seen", "-f", "json"],
    ["query", "seen(R, P)", "-f", "json"],
    ["audit", "-f", "json"],
    ["compare", "pack", "pack", "-f", "json"],
    ["decide", "A1", "--receipt"],
]


@pytest.mark.parametrize("words", JSON, ids=" ".join)
def test_json_is_whole_and_steers_nothing(house, capsys, words):
    text = told(capsys, words)
    assert not STEERING.search(text)
    for one in text.splitlines() if "jsonl" in words else [text]:
        json.loads(one)


class Tags(HTMLParser):
    """Gathers what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.handlers: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links += [
            value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "action")
        ]


PAGES = [
    ["decide", "A1", "-f", "html"],
    ["why", "A1", "seen", "-f", "html"],
    ["why", "A1", "barred(2021)", "-f", "html"],
    ["compare", "./pack", "+x", "-f", "html", "--reveal"],
]


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_pages_and_drawings_run_nothing(house, capsys, words):
    (house / "pack" / "amendments").mkdir()
    proposal = f"id: x\ntitle: {json.dumps(WORST)}\nsummary: {json.dumps(WORST)}\nlimits: {{loan_days: 45}}\n"
    (house / "pack" / "amendments" / "x.yaml").write_text(proposal, encoding="utf-8")
    unit = json.dumps("<script>alert(1)</script>")
    change(house / "pack" / "limits.yaml", "{one: day, many: days}", f"{{one: {unit}, many: {unit}}}")
    page = told(capsys, words)
    tags = Tags()
    tags.feed(page)
    assert not OVERRIDES.search(page)
    assert not tags.handlers
    assert not [link for link in tags.links if not link.startswith(("#", "data:"))]
    assert "script" not in tags.seen
    assert "alert(1)" in page  # it is there, as text
    if words[0] == "compare":
        assert "svg" in tags.seen
    assert "49" not in re.sub(r"<[^>]*>", "", page) or "7*7" in page  # no template was filled in


TABLES = [
    ["decide", "--all", "--no-cache", "-f", "csv"],
    ["query", "seen(R, P)", "-f", "csv"],
    ["query", "seen(R, P)", "--by", "R,P", "-f", "csv"],
    ["audit", "-f", "csv"],
    ["compare", "pack", "other", "-f", "csv"],
]


@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_no_cell_is_a_formula(house, capsys, words):
    shutil.copytree("pack", "other")
    change(house / "other" / "limits.yaml", "value: 30", "value: 45")
    text = told(capsys, words)
    rows = list(csv.reader(text.splitlines()))
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "@", "\t", "\r")), cell
            assert not cell.lstrip().startswith("-") or re.fullmatch(r"-\d+(\.\d+)?", cell)
    if words[0] == "query":
        assert "'=1+1" in text
        assert "'=A2" in text


def test_a_copy_of_records_stays_as_it_is(house, capsys):
    """What is written to be read again by bylaw has texts as they are, or it would say something else."""
    assert main(["import", "run", "-p", "./pack", "-r", "records", "-o", "copy"]) == 0
    again = list(csv.DictReader((house / "copy" / "loans.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["place"] for row in again} == {*PLACES, WORST}
