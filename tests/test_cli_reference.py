"""docs/reference/commands.md has the help of every command as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bylaw.cli import main as cli

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "commands.md"
BLOCK = re.compile(r"<!-- help: ?(\S*(?: [a-z]+)?) -->\n(.*?)<!-- end -->", re.DOTALL)


def help_of(command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    assert cli.main([*command.split(), "--help"]) == 0
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.strip().splitlines())


def test_the_reference_has_the_help_of_every_command(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.read_text(encoding="utf-8")

    def block(found: re.Match[str]) -> str:
        text = help_of(found[1], capsys, monkeypatch)
        return f"<!-- help: {found[1]}{' ' if found[1] else ''}-->\n\n```text\n{text}\n```\n\n<!-- end -->"

    current = BLOCK.sub(block, page)
    if request.config.getoption("--rerecord"):
        PAGE.write_text(current, encoding="utf-8")
    assert page == current or request.config.getoption("--rerecord"), "re-record with: pytest --rerecord"


def test_every_command_has_its_section() -> None:
    page = PAGE.read_text(encoding="utf-8")
    documented = {found[1] for found in BLOCK.finditer(page)}
    assert documented == {"", *(name for name, _, _ in cli._COMMANDS)}
    for name in documented - {""}:
        assert f"\n## `bylaw {name}`\n" in page
