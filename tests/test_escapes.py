"""A pack runs nothing and reads nothing but its own files: every way that is known to work is refused.

What stands in rules is refused before clingo parses it, wherever rules may stand: a spy on clingo sees none
of it. No test here may wait: a pipe that was opened would wait for ever, so an alarm goes off.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import clingo
import pytest
from clingo import ast

from bylaw.cli.main import main
from bylaw.errors import BylawError, PolicyError
from bylaw.policy.amend import amended
from bylaw.policy.grounder import problems_of
from bylaw.policy.load import load_policy
from hostile import TESTS, records

MANIFEST = "policy.yaml"
ESCAPES = {
    "include of an absolute path": ('#include "/etc/passwd".', "`#include` is not allowed in a pack"),
    "include of a relative path": ('#include "../../secret.lp".', "`#include` is not allowed in a pack"),
    "include of what ships with clingo": ("#include <incmode>.", "`#include` is not allowed in a pack"),
    "include through a comment": ('#include%*c*%"/etc/passwd".', "`#include` is not allowed in a pack"),
    "include through two lines": ('#include\n"/etc/passwd"\n.', "`#include` is not allowed in a pack"),
    "include of a pipe": ('#include "pipe".', "`#include` is not allowed in a pack"),
    "include of what is typed": ('#include "/dev/stdin".', "`#include` is not allowed in a pack"),
    "include in a comment in a comment": (
        '%* %* *% #include "/etc/passwd". *%',
        "a `%` inside a block comment",
    ),
    "python": ("#script (python)\nimport os\n#end.", "`#script` is not allowed in a pack"),
    "lua": ("#script (lua)\nos.exit()\n#end.", "`#script` is not allowed in a pack"),
    "a script through lines": ("#script\n(\npython\n)\nx\n#end.", "`#script` is not allowed in a pack"),
    "a script of no language": ("#script (x)#end.", "`#script` is not allowed in a pack"),
    "an external function": (
        "late(R, 1, @f(R)) :- reader(R).",
        "external functions (`@`) are not allowed in a pack",
    ),
    "an external function without arguments": (
        "late(R, 1, X) :- reader(R), X = @now.",
        "external functions (`@`) are not allowed in a pack",
    ),
    "an external atom": ("#external late(R, 1, 1) : reader(R).", "`#external` is not allowed in a pack"),
    "a theory": ("#theory t { x { }; &a/0 : x, any }.", "theories are not allowed in a pack"),
    "a constant of the command line": ("#const n = 1.", "`#const` is not allowed in a pack"),
    "a control character": ("late(R, 1, 1)\x1b :- reader(R).", "control character U+001B"),
    "a zero byte": ("late(R, 1, 1)\0 :- reader(R).", "control character U+0000"),
    "a letter that looks like another": (
        "lаte(R, 1, 1) :- reader(R).",
        "character `а` cannot stand in a rule",
    ),
    "a comment that reads otherwise": (
        "% \u202e)1 ,1 ,R(etal\nlate(R, 1, 1) :- reader(R).",
        "U+202E, which shows letters in another order than they stand in",
    ),
    "a word that is no statement": ("#inclūde.", "unknown statement `#incl`"),
    "a hash of its own": ('# include "/etc/passwd".', "a `#` that starts no statement"),
    "a text without end": ('late("', "a text that is not closed or holds an unknown escape"),
    "a comment without end": ("%* late", "the comment that starts here is not closed"),
}
RULES_FILE = "rules/rule_1.lp"
OTHER_PLACES = ["generator.lp", "choices.lp", "actions.lp", "properties.lp", "amendments/rules.lp"]
ALIKE = ["include through a comment", "python", "an external function", "a zero byte"]
"""What is tried everywhere; all places are read by one reader."""


@pytest.fixture(autouse=True)
def nothing_waits():
    def late(number, frame):
        raise TimeoutError("something waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def pack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYLAW_CACHE", "off")
    folder = tmp_path / "pack"
    shutil.copytree(TESTS / "packs" / "lending", folder)
    return folder


@pytest.fixture
def seen(monkeypatch):
    """What clingo has been given to read."""
    texts: list[str] = []
    parse, add = ast.parse_string, clingo.Control.add
    monkeypatch.setattr(
        ast, "parse_string", lambda text, *a, **k: (texts.append(text), parse(text, *a, **k))[1]
    )
    monkeypatch.setattr(clingo.Control, "add", lambda self, *a: (texts.append(a[-1]), add(self, *a))[1])
    return texts


def problems(load) -> list[str]:
    with pytest.raises(BylawError) as caught:
        load()
    return [one.message for one in caught.value.problems]


def write(pack: Path, place: str, text: str) -> None:
    """Write rules to a place where rules may stand, and have it read."""
    (pack / place).parent.mkdir(exist_ok=True)
    with (pack / place).open("a", encoding="utf-8") as file:
        file.write(f"\n%@ 1.a\n{text}\n")
    manifest = pack / MANIFEST
    listed = {
        "choices.lp": "  choices: [choices.lp]\n",
        "actions.lp": "  actions: actions.lp\n",
        "properties.lp": "  properties: [properties.lp]\n",
    }.get(place, "")
    manifest.write_text(manifest.read_text(encoding="utf-8") + listed, encoding="utf-8")
    if place.startswith("amendments"):
        about = "id: x\ntitle: T\nsummary: S\nwhy: W\nrules: [rules.lp]\n"
        (pack / "amendments" / "x.yaml").write_text(about, encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "escape"),
    [
        *((RULES_FILE, escape) for escape in ESCAPES),
        *((place, escape) for place in OTHER_PLACES for escape in ALIKE),
    ],
)
def test_an_escape_is_refused_before_clingo_reads_it(pack, seen, place, escape):
    text, told = ESCAPES[escape]
    write(pack, place, text)
    proposed = place.startswith("amendments")
    assert told in problems(lambda: amended(load_policy(pack), ["x"]) if proposed else load_policy(pack))
    assert not any(text in one for one in seen)


@pytest.mark.parametrize("escape", [*ALIKE, "an external atom", "a theory", "a text without end"])
def test_a_question_is_refused_too(pack, seen, capsys, escape):
    text, told = ESCAPES[escape]
    records(pack.parent / "records")
    assert main(["query", f"reader(R), {text}", "-p", "./pack", "-r", "records"]) == 2
    if not told.startswith("control character"):
        assert "the query may not contain that: " in capsys.readouterr().err
    assert not any(text in one for one in seen)


@pytest.mark.parametrize("body", ["X = 1, &sum { X } <= 1", "reader(R). #show reader/1", "X = 1. Y = 2"])
def test_a_question_is_one_body_without_theories(pack, capsys, body):
    records(pack.parent / "records")
    assert main(["query", body, "-p", "./pack", "-r", "records"]) == 2
    assert capsys.readouterr().out == ""


def test_a_script_is_refused_where_scripts_may_run(pack):
    """Some library may have enabled scripts in the process; clingo would run them."""
    (pack / "rules" / "rule_1.lp").write_text(
        '#script (python)\nopen("ran", "w").close()\n#end.\n', encoding="utf-8"
    )
    program = (
        "from clingo.script import enable_python; enable_python()\nfrom bylaw.cli.main import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "lint", "-p", "./pack"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=pack.parent,
        capture_output=True,
        text=True,
    )
    assert "`#script` is not allowed in a pack" in done.stdout
    assert (done.returncode, (pack.parent / "ran").exists()) == (1, False)


OUTSIDE = {
    "an absolute path": ("/etc/passwd", "`/etc/passwd` is an absolute path"),
    "a device": ("/dev/stdin", "`/dev/stdin` is an absolute path"),
    "a drive": ("C:rules.lp", "`C:rules.lp` is an absolute path"),
    "a step up": ("../secret.lp", "`../secret.lp` leaves the pack"),
    "a step down and up": ("rules/../../secret.lp", "`rules/../../secret.lp` leaves the pack"),
    "a backslash": ("..\\secret.lp", "`..\\secret.lp` holds a backslash"),
    "a dot": ("./rules/rule_1.lp", "`./rules/rule_1.lp` is not the plain name of a file"),
    "a folder": ("rules", "`rules` is a folder"),
    "a zero byte": ('"a\\0b.lp"', "there is no file `a\0b.lp`"),
    "a pipe": ("pipe.lp", "`pipe.lp` is not a regular file"),
    "a link": ("link.lp", "`link.lp` is or passes a symbolic link"),
    "a link to a folder": ("folder/secret.lp", "`folder/secret.lp` is or passes a symbolic link"),
}


@pytest.mark.parametrize("way", OUTSIDE)
def test_a_manifest_lists_only_files_of_its_pack(pack, way):
    listed, told = OUTSIDE[way]
    outside = pack.parent / "outside"
    outside.mkdir()
    (outside / "secret.lp").write_text("secret.", encoding="utf-8")
    os.mkfifo(pack / "pipe.lp")
    (pack / "link.lp").symlink_to(outside / "secret.lp")
    (pack / "folder").symlink_to(outside)
    manifest = pack / MANIFEST
    text = manifest.read_text(encoding="utf-8").replace("rules: [rules/rule_1.lp]", f"rules: [{listed}]")
    manifest.write_text(text, encoding="utf-8")
    assert told in problems(lambda: load_policy(pack))


@pytest.mark.parametrize(
    "file", ["policy.yaml", "vocabulary.yaml", "limits.yaml", "rules/rule_1.lp", "generator.lp"]
)
@pytest.mark.parametrize("kind", ["pipe", "link", "socket"])
def test_no_file_of_a_pack_is_a_pipe_or_a_link(pack, file, kind):
    whole = (pack / file).read_bytes()
    (pack / file).unlink()
    if kind == "link":
        (pack.parent / "other").write_bytes(whole)
        (pack / file).symlink_to(pack.parent / "other")
    elif kind == "pipe":
        os.mkfifo(pack / file)
    else:
        os.mknod(pack / file, 0o140600)
    found = problems(lambda: load_policy(pack))
    told = "is or passes a symbolic link" if kind == "link" and file != MANIFEST else "is not a regular file"
    assert f"`{file}` {told}" in found


def test_amendments_are_files_of_their_pack(pack):
    outside = pack.parent / "outside"
    outside.mkdir()
    (outside / "x.yaml").write_text("id: x\ntitle: T\nsummary: S\nwhy: W\n", encoding="utf-8")
    (pack / "amendments").symlink_to(outside)
    assert problems(lambda: amended(load_policy(pack), ["x"])) == ["`amendments` is a symbolic link"]


PIPES = [
    ["decide", "A1", "-r", "pipe.yaml"],
    ["decide", "A1", "-r", "pipe.xlsx"],
    ["decide", "A1", "-r", "pipe.sqlite"],
    ["decide", "A1", "-r", "/dev/stdin"],
    ["decide", "A1", "-r", "/dev/zero"],
    ["decide", "A1", "-r", "folder"],
    ["decide", "A1", "-r", "records", "--mapping", "pipe.yaml"],
    ["test", "--cases", "pipe.yaml"],
    ["test", "--cases", "/dev/stdin"],
    ["replay", "pipe.json", "-r", "records"],
]


@pytest.mark.parametrize("words", PIPES, ids=" ".join)
def test_no_pipe_is_waited_for(pack, capsys, words):
    house = pack.parent
    records(house / "records")
    records(house / "folder")
    (house / "folder" / "loans.csv").unlink()
    os.mkfifo(house / "folder" / "loans.csv")
    for ending in ("yaml", "xlsx", "sqlite", "json"):
        os.mkfifo(house / f"pipe.{ending}")
    assert main([*words, "-p", "./pack"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err[:7]) == ("", "error: ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "`bylaw.toml` is not a regular file"),
        ("a = " + "[" * 10_000, "nested too deep"),
        ("[bylaw]\npolicy = 'pack'\n[more]\n", "`bylaw.toml` has an unknown table `[more]`"),
        ("[bylaw]\npolicy = 'a'\npolicy = 'b'\n", "not valid TOML: cannot overwrite a value"),
        ("[bylaw]\ntime_limit = nan\n", "`time_limit` in `bylaw.toml` is below 0.1"),
        ("[bylaw]\ntime_limit = inf\n", "`--time-limit` is inf; the most is 10,000,000 seconds"),
        ("x" * (5 << 20), "`bylaw.toml` is larger than 4 MiB"),
    ],
)
def test_defaults_are_read_with_the_same_care(pack, capsys, text, told):
    if text is None:
        os.mkfifo(pack.parent / "bylaw.toml")
    else:
        (pack.parent / "bylaw.toml").write_text(text, encoding="utf-8")
    assert main(["lint", "-p", "./pack"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {told}")


YAML = {
    "depth": ("[" * 100_000, "nested more than 64 deep"),
    "depth of blocks": ("".join(" " * n + "a:\n" for n in range(200)), "nested more than 64 deep"),
    "depth of keys": ("? " * 100_000, "nested more than 64 deep"),
    "an anchor": ("a: &a [1]\n", "anchors are not read: `&a`"),
    "laughter": ("a: [*x, *x]\n", "aliases are not read: `*x`"),
    "a merge": ("<<: {a: 1}\n", "merge keys are not read: `<<`"),
    "a key twice": ("limits: {}\nlimits: {}\n", "key `limits` stands twice; first on line 1"),
    "an object": (
        "a: !!python/object/apply:os.system [id]\n",
        "tags are not read: `!!python/object/apply:os.system`",
    ),
    "a directive": ("%YAML 1.2\n---\na: 1\n", "directives such as `%YAML` are not read"),
    "two documents": ("a: 1\n---\nb: 1\n", "a file holds one document"),
    "a large number": ("a: " + "9" * 5000 + "\n", "a number of more than 100 digits"),
    "no text": ("a: \x00\n", "control character U+0000"),
    "size": ("#" * (5 << 20), "`pack/limits.yaml` is larger than 4 MiB"),
}


@pytest.mark.parametrize("what", YAML)
def test_what_yaml_may_do_elsewhere_is_refused(pack, what):
    text, told = YAML[what]
    (pack / "limits.yaml").write_text(text, encoding="utf-8")
    assert told in problems(lambda: load_policy(Path("pack")))


RULES = {
    "size": ("%" * (5 << 20), "`pack/rules/rule_1.lp` is larger than 4 MiB"),
    "lines": ("%\n" * 60_000, "a file of more than 50,000 lines"),
    "words": ("a " * 3000, "a statement of more than 2000 words"),
    "mistakes": ("@ " * 300_000, "external functions (`@`) are not allowed in a pack"),
    "bytes": (b"\xff\xfe#\0", "byte 0xff is not UTF-8"),
    "a large number": ("%@ 1.a\nlate(R, 1, 4294967297) :- reader(R).", "`4294967297` is too large"),
}


@pytest.mark.parametrize("what", RULES)
def test_rules_are_of_bounded_size(pack, what):
    text, told = RULES[what]
    data = text if isinstance(text, bytes) else text.encode()
    (pack / "rules" / "rule_1.lp").write_bytes(data)
    found = problems(lambda: load_policy(Path("pack")))
    assert told in found
    assert len(found) < 200


def test_more_alternatives_than_clingo_can_write_out_are_told_in_words():
    told = [one.message for one in problems_of(["vector::reserve"], [])]
    assert told == ["a rule has more alternatives than clingo can write out"]


@pytest.mark.parametrize("file", ["../loans.csv", "/tmp/loans.csv", ".loans.csv", "a\\loans.csv"])
def test_no_table_is_written_outside_its_folder(pack, file):
    """`import run` and `synth` write a file a table, under the name that the pack gives it."""
    tables = pack / "records.yaml"
    text = tables.read_text(encoding="utf-8")
    tables.write_text(text.replace("  loans:\n", f"  loans:\n    file: '{file}'\n"), encoding="utf-8")
    assert f"`{file}` is not the plain name of a file" in problems(lambda: load_policy(pack))


def test_sentences_are_no_programs(pack):
    words = pack / "vocabulary.yaml"
    text = words.read_text(encoding="utf-8")
    for says in ("{reader.__class__}", "{reader!r:>999999999}", "{{ 7 * 7 }}", "{reader[0]}"):
        words.write_text(text.replace("{reader} is a reader", says), encoding="utf-8")
        with pytest.raises(PolicyError):
            load_policy(pack)
