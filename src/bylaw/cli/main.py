"""The command `bylaw`: its verbs, and what becomes of an error."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from bylaw import watch
from bylaw.cli import (
    advise,
    audit,
    cache,
    check_cases,
    compare,
    coverage,
    decide,
    demo,
    diff,
    discreet,
    facts,
    fmt,
    importing,
    limited,
    lint,
    output,
    packs,
    page,
    profile,
    query,
    readings,
    replay,
    show,
    synth,
    verify,
    what_if,
    why,
    why_not,
)
from bylaw.cli.supervisor import supervised
from bylaw.errors import BylawError

INTERNAL_ERROR = 70
"""The exit code of a fault in bylaw itself."""
INTERRUPTED = 130

app = typer.Typer(
    name="bylaw",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from bylaw import __version__

        output.write(f"bylaw {__version__}\n")
        raise typer.Exit


@app.callback()
def bylaw(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Apply university regulations to student records, and name the article behind every outcome.

    Start with `bylaw demo`. Exit codes: 0 answered, 1 a check found something, 2 wrong input, 3 undetermined,
    4 a limit was hit.
    """
    del version


_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("demo", demo.demo, "Write a pack and a cohort, and explain one failure."),
    ("decide", decide.decide, "Everything that follows from a student's record."),
    ("why", why.why, "Why something follows: provisions, figures, rows."),
    ("why-not", why_not.why_not, "Why it does not: each way to it, and where it failed."),
    ("advise", advise.advise, "What can still be done to reach a goal."),
    ("what-if", what_if.what_if, "The same student with changed rows, before and after."),
    ("replay", replay.replay, "A verdict derived again from its receipt."),
    ("query", query.query, "A question over all students."),
    ("audit", audit.audit, "Outcomes on record beside those that follow, over all students."),
    ("show", show.show, "A provision: summary, rules, cases."),
    ("page", page.page, "The page of a whole regulation, in Markdown."),
    ("test", check_cases.check_cases, "Run the cases of packs."),
    ("compare", compare.compare, "Whom a changed text touches, and how."),
    ("diff", diff.diff, "Whether two texts differ, with a smallest record that shows it."),
    ("readings", readings.readings, "Whose outcomes hang on which open question."),
    ("verify", verify.verify, "What must never follow, and rules that never matter."),
    ("coverage", coverage.coverage, "What the cases of a pack cover."),
    ("lint", lint.lint, "What is amiss in a pack."),
    ("fmt", fmt.fmt, "Rule files in house style."),
    ("profile", profile.profile, "What the rules ground to, the dearest first."),
    ("facts", facts.facts, "The facts of a record, for clingo alone."),
    ("import map", importing.import_map, "A first mapping of records from another system."),
    ("import run", importing.import_run, "Records from another system, as a folder of CSV files."),
    ("synth", synth.synth, "Invent the records of a cohort."),
    ("packs", packs.packs, "The packs that ship with bylaw."),
    ("cache", cache.cache, "What is kept between runs."),
)
_WITH_RECORDS = {
    **dict.fromkeys(("decide", "why", "why-not", "advise", "facts", "import run"), True),
    **dict.fromkeys(("query", "audit", "compare", "diff", "readings", "verify", "coverage"), True),
    **dict.fromkeys(("what-if", "replay", "profile"), False),
}
"""The commands that open records, and whether persons may have other names in what they tell."""
_UNLIMITED = ("demo", "packs", "cache")
"""Commands that look at nothing but what ships with bylaw and what it has kept."""
_GROUPS = {"import": "Records from other systems: map, run."}
_groups = {
    name: typer.Typer(help=brief, no_args_is_help=True, rich_markup_mode=None)
    for name, brief in _GROUPS.items()
}
for _name, _verb, _brief in _COMMANDS:
    _verb = _verb if _name in _UNLIMITED else limited.limited(_verb)
    if _name in _WITH_RECORDS:
        _verb = discreet.discreet(_name, _verb, names=_WITH_RECORDS[_name])
    _first, _, _second = _name.partition(" ")
    if _second:
        _groups[_first].command(_second, short_help=_brief)(_verb)
    else:
        app.command(_name, short_help=_brief)(_verb)
for _name, _group in _groups.items():
    app.add_typer(_group, name=_name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are printed to stderr.

    Args:
        arguments: the words after `bylaw`; those of the process unless given.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        words = None if arguments is None else list(arguments)
        code = app(args=words, prog_name="bylaw", standalone_mode=False)
        sys.stdout.flush()
    except BylawError as error:
        output.report_error(error)
        return error.exit_code
    except MemoryError:
        return _out_of_memory()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        output.close_quietly()
        return output.BROKEN_PIPE
    except Exception as error:  # the last resort: a fault of bylaw's own
        return _misused(error) if hasattr(error, "format_message") else _internal(error)
    return code if isinstance(code, int) else 0


_NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"


def _bound(found: re.Match[str]) -> str:
    return f"the {'least' if found[1] == 'greater' else 'most'} is {found[2]}"


def _misused(error: Any) -> int:
    """Report words that the command line does not know, in the form of every other error."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return int(error.exit_code)
    message, _, meant = str(error.format_message()).strip().partition(" Did you mean ")
    message = message.removesuffix(".").replace("'", "`").replace("Value error, ", "")
    message = message.replace(_NO_INTEGER, "a whole number is needed")
    message = re.sub(r"Input should be (greater|less) than or equal to (\S+)", _bound, message)
    output.say(f"error: {message[:1].lower()}{message[1:]}")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "bylaw"
    meant = meant.replace("'", "`")
    output.say(f"  help: did you mean {meant}" if meant else f"  help: see `{command} --help`")
    return int(error.exit_code)


def _out_of_memory() -> int:
    """Report that the memory there is does not suffice, once there is some again."""
    watch.end()
    return output.limit_hit(f"{watch.bounds().mebibytes} MiB of memory", watch.whom())


def _internal(error: Exception) -> int:
    """Report a fault without its message, which may quote a record."""
    if os.environ.get("BYLAW_DEBUG") == "1":
        # Where it happened, without the message and the values, which may be of a record.
        output.say("Traceback (most recent call last):")
        for line in "".join(traceback.format_tb(error.__traceback__)).splitlines():
            output.say(line)
        output.say(f"error: {type(error).__name__}")
        return INTERNAL_ERROR
    where = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(where[-1].filename)}:{where[-1].lineno}" if where else ""  # noqa: PTH119
    output.say(
        f"error: bylaw failed on something unforeseen: {type(error).__name__}{place}; "
        "BYLAW_DEBUG=1 shows where"
    )
    return INTERNAL_ERROR


def run() -> None:
    """Run the command that the process was called with, and end the process with its exit code."""
    raise SystemExit(supervised(main))
