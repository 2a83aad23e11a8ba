"""The strict YAML reader: scalars, places, and everything that it refuses."""

import json
import os
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.errors import BylawError, Place, PolicyError, RecordError
from bylaw.files.yaml import parse_yaml, read_yaml


def read(text):
    return parse_yaml(text, "x.yaml").data


AS_TEXT = [
    "NO",
    "yes",
    "on",
    "off",
    "True",
    "TRUE",
    "Null",
    "~",
    "0012345",
    "007",
    "1.98",
    "14.10",
    "1e5",
    ".inf",
]
AS_TEXT += ["0x1f", "0o7", "1_000", "+6", "-0", "2019-09-01", "2019-09-01T10:00:00", "12:30:45", "="]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("6", 6),
        ("0", 0),
        ("-3", -3),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("'6'", "6"),
        ('"true"', "true"),
        ("''", ""),
        *[(text, text) for text in AS_TEXT],
    ],
)
def test_a_scalar_is_what_it_is_written_as(written, value):
    found = read(f"key: {written}")["key"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_text():
    assert read("21100: a\ntrue: b\nnull: c\n1.5: d") == {"21100": "a", "true": "b", "null": "c", "1.5": "d"}


def test_collections_keep_their_order():
    data = read("b: [3, 1, {z: 1, a: 2}]\na: {}\n")
    assert data == {"b": [3, 1, {"z": 1, "a": 2}], "a": {}}
    assert list(data) == ["b", "a"]


def test_an_empty_file_is_nothing():
    document = parse_yaml("# a comment\n", "x.yaml")
    assert document.data is None
    assert document.place() == Place("x.yaml", 1, 1)


def test_places_of_values_and_keys():
    document = parse_yaml("one: 1\nrows:\n  - {x: é, y: 2}\n  - z: |\n      long\n", "x.yaml")
    assert document.place(("one",)) == Place("x.yaml", 1, 6)
    assert document.key_place(("one",)) == Place("x.yaml", 1, 1)
    assert document.place(("rows", 0, "y")) == Place("x.yaml", 3, 15)
    assert document.key_place(("rows", 0, "y")) == Place("x.yaml", 3, 12)
    assert document.place(("rows", 1)) == Place("x.yaml", 4, 5)
    assert document.place(("rows", 1, "z")) == Place("x.yaml", 4, 8)
    assert document.key_place(("rows", 1)) == document.place(("rows", 1))


def test_what_is_not_there_has_the_place_of_what_would_hold_it():
    document = parse_yaml("rows:\n  - {x: 1}\n", "x.yaml")
    assert document.place(("rows", 0, "y")) == document.place(("rows", 0))
    assert document.place(("rows", 7, "y", "z")) == document.place(("rows",))
    assert document.place(("other",)) == document.place()


def test_duplicate_keys_are_all_reported_and_the_first_counts():
    with pytest.raises(PolicyError) as caught:
        read("a: 1\nb: {c: 1, c: {d: 2}}\na: [1, 2]\n")
    assert [(p.message, p.place) for p in caught.value.problems] == [
        ("key `c` stands twice; first on line 2", Place("x.yaml", 2, 11)),
        ("key `a` stands twice; first on line 1", Place("x.yaml", 3, 1)),
    ]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: &x 1", "anchors are not read: `&x`", 1, 4),
        ("a: &x [1]", "anchors are not read: `&x`", 1, 4),
        ("&x a: 1", "anchors are not read: `&x`", 1, 1),
        ("a: !!python/object:os.system x", "tags are not read: `!!python/object:os.system`", 1, 4),
        ("a: !mine {b: 1}", "tags are not read: `!mine`", 1, 4),
        ("<<: {a: 1}", "merge keys are not read: `<<`", 1, 1),
        ("? [a, b]\n: 1", "a key is text", 1, 3),
        ("? {a: b}\n: 1", "a key is text", 1, 3),
        ("a: 1\n---\nb: 2", "a file holds one document", 2, 1),
        ("%YAML 1.1\n---\na: 1", "directives such as `%YAML` are not read", 1, 1),
        ("a: " + "9" * 5000, "a number of more than 100 digits", 1, 4),
        ("a:\n\t- 1", "not valid YAML: a tab in the indentation", 2, 1),
        ("a: b: c", "not valid YAML: a `:` where none can stand", 1, 5),
        ("a: 'x", "not valid YAML: the quoted text from line 1 is not closed", 1, 6),
        ("x: @y", "not valid YAML: a value cannot start with `@`", 1, 4),
        ("x: [", "not valid YAML: a value is missing before the end of the file", 1, 5),
        ("x: [1, 2\ny: 3", "not valid YAML: a `,` or `]` is missing in the brackets from line 1 on", 2, 2),
        ('x: "\\q"', "not valid YAML: `\\q` means nothing in double quotes", 1, 6),
        ("[" * 70 + "]" * 70, "nested more than 64 deep", 1, 65),
    ],
)
def test_what_is_refused(text, message, line, column):
    with pytest.raises(PolicyError) as caught:
        read(text)
    first = caught.value.problems[0]
    assert (first.message, first.place) == (message, Place("x.yaml", line, column))


def test_all_problems_come_at_once_in_order():
    with pytest.raises(PolicyError) as caught:
        read("a: &x 1\nb: *x\nc: !t 2\na: 3\n<<: 4\n")
    assert [problem.place.line for problem in caught.value.problems] == [1, 2, 3, 4, 5]


def test_the_error_is_of_the_class_asked_for(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(RecordError):
        read_yaml(path, "x.yaml", RecordError)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_do_not_count(tmp_path, end):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + end.join(["a: é", "b:", "  - 1"]).encode())
    document = read_yaml(path, "x.yaml")
    assert document.data == {"a": "é", "b": [1]}
    assert document.place(("b", 0)) == Place("x.yaml", 3, 5)


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"a: 1\nb: \xe9t\xe9\n", "byte 0xe9 is not UTF-8", Place("x.yaml", 2, 4)),
        ("a: é\x00".encode(), "control character U+0000", Place("x.yaml", 1, 5)),
        (b"a: \x1b[31m", "control character U+001B", Place("x.yaml", 1, 4)),
        ("a: 1".encode("utf-16"), "byte 0xff is not UTF-8", Place("x.yaml", 1, 1)),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path, data, message, place):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    with pytest.raises(PolicyError) as caught:
        read_yaml(path, "x.yaml")
    assert (caught.value.problems[0].message, caught.value.problems[0].place) == (message, place)


def test_only_regular_files_of_bounded_size_are_opened(tmp_path):
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)  # opening it would wait for ever
    with pytest.raises(PolicyError, match="not a regular file"):
        read_yaml(pipe, "pipe.yaml")
    with pytest.raises(PolicyError, match="is a folder"):
        read_yaml(tmp_path, "folder")
    with pytest.raises(PolicyError, match="there is no file"):
        read_yaml(tmp_path / "none.yaml", "none.yaml")
    large = tmp_path / "large.yaml"
    large.write_text("a: 1\n" * 30)
    with pytest.raises(PolicyError, match="larger than 100 bytes"):
        read_yaml(large, "large.yaml", max_bytes=100)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(string.printable.strip() + " éش", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(string.ascii_letters, min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(values)
def test_json_is_read_as_it_is(data):
    """Quoted texts and plain numbers mean in YAML what they mean in JSON."""
    assert read(json.dumps(data, ensure_ascii=False)) == data


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:-[]{},&*!|>'\"%@#?\n\t 01.~<", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        document = parse_yaml(text, "x.yaml")
    except BylawError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.place.line is not None
            assert problem.place.line <= text.count("\n") + 1
    else:
        assert document.place().line is not None
