"""Read `policy.yaml` and admit the files it lists."""

from __future__ import annotations

import stat
from pathlib import PurePosixPath

from bylaw.errors import Place, PolicyError, Problem
from bylaw.files.yaml import Document, Loc
from bylaw.policy.pack_files import MANIFEST, PackFiles
from bylaw.policy.schemas import ManifestModel
from bylaw.policy.validation import in_order, validate

_SINGLE = ("provisions", "vocabulary", "records", "limits", "readings", "generator", "actions")
_LISTS = {"tables": ".csv", "rules": ".lp", "choices": ".lp", "cases": ".yaml", "properties": ".lp"}


def read_manifest(files: PackFiles) -> tuple[ManifestModel, Document]:
    """Read the manifest and admit the files it lists.

    Raises:
        PolicyError: there is no manifest or it does not say what the pack is.
    """
    try:
        mode = (files.folder / MANIFEST).lstat().st_mode
    except OSError:
        raise PolicyError(
            Problem(
                f"`{files.shown}` is not a policy pack: it has no `{MANIFEST}`",
                Place(files.name(MANIFEST)),
                "see docs/reference/packs.md",
            )
        ) from None
    if not stat.S_ISREG(mode):
        raise PolicyError(Problem(f"`{MANIFEST}` is not a regular file", Place(files.name(MANIFEST))))
    document = files.yaml(MANIFEST)
    manifest = validate(ManifestModel, document, (), files.problems) if document else None
    if document is None or manifest is None:
        raise PolicyError(in_order(files.problems))
    _admit_all(files, manifest, document)
    return manifest, document


def listed(manifest: ManifestModel) -> dict[str, Loc]:
    """Return every file of the manifest and where it stands there."""
    found: dict[str, Loc] = {}
    for key in _SINGLE:
        file = getattr(manifest.files, key)
        if file is not None:
            found.setdefault(file, ("files", key))
    for key in _LISTS:
        for number, file in enumerate(getattr(manifest.files, key)):
            found.setdefault(file, ("files", key, number))
    for number, other in enumerate(manifest.editions.others if manifest.editions else ()):
        for file, by in other.replaces.items():
            found.setdefault(by, ("editions", "others", number, "replaces", file))
    return found


def _admit_all(files: PackFiles, manifest: ManifestModel, document: Document) -> None:
    known = listed(manifest)
    for file, loc in known.items():
        files.admit(file, document.place(loc), known)
    every: list[tuple[str | None, Loc]] = [(getattr(manifest.files, key), ("files", key)) for key in _SINGLE]
    for key in _LISTS:
        every += [(file, ("files", key, n)) for n, file in enumerate(getattr(manifest.files, key))]
    for again, loc in every:
        if again is not None and known[again] != loc:
            first = document.place(known[again])
            files.problems.append(
                Problem(f"`{again}` is listed twice; first on line {first.line}", document.place(loc))
            )
    for key, suffix in _LISTS.items():
        _report_unlisted(files, document, key, suffix, getattr(manifest.files, key), set(known))


def _report_unlisted(
    files: PackFiles, document: Document, key: str, suffix: str, names: list[str], known: set[str]
) -> None:
    """Report a file beside listed ones that the manifest leaves out."""
    folders = {str(PurePosixPath(name).parent) for name in names if name not in files.refused}
    for folder in sorted(folders):
        for path in sorted((files.folder / folder).iterdir()):
            name = str(PurePosixPath(folder) / path.name)
            if path.suffix == suffix and name not in known and name != MANIFEST:
                files.problems.append(
                    Problem(
                        f"`{name}` is not listed",
                        document.key_place(("files", key)),
                        f"add it to `{key}`, or take it out of the folder",
                    )
                )
