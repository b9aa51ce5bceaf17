"""`cnn-tui tag`, `note`, `rename`, `delete` and `restore`: what a user changes about a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RunError, UsageError
from tui.cli import runs_text
from tui.cli.options import all_named, json_option, named, runs_option
from tui.cli.printed_json import print_line
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.run.run_notes import RunNotes
    from engine.run.run_paths import RunDir

# A tag that is removed looks like an option that nobody knows.
WORDS = {"ignore_unknown_options": True}
run_that_is_named = click.argument("run", callback=named)


@click.command(help=runs_text.HELP_TAG, context_settings=WORDS)
@run_that_is_named
@click.argument("words", nargs=-1, metavar="[+TAG|-TAG]…")
@json_option
@runs_option
def tag(run: str, words: tuple[str, ...], as_json: bool, runs_dir: Path) -> None:
    from engine.run import run_notes

    add, remove = run_notes.tags_in(words)
    found = _found(run, runs_dir)
    if words:
        notes = run_notes.change(found, lambda now: run_notes.with_tags(now, add, remove))
    else:
        notes = run_notes.read(found)
    _tell_notes(found, notes, runs_text.tagged(found.label, notes.tags), as_json=as_json)


@click.command(help=runs_text.HELP_NOTE)
@run_that_is_named
@click.argument("text", required=False)
@json_option
@runs_option
def note(run: str, text: str | None, as_json: bool, runs_dir: Path) -> None:
    from engine.run import run_notes

    found = _found(run, runs_dir)
    if text is not None:
        notes = run_notes.change(found, lambda now: run_notes.with_note(now, text))
    else:
        notes = run_notes.read(found)
    _tell_notes(found, notes, runs_text.noted(found.label, notes.note), as_json=as_json)


@click.command(help=runs_text.HELP_RENAME)
@run_that_is_named
@click.argument("name")
@json_option
@runs_option
def rename(run: str, name: str, as_json: bool, runs_dir: Path) -> None:
    from engine.queueing import queued_runs

    found = _found(run, runs_dir)
    renamed = queued_runs.rename(found, name)
    _tell(renamed, {"before": found.label}, runs_text.renamed(found.label, renamed.label), as_json)


@click.command(help=runs_text.HELP_DELETE)
@click.argument("runs", nargs=-1, required=True, metavar="RUN…", callback=all_named)
@click.option("--yes", is_flag=True, help=runs_text.HELP_YES)
@json_option
@runs_option
def delete(runs: tuple[str, ...], yes: bool, as_json: bool, runs_dir: Path) -> None:
    from engine.queueing import queued_runs
    from engine.run import run_search

    named = (run_search.of_race(runs_dir, run) or [_found(run, runs_dir)] for run in runs)
    found = list(dict.fromkeys(run for several in named for run in several))
    if not yes:
        _ask([run.label for run in found])
    for run in found:
        deleted = queued_runs.delete(run)
        _tell(deleted, {}, runs_text.deleted(run.label, deleted), as_json)


@click.command(help=runs_text.HELP_RESTORE)
@run_that_is_named
@json_option
@runs_option
def restore(run: str, as_json: bool, runs_dir: Path) -> None:
    from engine.run import run_trash

    restored = run_trash.restore(runs_dir, run)
    _tell(restored, {}, runs_text.restored(restored.label), as_json)


def _ask(labels: Sequence[str]) -> None:
    """Ask whether these runs are meant. Raises UsageError if nobody can say, RunError for a no."""
    if not can_be_asked():
        raise UsageError(runs_text.YES_NEEDED)
    if not click.confirm(runs_text.delete_these(labels), err=True):
        raise RunError(runs_text.NOT_DELETED)


def can_be_asked() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _found(selector: str, runs_dir: Path) -> RunDir:
    from engine.run import run_search

    found = run_search.find(runs_dir, selector)
    tell_if_elsewhere(found, runs_dir, selector)
    return found


def _tell_notes(run: RunDir, notes: RunNotes, sentence: str, *, as_json: bool) -> None:
    _tell(run, {"tags": notes.tags, "note": notes.note}, sentence, as_json)


def _tell(run: RunDir, facts: Mapping[str, object], sentence: str, as_json: bool) -> None:
    if as_json:
        print_line({"run": run.label, "number": run.number, "path": str(run.path), **facts})
    else:
        click.echo(sentence)


COMMANDS = (tag, note, rename, delete, restore)
