"""Broken packs: each is the library's pack with one patch, and the whole text of its errors is golden."""

import os
import shutil
from pathlib import Path

import pytest

from bylaw.errors import PolicyError
from bylaw.files.yaml import read_yaml
from bylaw.policy.load import load_policy

HERE = Path(__file__).parent
PATCHES = sorted((HERE / "bad" / "packs").glob("*.yaml"))


def build(patch: dict, folder: Path) -> None:
    """Copy the base pack and break it as a patch says."""
    shutil.copytree(HERE / "packs" / patch["base"], folder)
    for file, text in patch.get("write", {}).items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    for file, changes in patch.get("replace", {}).items():
        text = (folder / file).read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"`{old}` stands {text.count(old)} times in {file}"
            text = text.replace(old, new)
        (folder / file).write_text(text, encoding="utf-8")
    for file, text in patch.get("hex", {}).items():
        (folder / file).write_bytes(bytes.fromhex(text))
    for file in patch.get("delete", []):
        (folder / file).unlink()
    for file, target in patch.get("link", {}).items():
        (folder / file).unlink()
        (folder / file).symlink_to(target)
    for file in patch.get("pipe", []):
        (folder / file).unlink()
        os.mkfifo(folder / file)


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.stem)
def test_a_broken_pack_gets_its_errors(path, tmp_path, monkeypatch, request):
    patch = read_yaml(path, path.name).data
    folder = tmp_path / patch["base"]
    build(patch, folder)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolicyError) as caught:
        load_policy(Path(patch["base"]))
    found = f"{caught.value}\n"
    if request.config.getoption("--rerecord"):
        head = path.read_text(encoding="utf-8").partition("\nexpect: ")[0].rstrip("\n")
        golden = "".join(f"  {line}".rstrip() + "\n" for line in found.splitlines())
        path.write_text(f"{head}\nexpect: |\n{golden}", encoding="utf-8")
        return
    assert found == patch["expect"]
    places = [problem.place for problem in caught.value.problems]
    assert places == sorted(places, key=lambda place: (place.file, place.line or 0, place.column or 0))
    assert all(place.file.startswith(f"{patch['base']}/") for place in places)


def test_there_are_broken_packs_enough():
    assert len(PATCHES) >= 30


def test_the_base_of_the_broken_packs_is_sound(tmp_path):
    folder = tmp_path / "library-loans"
    build({"base": "library-loans"}, folder)
    assert load_policy(folder).id == "library-loans"
