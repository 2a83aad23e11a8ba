"""Copies of the town library's pack to change, with proposals beside it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

LIBRARY = Path(__file__).parent / "packs" / "library-loans"
_HEAD = "id: {0}\ntitle: The {0} proposal\nsummary: It changes what a late loan costs.\n"


def library_with(folder: Path, proposals: Mapping[str, str]) -> Path:
    """Copy the pack into a folder, and return the copy.

    Args:
        proposals: by name, what each changes.
    """
    pack = folder / "library"
    shutil.copytree(LIBRARY, pack)
    (pack / "amendments").mkdir()
    for name, text in proposals.items():
        (pack / "amendments" / f"{name}.yaml").write_text(_HEAD.format(name) + text)
    return pack
