"""`bylaw packs`: the packs that ship with bylaw."""

from __future__ import annotations

from typing import Any

from bylaw.cli.options import Format, FormatOption
from bylaw.cli.output import print_json, print_lines
from bylaw.errors import PolicyError
from bylaw.report.terminal import line


def packs(format: FormatOption = Format.TEXT) -> None:
    """List the packs that ship with bylaw."""
    from bylaw.policy.packs import shipped_packs

    found = [_about(name) for name in shipped_packs()]
    if format is Format.JSON:
        print_json(found)
        return
    if not found:
        print_lines([line("No packs ship with this installation.")])
    for pack in found:
        print_lines([line(str(pack["policy"]), "bold")])
        if "problems" in pack:
            told = (
                f"cannot be loaded: {pack['problems']} problems, which `bylaw show -p {pack['policy']}` tells"
            )
            print_lines([line(told, indent=2)])
            continue
        print_lines(
            [
                line(f"{pack['title']}, {pack['institution']}, edition {pack['edition']}", indent=2),
                line(
                    f"{pack['encoded']} of {pack['provisions']} provisions encoded, {pack['cases']} cases",
                    indent=2,
                ),
            ]
        )


def _about(name: str) -> dict[str, Any]:
    """Return what a pack is and how much of its text it holds, or how many problems it has."""
    from bylaw.policy.cases import load_cases
    from bylaw.policy.load import load_policy
    from bylaw.policy.model import Status

    try:
        policy = load_policy(name)
        cases = load_cases(policy)
    except PolicyError as error:
        return {"policy": name, "problems": len(error.problems)}
    counted = [p for p in policy.provisions.values() if p.status is not Status.GROUP]
    return {
        "policy": policy.id,
        "title": policy.title,
        "institution": policy.institution,
        "edition": policy.edition,
        "provisions": len(counted),
        "encoded": sum(p.status is Status.ENCODED for p in counted),
        "cases": len(cases),
    }
