"""Packs that nobody should trust: the lending library with something added that goes off when it is used."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
READERS = "reader\nA1\nA2\nA3\n"
LOANS = """\
reader,year,number,days,kind,fee,back,spoilt
A1,2020,1,30,ordinary,,,no
A2,2020,1,2,ordinary,,,no
A2,2020,99,2,ordinary,,,no
A3,2020,1,40,ordinary,,,no
"""
PROGRAM = "from bylaw.cli.main import run; run()"


@dataclass(frozen=True)
class Bomb:
    """Rules that do not end, and the words that they use.

    Args:
        rules: each tagged, `WHO` where it is said of whom; the last one derives `barred`.
        words: lines of the vocabulary.
    """

    rules: str
    words: str


def _word(name: str, *numbers: str) -> str:
    args = ", ".join(f"{one}: number" for one in numbers)
    says = " ".join(f"{{{one}}}" for one in numbers)
    return f'  {name}: {{args: {{reader: reader, {args}}}, role: definition, says: "{{reader}} {says}"}}\n'


def pigeonhole(pigeons: int, holes: int) -> Bomb:
    """Rules by which a reader may be barred if each pigeon can have a hole of its own."""
    return Bomb(
        f"%@ 1.a\n{{ put(R, P, H) : H = 1..{holes} }} :- WHO, P = 1..{pigeons}.\n"
        "%@ 1.a\nbomb(R, 0) :- put(R, P, H), put(R, Q, H), P < Q.\n"
        f"%@ 1.a\nbomb(R, 0) :- WHO, P = 1..{pigeons}, not 1 {{ put(R, P, H) : H = 1..{holes} }} 1.\n"
        "%@ 1.b\nbarred(R, 1) :- WHO, not bomb(R, 0).\n",
        _word("put", "n", "m") + _word("bomb", "n"),
    )


BOMBS = {
    "interval": Bomb(
        "%@ 1.a\nbomb(R, X) :- WHO, X = 1..99999999.\n"
        "%@ 1.b\nbarred(R, 1) :- bomb(R, 5), not late(R, 1, 1).\n",
        _word("bomb", "n"),
    ),
    "cross product": Bomb(
        "%@ 1.a\nbomb(R, X, Y, Z) :- WHO, X = 1..3000, Y = 1..3000, Z = 1..3000.\n"
        "%@ 1.b\nbarred(R, 1) :- bomb(R, 5, 5, 5).\n",
        _word("bomb", "n", "m", "k"),
    ),
    "endless": Bomb(
        "%@ 1.a\nbomb(R, 0) :- WHO.\n%@ 1.a\nbomb(R, N + 1) :- bomb(R, N).\n"
        "%@ 1.b\nbarred(R, 1) :- bomb(R, 2000000000).\n",
        _word("bomb", "n"),
    ),
    "pigeonhole": pigeonhole(26, 25),
}
EVERYBODY = "reader(R)"
A2_ALONE = "loan(R, _, 99, _)"
"""What holds of one reader of the records only."""


def pack_with(bomb: Bomb, folder: Path, who: str = EVERYBODY) -> Path:
    """Write the lending library with a bomb.

    Args:
        who: a condition that says at whose record it goes off.
    """
    shutil.copytree(TESTS / "packs" / "lending", folder)
    with (folder / "rules" / "rule_1.lp").open("a", encoding="utf-8") as rules:
        rules.write("\n" + bomb.rules.replace("WHO", who))
    with (folder / "vocabulary.yaml").open("a", encoding="utf-8") as words:
        words.write(bomb.words)
    return folder


def records(folder: Path) -> Path:
    """Write the records of three readers."""
    folder.mkdir()
    (folder / "readers.csv").write_text(READERS, encoding="utf-8")
    (folder / "loans.csv").write_text(LOANS, encoding="utf-8")
    return folder


def bylaw(*words: str | Path, cwd: Path, hash_seed: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, with its limits; a test that waits a minute has failed.

    Args:
        cwd: where; its `bylaw.toml` counts.
        hash_seed: of the order in which sets are walked through.
    """
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(cwd / ".cache"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    if hash_seed is not None:
        environment["PYTHONHASHSEED"] = hash_seed
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def hear_interrupts() -> None:
    """Have a process that is started hear interrupts, which it does not below a shell's background job."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
