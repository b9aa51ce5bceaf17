"""Changes that the user makes to runs from a list: tags, a note, another name, deleting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from textual.screen import Screen

from engine.errors import EngineError
from engine.queueing import queued_runs
from engine.run import run_creation, run_notes, run_trash
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from engine.text import folder
from tui.screens.runs import runs_screen_text
from tui.screens.runs.delete_question import DeleteQuestion
from tui.screens.runs.live_line import refusal
from tui.widgets.forms import LineDialog


class Change(NamedTuple):
    """What has come of a change: a sentence, and an error where not all was done; where runs are.

    A deleted run is nowhere: None.
    """

    said: str = ""
    error: str = ""
    moved: Mapping[RunDir, RunDir | None] = MappingProxyType({})


class RunChanges:
    """Asks what a change needs, makes it in a thread, and calls `changed` with what came of it."""

    def __init__(self, screen: Screen[Any], changed: Callable[[Change], object]) -> None:
        self._screen, self._changed = screen, changed
        self.under_way = 0
        """How many changes are being made."""

    def tag(self, runs: Mapping[RunDir, Sequence[str]]) -> None:
        """Ask for tags to add and to drop, in words as `cnn-tui tag` takes them."""

        def changed(notes: RunNotes, written: str) -> RunNotes:
            return run_notes.with_tags(notes, *run_notes.tags_in(written.split()))

        dialog = LineDialog(
            "",
            lambda written: refusal(lambda: changed(RunNotes(), written)),
            runs_screen_text.tags_now(dict.fromkeys(tag for tags in runs.values() for tag in tags)),
        ).entitled(
            runs_screen_text.tags_of([run.label for run in runs]), runs_screen_text.TAGS_KEYS
        )

        def take(written: str | None) -> None:
            if written:
                self._write([*runs], lambda notes: changed(notes, written))

        self._screen.app.push_screen(dialog, take)

    def note(self, run: RunDir, before: str) -> None:
        dialog = LineDialog(
            before,
            lambda written: refusal(lambda: run_notes.with_note(RunNotes(), written)),
        ).entitled(runs_screen_text.note_on(run.label), runs_screen_text.NOTE_KEYS)

        def take(written: str | None) -> None:
            if written is not None:
                self._write([run], lambda notes: run_notes.with_note(notes, written))

        self._screen.app.push_screen(dialog, take)

    def _write(self, runs: Sequence[RunDir], change: Callable[[RunNotes], RunNotes]) -> None:
        def write() -> Change:
            for run in runs:
                run_notes.change(run, change)
            return Change()

        self._make(write)

    def rename(self, run: RunDir) -> None:
        def take(name: str | None) -> None:
            if name and name != run.name:
                self._make(lambda: Change(moved={run: queued_runs.rename(run, name)}))

        dialog = LineDialog(
            run.name, lambda name: refusal(partial(run_creation.check_name, name)) if name else ""
        ).entitled(runs_screen_text.rename(run.label), runs_screen_text.RENAME_KEYS)
        self._screen.app.push_screen(dialog, take)

    def delete(self, runs: Sequence[RunDir]) -> None:
        """Ask, and move the runs to the trash of their folder, up to the first that cannot."""

        def take(answer: str | None) -> None:
            if answer == "delete":
                self._make(lambda: deleted(runs))

        trash = folder(run_trash.trash_of(runs[0].path.parent))
        self._screen.app.push_screen(DeleteQuestion([run.label for run in runs], trash), take)

    def restore(self, runs: Sequence[RunDir]) -> None:
        """Bring runs back from the trash, up to the first that cannot."""
        self._make(lambda: restored(runs))

    def _make(self, change: Callable[[], Change]) -> None:
        """Make a change in a thread: a disk may be slow."""
        self.under_way += 1
        self._screen.run_worker(partial(self._work, change), thread=True, group="change")

    def _work(self, change: Callable[[], Change]) -> None:
        try:
            made = change()
        except EngineError as error:
            made = Change(error=str(error))
        self._screen.app.call_from_thread(self._end, made)

    def _end(self, made: Change) -> None:
        self.under_way -= 1
        self._changed(made)


def deleted(runs: Sequence[RunDir]) -> Change:
    """Move these runs to the trash, up to the first that cannot."""
    return _moved(runs, queued_runs.delete, runs_screen_text.deleted)


def restored(runs: Sequence[RunDir]) -> Change:
    """Bring these runs back from the trash, up to the first that cannot."""

    def restore(run: RunDir) -> None:
        run_trash.restore(run.path.parent.parent, run.label)

    return _moved(runs, restore, runs_screen_text.restored)


def _moved(
    runs: Sequence[RunDir],
    move: Callable[[RunDir], object],
    said: Callable[[Sequence[str]], str],
) -> Change:
    """Move these runs out of their list, up to the first that cannot; `said` tells which."""
    gone: list[RunDir] = []
    error = ""
    for run in runs:
        try:
            move(run)
        except EngineError as refused:
            error = str(refused)
            break
        gone.append(run)
    labels = [run.label for run in gone]
    return Change(said(labels) if labels else "", error, dict.fromkeys(gone))
