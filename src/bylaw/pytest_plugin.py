"""A pytest plugin: `pytest policies/` runs each case of each pack as a test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bylaw.analysis.cases import CaseRunner
    from bylaw.errors import BylawError
    from bylaw.policy.cases import Case

MANIFEST = "policy.yaml"
LEVELS = 4
"""How many folders above a file are searched for a manifest."""
_MANIFEST_KEYS = (re.compile(r"^id\s*:", re.MULTILINE), re.compile(r"^files\s*:", re.MULTILINE))
_MANIFEST_BYTES = 4 * 1024 * 1024


class CaseFailure(Exception):  # noqa: N818 - a case that fails is not an error
    """A case does not come out as it expects."""


class PackWrong(pytest.Collector.CollectError):
    """A pack cannot be loaded."""


class Packs:
    """The packs that a test session has met, each loaded once."""

    def __init__(self) -> None:
        self._manifests: dict[Path, frozenset[Path] | None] = {}
        self._loaded: dict[Path, tuple[CaseRunner, tuple[Case, ...]] | BylawError] = {}
        self._told: set[Path] = set()

    def case_files(self, folder: Path) -> frozenset[Path] | None:
        """Return the case files that the manifest in a folder lists; None if it has no manifest."""
        if folder not in self._manifests:
            self._manifests[folder] = _case_files(folder)
        return self._manifests[folder]

    def pack_of(self, path: Path) -> Path | None:
        """Return the folder of the pack that lists a file among its cases."""
        for folder in path.parents[:LEVELS]:
            files = self.case_files(folder)
            if files is not None:
                return folder if path in files else None
        return None

    def load(self, folder: Path) -> tuple[CaseRunner, tuple[Case, ...]]:
        """Load a pack and its cases.

        Raises:
            PackWrong: with all its problems the first time, and in brief when it is asked for again.
        """
        from bylaw.analysis.cases import CaseRunner
        from bylaw.errors import BylawError
        from bylaw.policy.cases import load_cases
        from bylaw.policy.load import load_policy

        if folder not in self._loaded:
            try:
                policy = load_policy(Path(os.path.relpath(folder)))
                self._loaded[folder] = (CaseRunner(policy), tuple(load_cases(policy)))
            except BylawError as error:
                self._loaded[folder] = error
        found = self._loaded[folder]
        if not isinstance(found, BylawError):
            return found
        if folder in self._told:
            raise PackWrong(f"the pack `{folder.name}` is wrong; its problems are listed once")
        self._told.add(folder)
        raise PackWrong("\n".join(_visible(str(problem)) for problem in found.problems))


def _case_files(folder: Path) -> frozenset[Path] | None:
    """Read which case files a manifest lists, without loading the pack."""
    path = folder / MANIFEST
    try:
        if not path.is_file() or path.stat().st_size > _MANIFEST_BYTES:
            return None
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
    if not all(key.search(text) for key in _MANIFEST_KEYS):
        return None
    from bylaw.errors import BylawError
    from bylaw.files.yaml import parse_yaml

    try:
        data = parse_yaml(text, MANIFEST).data
    except BylawError:
        return frozenset()
    files = data.get("files") if isinstance(data, dict) else None
    listed = files.get("cases") if isinstance(files, dict) else None
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return frozenset((folder / name) for name in names if ".." not in Path(name).parts)


_PACKS = pytest.StashKey[Packs]()


def _packs(config: pytest.Config) -> Packs:
    return config.stash.setdefault(_PACKS, Packs())


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the case files of packs, and a manifest to report what is wrong with its pack."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    packs = _packs(parent.config)
    if file_path.name == MANIFEST:
        if packs.case_files(file_path.parent) is None:
            return None
        manifest: PackManifest = PackManifest.from_parent(parent, path=file_path)
        return manifest
    folder = packs.pack_of(file_path)
    if folder is None:
        return None
    cases: CaseFile = CaseFile.from_parent(parent, path=file_path)
    cases.folder = folder
    return cases


class _Reported(pytest.File):
    """A file whose errors are told without a Python traceback."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the problems of a pack as they are."""
        if isinstance(excinfo.value, PackWrong):
            return str(excinfo.value)
        del style
        return super().repr_failure(excinfo)


class PackManifest(_Reported):
    """The manifest of a pack: no tests of its own, but an error if the pack is wrong."""

    def collect(self) -> Iterator[pytest.Item]:
        """Load the pack."""
        _packs(self.config).load(self.path.parent)
        return iter(())


class CaseFile(_Reported):
    """A case file of a pack."""

    folder: Path

    def collect(self) -> Iterator[pytest.Item]:
        """Yield each case of the file."""
        runner, cases = _packs(self.config).load(self.folder)
        own = self.path.relative_to(self.folder).as_posix()
        for case in cases:
            if case.file == own or case.file.endswith(f"/{own}"):
                item: CaseItem = CaseItem.from_parent(self, name=_visible(case.name).replace("::", ": "))
                item.case, item.runner = case, runner
                yield item


class CaseItem(pytest.Item):
    """A case."""

    case: Case
    runner: CaseRunner

    def runtest(self) -> None:
        """Run the case.

        Raises:
            CaseFailure: with what was expected and found.
        """
        result = self.runner.run(self.case)
        if not result.passed:
            raise CaseFailure("\n".join(result.failures))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what was expected and found, without a Python traceback."""
        if isinstance(excinfo.value, CaseFailure):
            place = f"{os.path.relpath(self.path)}:{self.case.line}"
            lines = "\n".join(f"  {_visible(text)}" for text in str(excinfo.value).splitlines())
            return f"{place}: {_visible(self.case.name)}\n{lines}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return where the case stands."""
        return self.path, self.case.line - 1, f"case: {self.name}"


def _visible(text: str) -> str:
    from bylaw.report.terminal import escape

    return "\n".join(escape(one) for one in text.split("\n"))
