"""The findings of the linter as lines, JSON, SARIF 2.1.0 and the annotations of GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from bylaw.analysis.lint.findings import CODES, Finding

SARIF = "2.1.0"


def text(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield `file:line:column CODE message` of each finding."""
    for one in findings:
        yield f"{one.place} {one.code} {one.message}"


def shape(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings for other programs."""
    return {"count": len(findings), "findings": [_shape(one) for one in findings]}


def _shape(finding: Finding) -> dict[str, Any]:
    place = finding.place
    told = {
        "code": finding.code,
        "message": finding.message,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "help": finding.help,
        "fixable": finding.edit is not None,
    }
    return {key: value for key, value in told.items() if value is not None}


def sarif(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """Return the findings as a SARIF log of one run.

    Args:
        version: of bylaw.
    """
    codes = list(CODES)
    rules = [{"id": code, "shortDescription": {"text": words}} for code, words in CODES.items()]
    driver = {"name": "bylaw lint", "semanticVersion": version, "rules": rules}
    results = [
        {
            "ruleId": one.code,
            "ruleIndex": codes.index(one.code),
            "level": "error" if one.code.startswith("L0") else "warning",
            "message": {"text": f"{one.message}: {one.help}" if one.help else one.message},
            "locations": [{"physicalLocation": _location(one)}],
        }
        for one in findings
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": SARIF,
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _location(finding: Finding) -> dict[str, Any]:
    """Return a place as SARIF has it: a URI, and a region where the line is known."""
    path = PurePath(finding.place.file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding.place.line is not None:
        region = {"startLine": finding.place.line}
        if finding.place.column is not None:
            region["startColumn"] = finding.place.column
        location["region"] = region
    return location


def github(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a workflow command for each finding, which GitHub shows beside the line."""
    for one in findings:
        place = {"file": one.place.file, "line": one.place.line, "col": one.place.column, "title": one.code}
        told = ",".join(f"{key}={_property(str(value))}" for key, value in place.items() if value is not None)
        message = f"{one.message}: {one.help}" if one.help else one.message
        yield f"::error {told}::{_data(message)}"


def _data(words: str) -> str:
    """Escape what a workflow command says."""
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    """Escape the value of a property of a workflow command."""
    return _data(words).replace(":", "%3A").replace(",", "%2C")
