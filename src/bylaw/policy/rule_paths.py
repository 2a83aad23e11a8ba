"""The rule files of a pack and of the amendments beside it, by where they are."""

from __future__ import annotations

from pathlib import Path

from bylaw.errors import PolicyError, Problem
from bylaw.policy.amendment import FOLDER
from bylaw.policy.manifest import read_manifest
from bylaw.policy.pack_files import PackFiles
from bylaw.policy.packs import find_pack
from bylaw.policy.schemas import AmendmentModel, ManifestModel
from bylaw.policy.validation import in_order, validate


def rule_paths(ref: str | Path) -> list[tuple[Path, str]]:
    """Return the files of rules of a pack, each with how places name it.

    Rules, choices, actions and the generator, those of other editions, and those that amendments add.

    Args:
        ref: the name of a shipped pack, or a folder.

    Raises:
        PolicyError: there is no such pack, or its manifest or an amendment cannot be read.
    """
    files = PackFiles(*find_pack(ref))
    manifest, _ = read_manifest(files)
    names = rule_files(manifest)
    names += [
        name for amendment in amendment_files(files) for name in added_paths(files, amendment, files.problems)
    ]
    if files.problems:
        raise PolicyError(in_order(files.problems))
    return [(files.folder / name, f"{files.shown}/{name}") for name in dict.fromkeys(names)]


def rule_files(manifest: ManifestModel) -> list[str]:
    """Return the files of rules that a manifest lists, in its order, those of other editions last."""
    names = [*manifest.files.rules, *manifest.files.choices]
    names += [name for name in (manifest.files.actions, manifest.files.generator) if name is not None]
    names += manifest.files.properties
    others = manifest.editions.others if manifest.editions else ()
    return names + [other.replaces[name] for other in others for name in names if name in other.replaces]


def amendment_files(files: PackFiles) -> list[str]:
    """Return the amendments of a pack, relative to it, in the order of their names."""
    return sorted(f"{FOLDER}/{path.name}" for path in (files.folder / FOLDER).glob("*.yaml"))


def added_paths(files: PackFiles, amendment: str, problems: list[Problem]) -> list[str]:
    """Return the files of rules that an amendment adds, relative to the pack; what is wrong is noted."""
    aside = PackFiles(files.folder, files.shown)
    document = aside.yaml(amendment)
    model = validate(AmendmentModel, document, (), aside.problems) if document else None
    names = []
    for number, name in enumerate(model.rules if model else ()):
        file = f"{FOLDER}/{name}"
        if document is not None and aside.admit(file, document.place(("rules", number))):
            names.append(file)
    problems += aside.problems
    return names
