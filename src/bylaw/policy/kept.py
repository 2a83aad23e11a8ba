"""Checked packs, kept between runs so that one that has not changed need not be checked again."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pickle
import sys
from collections.abc import Iterable
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path, PosixPath, PurePosixPath, WindowsPath
from typing import Any

from bylaw.errors import PolicyError
from bylaw.files.atomic import write_bytes
from bylaw.policy.grounder import CLINGO
from bylaw.policy.model import Policy
from bylaw.policy.pack_files import MANIFEST, PackFiles
from bylaw.policy.packs import find_pack

FOLDER = "BYLAW_CACHE"
"""The environment variable that names the folder of what is kept; `off` keeps nothing."""
MOST = 64
"""How many packs are kept; the ones used least recently go first."""

_MARK = b"bylaw pack 1\n"
_PACKAGE = Path(__file__).resolve().parent.parent
_PATHS = {(PosixPath.__module__, "PosixPath"), (WindowsPath.__module__, "WindowsPath")}
_PLAIN = {("builtins", "frozenset"), ("builtins", "set"), *_PATHS}


def kept_policy(ref: str | Path) -> Policy | None:
    """Return the policy of a pack that was checked before; None if there is no such pack, or it was not.

    Args:
        ref: the name of a shipped pack, or a folder.
    """
    try:
        return kept(PackFiles(*find_pack(ref)))
    except PolicyError:
        return None


def kept(files: PackFiles) -> Policy | None:
    """Return the policy of a pack that was checked before and has the same files since.

    None if it was not, or if what is kept of it cannot be used.
    """
    path = _path(files)
    try:
        data = path.read_bytes() if path else b""
        head, _, rest = data.removeprefix(_MARK).partition(b"\n")
        if not data.startswith(_MARK) or hashlib.sha256(rest).hexdigest().encode() != head:
            return None
        listed, _, pickled = rest.partition(b"\n")
        found = json.loads(listed)
        if any(files.sha256(file) != digest for file, digest in found["files"].items()):
            return None
        if _beside(files, found["files"]) != found["beside"]:
            return None
        policy = _Reader(io.BytesIO(pickled)).load()
        if path is not None:
            os.utime(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, pickle.UnpicklingError):
        return None
    return policy if isinstance(policy, Policy) else None


def keep(files: PackFiles, listed: Iterable[str], policy: Policy) -> None:
    """Keep the policy of a pack; where it cannot be written nothing is lost.

    Args:
        listed: every file of the manifest, and the manifest.
    """
    path = _path(files)
    if path is None:
        return
    names = sorted(set(listed))
    told = {"files": {name: files.sha256(name) for name in names}, "beside": _beside(files, names)}
    rest = json.dumps(told).encode() + b"\n" + pickle.dumps(policy, pickle.HIGHEST_PROTOCOL)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256(rest).hexdigest().encode()
        write_bytes(path, _MARK + digest + b"\n" + rest, mode=0o600)
        others = sorted(path.parent.glob("*.pack"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in others[MOST:]:
            old.unlink()


def kept_packs() -> list[int]:
    """Return the sizes of the packs that are kept, in bytes."""
    return [path.stat().st_size for path in _kept_files()]


def clear_packs() -> int:
    """Take away the packs that are kept, and return the bytes freed.

    Raises:
        OSError: one of them cannot be taken away.
    """
    freed = 0
    for path in _kept_files():
        freed += path.stat().st_size
        path.unlink()
    return freed


def _kept_files() -> list[Path]:
    where = folder()
    return sorted((where / "packs").glob("*.pack")) if where else []


def folder() -> Path | None:
    """Return the folder of what is kept; None if nothing is to be."""
    named = os.environ.get(FOLDER, "")
    if named == "off":
        return None
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or ("~/.cache" if os.environ.get("HOME") else "")
    return Path(base).expanduser() / "bylaw" if base else None


def _path(files: PackFiles) -> Path | None:
    """Return where a pack is kept: by its manifest, its folder and how that is named, for places tell both.

    Where a relative folder lies does not matter, for what is kept goes by the contents of the files.
    """
    where = folder()
    manifest = files.sha256(MANIFEST)
    if where is None or manifest is None:
        return None
    key = "\n".join([_version(), str(files.folder), files.shown, manifest])
    return where / "packs" / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.pack"


def _beside(files: PackFiles, listed: Iterable[str]) -> dict[str, list[str]]:
    """Return what lies in the folders of the listed files, where a file too many is a mistake."""
    folders = sorted({str(PurePosixPath(name).parent) for name in listed})
    return {name: sorted(path.name for path in (files.folder / name).iterdir()) for name in folders}


@cache
def _version() -> str:
    """Return what the meaning of a kept pack depends on: this program, clingo and Python."""
    stamps = []
    for room in ("policy", "tables", "files", "errors.py"):
        at = _PACKAGE / room
        for path in sorted(at.glob("*.py")) if at.is_dir() else [at]:
            found = path.stat()
            stamps.append(f"{path} {found.st_size} {found.st_mtime_ns}")
    return "\n".join([*stamps, CLINGO, sys.version])


class _Reader(pickle.Unpickler):
    """Reads values and the package's own dataclasses, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class that a policy is made of.

        Raises:
            UnpicklingError: it is another one.
        """
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith("bylaw."):
            found = super().find_class(module, name)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a policy")
