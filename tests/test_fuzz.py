"""Readers are given what nobody would write: the kept corpus, and changed copies of it.

`python tests/fuzz.py TARGET` does the same with atheris, which looks for new ways through the code; what it
finds is kept in `tests/corpus/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readers import TARGETS

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
WORDS: dict[str, list[bytes]] = {
    "yaml": [
        b"- ",
        b": ",
        b"? ",
        b"\n  ",
        b"[",
        b"]",
        b"{",
        b"}",
        b"'",
        b'"',
        b"&a",
        b"*a",
        b"!!str",
        b"<<",
        b"|",
        b">-",
    ],
    "csv": [b",", b";", b"\t", b'"', b'""', b"\r\n", b"\n", b"\r", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b" "],
    "rules": [
        b"#include",
        b"#script",
        b"%*",
        b"*%",
        b"%",
        b'"',
        b"\\",
        b"\n",
        b":-",
        b".",
        b"..",
        b"@f",
        b"{",
        b"}",
        b"#sum",
    ],
    "json": [b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\u", b"1e9", b"NaN", b"-", b"null", b"0"],
}
WORDS |= {"table": WORDS["csv"] + [b"A1", b"2020", b"-1", b"0,5", b"99999999999"], "student": WORDS["yaml"]}
WORDS["pack"] = (
    WORDS["yaml"]
    + WORDS["rules"]
    + [b"null", b"true", b"-1", b"{}", b"[]", b"member", b"years", b"99999999999"]
)
WORDS["pattern"] = [b"(", b")", b",", b"_", b"'", b'"', b"barred", b"2020", b"\\"]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_before_stays_mended(path):
    TARGETS[path.parent.name](path.read_bytes())


def test_every_reader_has_a_corpus():
    assert {path.parent.name for path in KEPT} == set(TARGETS)


@st.composite
def changed(draw: st.DrawFn, target: str) -> bytes:
    """A file of the corpus with some places changed."""
    small = [path for path in KEPT if path.parent.name == target and path.stat().st_size < 8000]
    data = draw(st.sampled_from(small)).read_bytes()
    piece = st.one_of(
        st.sampled_from(WORDS[target]), st.binary(max_size=3), st.text(max_size=3).map(str.encode)
    )
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 4))
        data = data[:at] + draw(piece) * draw(st.sampled_from([1, 1, 1, 3])) + data[at + gone :]
    return data


def tried(target: str, examples: int):
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(changed(target))
    def run(data: bytes) -> None:
        TARGETS[target](data)

    run()


@pytest.mark.parametrize("target", TARGETS)
def test_a_reader_names_what_it_cannot_read_and_drops_nothing(target):
    tried(target, 8 if target == "pack" else 40)


@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_a_reader_names_what_it_cannot_read_and_drops_nothing_often(target):
    tried(target, 150 if target == "pack" else 500)
