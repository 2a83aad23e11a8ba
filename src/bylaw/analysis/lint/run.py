"""Lint a pack with its amendments: everything that is found, in the order of its places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bylaw.analysis.lint.aggregates import keyless
from bylaw.analysis.lint.comments import headings, sentences
from bylaw.analysis.lint.exceptions import excepted
from bylaw.analysis.lint.findings import OTHER, Edit, Finding, Source, in_order
from bylaw.analysis.lint.numbers import numbers
from bylaw.analysis.lint.variables import singletons
from bylaw.analysis.lint.words import half_said, one_sided, unasked
from bylaw.errors import Place, PolicyError, Problem
from bylaw.policy.amend import amended
from bylaw.policy.encoding import read_rules
from bylaw.policy.layout.text import laid_out
from bylaw.policy.load import Draft, read_drafts
from bylaw.policy.pack_files import PackFiles
from bylaw.policy.packs import find_pack
from bylaw.policy.rule_paths import added_paths, amendment_files


def lint_pack(ref: str | Path) -> list[Finding]:
    """Return what the linter finds in a pack and its amendments.

    Args:
        ref: the name of a shipped pack, or a folder.

    Raises:
        PolicyError: there is no such pack, or its manifest cannot be read.
    """
    files = PackFiles(*find_pack(ref))
    drafts = read_drafts(files)
    for draft in drafts:
        draft.check_safety()
    problems = list(files.problems)
    added: list[Source] = []
    for name in amendment_files(files):
        found: list[Problem] = []
        paths = added_paths(files, name, found)
        if not problems:
            try:
                amended(drafts[0].policy(), [str(files.folder / name)])
            except PolicyError as cause:
                found.extend(cause.problems)
        added += [one for path in paths for one in _source(files, path, law=True)]
        files.problems.extend(found)
    findings = [_finding(problem, files) for problem in files.problems]
    own = [source for draft in drafts for source in _sources(draft)]
    for source in {source.path: source for source in (*own, *added)}.values():
        findings += _of_file(source, drafts[0])
    for draft in drafts:
        found_words = [*unasked(draft, [*own, *added]), *half_said(draft), *one_sided(draft)]
        text = PackFiles(files.folder, files.shown).text(draft.manifest.files.vocabulary)
        findings += excepted(found_words, text or "")
    return in_order(findings)


def _finding(problem: Problem, files: PackFiles) -> Finding:
    place = problem.place or Place(files.shown)
    return Finding(problem.code or OTHER, problem.message, place, problem.help)


def _sources(draft: Draft) -> Iterator[Source]:
    """Yield the files of rules of an edition that clingo can read."""
    for read in (*draft.rules, *draft.choices):
        yield Source(read, draft.files.folder / read.file, law=True)
    names = draft.manifest.files
    for name in (names.actions, names.generator, *names.properties):
        if name is not None:
            yield from _source(draft.files, draft.files.actual(name), law=False)


def _source(files: PackFiles, name: str, *, law: bool) -> list[Source]:
    aside = PackFiles(files.folder, files.shown)
    text = aside.text(name)
    shown = f"{files.shown}/{name}"
    read = read_rules(name, shown, text, 0, [], tagged=False) if text is not None else None
    return [Source(read, files.folder / name, law)] if read is not None else []


def _of_file(source: Source, draft: Draft) -> list[Finding]:
    predicates, types = draft.predicates or {}, draft.types or {}
    found = [*singletons(source), *headings(source)]
    if source.law:
        found += [*numbers(source, predicates, types), *keyless(source, predicates, types)]
        found += sentences(source)
    found += _layout(source)
    return excepted(found, source.read.text, source.read)


def _layout(source: Source) -> Iterator[Finding]:
    """Yield the first line of a file that `bylaw fmt` would change."""
    text = source.read.text
    after = laid_out(text)
    if after == text:
        return
    pairs = zip([*text.split("\n"), ""], [*after.split("\n"), ""], strict=False)
    line = next((number for number, (old, new) in enumerate(pairs, start=1) if old != new), 1)
    edit = Edit(source.path, 0, 0, 0, None)
    place = Place(source.read.name, line, 1)
    yield Finding("L109", "the file is not in house style", place, "run `bylaw fmt`", edit)
