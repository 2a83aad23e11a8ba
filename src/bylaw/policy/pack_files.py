"""The files of a pack: each a regular file inside it, looked at before it is opened."""

from __future__ import annotations

import copy
import hashlib
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from bylaw.errors import Place, PolicyError, Problem, nearest
from bylaw.files.source import decode, read_bytes

if TYPE_CHECKING:
    from bylaw.files.yaml import Document

MANIFEST = "policy.yaml"


class PackFiles:
    """The files of a pack, each looked at before it is opened and read once.

    Args:
        folder: the pack.
        shown: the folder as the user named it, for places.
    """

    def __init__(self, folder: Path, shown: str) -> None:
        self.folder = folder
        self.shown = shown.rstrip("/") or shown
        self.problems: list[Problem] = []
        self._bytes: dict[str, bytes] = {}
        self.refused: set[str] = set()
        self._replaced: Mapping[str, str] = {}

    def edition(self, replaces: Mapping[str, str]) -> PackFiles:
        """Return the same files with some of them replaced, as another edition has them."""
        other = copy.copy(self)
        other._replaced = replaces
        return other

    def actual(self, file: str) -> str:
        """Return the file that stands in the place of a listed one in this edition."""
        return self._replaced.get(file, file)

    def name(self, file: str) -> str:
        """Return how places name a file of the pack."""
        return f"{self.shown}/{self.actual(file)}"

    def admit(self, file: str, place: Place, known: Collection[str] = ()) -> bool:
        """Check that a listed file is a regular file inside the pack.

        Args:
            file: relative to the pack, as the manifest has it.
            place: where the manifest has it.
            known: every file of the manifest, which is not what is meant by one that is not there.
        """
        refusal = self._refusal(file, known)
        if refusal is None:
            return True
        self.refused.add(file)
        self.problems.append(Problem(refusal[0], place, refusal[1]))
        return False

    def _refusal(self, file: str, known: Collection[str]) -> tuple[str, str | None] | None:
        inside = "list files of the pack, relative to its folder"
        path = PurePosixPath(file)
        if path.is_absolute() or (len(file) > 1 and file[1] == ":"):
            return f"`{file}` is an absolute path", inside
        if "\\" in file:
            return f"`{file}` holds a backslash", "separate folders with `/`"
        if ".." in path.parts:
            return f"`{file}` leaves the pack", inside
        if str(path) != file or not path.parts:
            return f"`{file}` is not the plain name of a file", f"write `{path}`" if path.parts else inside
        at = self.folder
        mode = 0
        for part in path.parts:
            at = at / part
            try:
                mode = at.lstat().st_mode
            except (OSError, ValueError):
                return f"there is no file `{file}`", self._near(file, known)
            if stat.S_ISLNK(mode):
                return f"`{file}` is or passes a symbolic link", "put the file itself into the pack"
        if stat.S_ISDIR(mode):
            return f"`{file}` is a folder", "list its files"
        if not stat.S_ISREG(mode):
            return f"`{file}` is not a regular file", "pipes and devices are not read"
        return None

    def _near(self, file: str, known: Collection[str]) -> str | None:
        parent = PurePosixPath(file).parent
        folder = self.folder / parent
        beside = [str(parent / path.name) for path in folder.iterdir()] if folder.is_dir() else []
        close = nearest(file, [name for name in beside if name != MANIFEST and name not in known])
        return f"did you mean `{close}`?" if close else None

    def text(self, file: str) -> str | None:
        """Return the text of an admitted file, or None with a problem noted."""
        name, file = self.name(file), self.actual(file)
        if file in self.refused:
            return None
        try:
            if file not in self._bytes:
                self._bytes[file] = read_bytes(self.folder / file, name)
            return decode(self._bytes[file], name)
        except PolicyError as cause:
            self.problems.extend(cause.problems)
            return None

    def sha256(self, file: str) -> str | None:
        """Return the hash of a file of the pack; None if it is none that may be read."""
        if self._refusal(file, ()) is not None:
            return None
        try:
            if file not in self._bytes:
                self._bytes[file] = read_bytes(self.folder / file, self.name(file))
        except PolicyError:
            return None
        return hashlib.sha256(self._bytes[file]).hexdigest()

    def yaml(self, file: str) -> Document | None:
        """Return an admitted YAML file, or None with its problems noted."""
        text = self.text(file)
        if text is None:
            return None
        from bylaw.files.yaml import parse_yaml

        try:
            return parse_yaml(text, self.name(file))
        except PolicyError as cause:
            self.problems.extend(cause.problems)
            return None

    def digest(self, files: Iterable[str]) -> str:
        """Return `sha256:` and the hash of names and contents, in the order of the names."""
        total = hashlib.sha256()
        for file in sorted(set(files)):
            if file not in self._bytes:
                self._bytes[file] = read_bytes(self.folder / file, self.name(file))
            data = self._bytes[file]
            total.update(f"{len(file.encode())}:{file}{len(data)}:".encode())
            total.update(data)
        return f"sha256:{total.hexdigest()}"
