"""Each claim of docs/security.md has its tests, and they are there."""

from __future__ import annotations

import ast
import re

from hostile import TESTS

PAGE = TESTS.parent / "docs" / "security.md"
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def test_every_test_that_the_page_names_is_there() -> None:
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = []
    for file, name in named:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{file}::{name}")
    assert not missing


def test_every_claim_has_a_test() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    claims = [row for row in rows if not row.startswith(("| claim", "| ---"))]
    assert [row for row in claims if not NAMED.search(row.rpartition(" | ")[2])] == []
