"""Find a policy pack: one that ships with bylaw, by its name, or any folder."""

from __future__ import annotations

import os
from pathlib import Path

from bylaw.errors import Place, PolicyError, Problem, did_you_mean
from bylaw.policy.pack_files import MANIFEST

_PACKAGE = Path(__file__).resolve().parent.parent


def packs_folder() -> Path | None:
    """Return the folder of the shipped packs: inside the package, else of the source checkout."""
    for folder in (_PACKAGE / "packs", _PACKAGE.parent.parent / "policies"):
        if folder.is_dir():
            return folder
    return None


def shipped_packs() -> list[str]:
    """Return the names of the packs that ship with bylaw."""
    folder = packs_folder()
    if folder is None:
        return []
    return sorted(path.name for path in folder.iterdir() if (path / MANIFEST).is_file())


def amendments_named(ref: str | Path) -> tuple[str | Path, list[str]]:
    """Return a pack and the amendments that its name adds: `hebron-md+one+two`.

    A folder whose own name holds a `+` is meant as it is.
    """
    if isinstance(ref, Path) or "+" not in ref or Path(ref).is_dir():
        return ref, []
    pack, *names = ref.split("+")
    return pack, names


def find_pack(ref: str | Path) -> tuple[Path, str]:
    """Return the folder of a pack and how places name it.

    Args:
        ref: the name of a shipped pack, or a folder.

    Raises:
        PolicyError: there is no such pack.
    """
    shipped = shipped_packs()
    root = packs_folder()
    if isinstance(ref, str) and ref in shipped and root is not None:
        seen = _as_seen(root / ref)
        return Path(seen), seen
    folder = Path(ref)
    try:
        if folder.is_dir():
            return folder, str(folder)
        exists = folder.exists()
    except (OSError, ValueError):
        exists = False
    if exists:
        raise PolicyError(
            Problem(f"`{ref}` is a file, not a policy pack", Place(str(ref)), "a pack is a folder")
        )
    help = did_you_mean(str(ref), shipped) or "give the name of a shipped pack or a folder"
    raise PolicyError(Problem(f"there is no policy pack `{ref}`", None, help))


def _as_seen(folder: Path) -> str:
    """Write a folder as somebody in the working directory would."""
    here = Path.cwd()
    return os.path.relpath(folder, here) if folder.is_relative_to(here) else str(folder)
