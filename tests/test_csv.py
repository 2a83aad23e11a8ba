import codecs
import os
import stat
from pathlib import Path

import pytest

from bylaw.files.atomic import write_text
from bylaw.files.csv import read_csv


def parse(tmp_path: Path, data: bytes) -> tuple[list[str], list[tuple[int, list[str]]], list[str]]:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    file = read_csv(path, "t.csv")
    rows = [(row.line, row.cells) for row in file.rows]
    return [name for name, _ in file.header], rows, [str(problem) for problem in file.problems]


TEXT = 'id,name\n0012345,"a, ""b"""\nS2,اسم\n'
WANTED = (["id", "name"], [(2, ["0012345", 'a, "b"']), (3, ["S2", "اسم"])], [])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode(), id="plain"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), id="byte order mark"),
        pytest.param(TEXT.encode("utf-16"), id="utf-16"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), id="utf-16 big end first"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), id="crlf"),
        pytest.param(TEXT.replace("\n", "\r").encode(), id="cr"),
        pytest.param(TEXT.rstrip().encode(), id="no line end at the end"),
        pytest.param(b'id; name \n0012345;"a, ""b"""\nS2;' + "اسم\n".encode(), id="semicolon"),
        pytest.param(b'id\tname\n0012345\t"a, ""b"""\nS2\t' + "اسم\n".encode(), id="tab"),
        pytest.param(TEXT.replace('"a', ' "a').encode(), id="space before a quote"),
    ],
)
def test_every_allowed_way_to_write_a_table_reads_the_same(tmp_path: Path, data: bytes) -> None:
    assert parse(tmp_path, data) == WANTED


def test_delimiter_is_told_from_outside_the_quotes(tmp_path: Path) -> None:
    header, rows, problems = parse(tmp_path, b'"a,b,c";d\n1;2\n')
    assert (header, rows, problems) == (["a,b,c", "d"], [(2, ["1", "2"])], [])


def test_blank_lines_count_as_lines_and_not_as_rows(tmp_path: Path) -> None:
    header, rows, problems = parse(tmp_path, b"\n  \na,b\n\n1,2\n   \n\n3,4\n")
    assert (header, rows, problems) == (["a", "b"], [(5, ["1", "2"]), (8, ["3", "4"])], [])


def test_row_with_a_line_break_in_a_cell_starts_where_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,b,c\r\n1,"x\r\ny\r\nz", 3\r\n4,5,6\r\n')
    first, second = read_csv(path, "t.csv").rows
    assert (first.line, second.line) == (2, 5)
    assert [first.position(index) for index in range(3)] == [(2, 1), (2, 3), (4, 5)]
    assert [second.position(index) for index in range(3)] == [(5, 1), (5, 3), (5, 5)]


def test_position_counts_characters_and_finds_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d\näöü,,  x,\n", encoding="utf-8")
    (row,) = read_csv(path, "t.csv").rows
    assert [row.position(index) for index in range(4)] == [(2, 1), (2, 5), (2, 8), (2, 10)]


def test_one_wrong_row_does_not_hide_the_next(tmp_path: Path) -> None:
    _, rows, problems = parse(tmp_path, b'a,b\n1\n1,2,3\n"x"y,2\n1,\0\n5,6\n')
    assert rows == [(6, ["5", "6"])]
    assert [problem.splitlines()[1].strip() for problem in problems] == [
        "at t.csv:2",
        "at t.csv:3:5",
        "at t.csv:4:4",
        "at t.csv:5:3",
    ]


@pytest.mark.parametrize("header", [b"a,\0b", b'a,"b"c', b'a,"b'])
def test_no_row_stands_in_for_a_header_that_cannot_be_read(tmp_path: Path, header: bytes) -> None:
    names, rows, problems = parse(tmp_path, header + b"\n1,2\n3,4\n")
    assert (names, rows, len(problems)) == ([], [], 1)


def test_unclosed_quote_is_reported_where_it_opens(tmp_path: Path) -> None:
    _, rows, problems = parse(tmp_path, b'a,b\n1,2\n3,"4\n5,6\n')
    assert rows == [(2, ["1", "2"])]
    assert problems == ["error: quoted cell is never closed\n  at t.csv:3:3"]


def test_endless_quoted_cell_does_not_fill_the_memory(tmp_path: Path) -> None:
    _, _, problems = parse(tmp_path, b'a,b\n3,"4\n' + b"5,6\n" * 100_000)
    assert problems == ["error: quoted cell is never closed\n  at t.csv:2:3"]


def test_endless_plain_cell_and_endless_line(tmp_path: Path) -> None:
    _, rows, problems = parse(tmp_path, b"a,b\n1," + b"x" * 200_000 + b"\n3,4\n")
    assert rows == [(3, ["3", "4"])]
    assert problems == ["error: a cell has more than 131,072 characters\n  at t.csv:2"]
    _, rows, problems = parse(tmp_path, b"a,b\n1,2\n" + b"x," * 600_000)
    assert rows == [(2, ["1", "2"])]
    assert problems[0].startswith("error: line is longer than 1,000,000 characters\n  at t.csv:3")


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("rows_before", [0, 3, 5_000])
def test_place_of_a_byte_that_is_no_text(tmp_path: Path, ends: bytes, rows_before: int) -> None:
    good = "ä,b".encode() + ends
    _, _, problems = parse(tmp_path, good * (rows_before + 1) + "äü,x".encode() + b"\xe9" + ends)
    assert len(problems) == 1
    assert problems[0].startswith(
        f"error: byte 0xe9 is not UTF-8 text\n  at t.csv:{rows_before + 2}:5\n  help: save it as UTF-8"
    )


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_without_a_mark_are_refused(tmp_path: Path, codec: str) -> None:
    header, rows, problems = parse(tmp_path, "id,name\n1,x\n".encode(codec))
    assert (header, rows, len(problems)) == ([], [], 1)
    assert problems[0].endswith("help: save it as UTF-8")


def test_surrogates_are_not_text(tmp_path: Path) -> None:
    _, _, problems = parse(tmp_path, b"a,b\n1,\xed\xa0\x80\n")
    assert "not UTF-8 text\n  at t.csv:2:3" in problems[0]


@pytest.mark.parametrize("data", [b"", b"\n\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_empty_file(tmp_path: Path, data: bytes) -> None:
    header, rows, problems = parse(tmp_path, data)
    assert (header, rows) == ([], [])
    assert problems[0].startswith("error: file is empty")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder.csv", tmp_path / "pipe.csv"
    folder.mkdir()
    os.mkfifo(pipe)
    for path in (folder, pipe, Path("/dev/null")):
        (problem,) = read_csv(path, path.name).problems
        assert problem.message == "file cannot be read: it is not a regular file"
    (problem,) = read_csv(tmp_path / "none.csv", "none.csv").problems
    assert problem.message == "file cannot be read: it is not there"


def test_size_is_bounded_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert read_csv(path, "t.csv", max_bytes=8).problems == []
    (problem,) = read_csv(path, "t.csv", max_bytes=7).problems
    assert problem.message == "file is 8 bytes long; the most allowed is 7"


def test_write_text_replaces_whole_and_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_text(path, "one\r\n", mode=0o600)
    write_text(path, "zwei ä\n")
    assert path.read_bytes() == "zwei ä\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["out.txt"]


def test_write_text_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["out.txt"]


def test_write_text_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    write_text(real, "old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"
