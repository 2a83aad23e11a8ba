"""The page of a regulation, and that the committed one is as the pack has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.policy.cases import load_cases
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy, Status
from bylaw.policy.packs import shipped_packs
from bylaw.report.regulation_page import regulation_page

ROOT = Path(__file__).parent.parent
LOANS = ROOT / "tests" / "packs" / "library-loans"
COMMITTED = {pack: ROOT / "docs" / "regulations" / f"{pack}.md" for pack in shipped_packs()}


@pytest.fixture(scope="module")
def loans() -> Policy:
    return load_policy(LOANS)


@pytest.fixture(scope="module")
def page(loans: Policy) -> str:
    return regulation_page(loans, load_cases(loans))


@pytest.mark.long
@pytest.mark.parametrize("pack", COMMITTED)
def test_the_committed_page_is_current(pack: str, request: pytest.FixtureRequest) -> None:
    path = COMMITTED[pack]
    policy = load_policy(pack)
    current = regulation_page(policy, load_cases(policy), path.parent)
    if request.config.getoption("--rerecord"):
        path.write_text(current, encoding="utf-8")
    committed = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert committed == current, "re-record with: pytest --rerecord, or bylaw page"


def test_the_packs_with_a_page_are_those_that_the_documents_name() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = sorted(path.stem for path in (ROOT / "docs" / "regulations").iterdir())
    assert pages == shipped_packs()
    for pack in pages:
        assert f"(regulations/{pack}.md)" in index
        assert f"(docs/regulations/{pack}.md)" in readme


def test_every_provision_has_its_heading_in_the_order_of_the_text(loans: Policy, page: str) -> None:
    places = [page.index(f'<a id="p-{pid}"></a>') for pid in loans.provisions]
    assert places == sorted(places)
    for provision in loans.provisions.values():
        assert f"# {provision.cite}" in page


def test_what_is_not_encoded_says_why(loans: Policy, page: str) -> None:
    told = [p for p in loans.provisions.values() if p.status not in (Status.ENCODED, Status.GROUP)]
    assert told
    for provision in told:
        assert provision.why_not_encoded in page or provision.why_not_encoded[1:] in page


def test_a_rule_with_a_provision_stands_once_as_its_file_has_it(loans: Policy, page: str) -> None:
    blocks = page.split("```prolog\n")[1:]
    shown = "\n".join(block.split("\n```", 1)[0] for block in blocks)
    for rule in loans.encoding.rules:
        if rule.provisions:
            first = loans.encoding.files[rule.file].splitlines()[rule.line - 1].rstrip()
            assert shown.split("\n").count(first) >= 1
    assert page.count("```") == 2 * len(blocks)


def test_limits_readings_and_cases_are_told(loans: Policy, page: str) -> None:
    for limit in loans.limits.values():
        assert f"- `{limit.name}`: " in page
    for reading in loans.readings.values():
        assert f"**Open question** `{reading.name}`: {reading.question}" in page
        assert f"- `{reading.default}` (taken): " in page
    asserted = [case for case in load_cases(loans) if any(one.because for one in case.expect)]
    assert asserted
    for case in asserted:
        assert f"- {case.name} (`{case.file}:{case.line}`)" in page


def test_a_page_on_file_links_to_the_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "page.md"
    assert main(["page", "-p", str(LOANS), "-o", str(target)]) == 0
    assert str(target) in capsys.readouterr().err
    text = target.read_text(encoding="utf-8")
    file, line = text.split("#L", 1)[0].rsplit("](", 1)[1], text.split("#L", 1)[1].split(")", 1)[0]
    rules = (tmp_path / file).resolve()
    assert rules.is_file()
    assert int(line) <= len(rules.read_text(encoding="utf-8").splitlines())


def test_a_page_that_cannot_be_written_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["page", "-p", str(LOANS), "-o", str(tmp_path / "none" / "page.md")]) == 2
    assert "cannot be written" in capsys.readouterr().err
