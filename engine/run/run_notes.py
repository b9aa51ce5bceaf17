"""The tags and the note that the user gives a run: the file `notes.toml` in its folder.

tags = ["night", "keep"]
note = "the one for the talk"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable

import msgspec

from engine import regular_files, text
from engine.errors import RunError, UsageError
from engine.recipes.recipe_toml import toml_value
from engine.run import run_text
from engine.run.durable_files import save
from engine.run.run_paths import RunDir
from engine.run.runs_folder_lock import locked_runs_folder

# A tag is one word, which is typed after + or -, and in conditions. That of a race has its label,
# which is as long as the name of a folder may be.
LONGEST_TAG = 120
TAG = re.compile(rf"[^\W_][\w.:/-]{{0,{LONGEST_TAG - 1}}}")
LONGEST_NOTE = 2000
# The tag of a run that belongs to a race begins like this; the label of the race follows.
RACE_TAG = "race:"


class RunNotes(msgspec.Struct, frozen=True):
    """The tags in the order in which they were added, each once, and a note."""

    tags: tuple[str, ...] = ()
    note: str = ""


def read(run: RunDir) -> RunNotes:
    """The notes of a run; of a file that somebody has edited, what can be understood."""
    try:
        return _read(run)
    except (OSError, ValueError, RecursionError):
        return RunNotes()


def _read(run: RunDir) -> RunNotes:
    """As `read`. Raises OSError, ValueError and RecursionError for a file that is no TOML."""
    found = tomllib.loads(regular_files.read_text(run.notes))
    tags, note = found.get("tags"), found.get("note")
    words = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return RunNotes(tuple(dict.fromkeys(words)), note if isinstance(note, str) else "")


def write(run: RunDir, notes: RunNotes) -> None:
    """Replace the notes of a run. Raises RunError if its folder cannot be written."""
    lines = [f"tags = {toml_value(notes.tags)}", f"note = {toml_value(notes.note)}", ""]
    save(run.notes, "\n".join(lines).encode())


def change(run: RunDir, changed: Callable[[RunNotes], RunNotes]) -> RunNotes:
    """Replace the notes of a run by what becomes of them; of two who do so, one waits.

    Returns the new notes. Raises RunError as `write` does and for a file that is no TOML, whose
    words would be lost, and what `changed` raises.
    """
    with locked_runs_folder(run.path.parent):
        notes = changed(_read_whole(run))
        write(run, notes)
    return notes


def _read_whole(run: RunDir) -> RunNotes:
    """As `read`. Raises RunError for a file that is there and cannot be understood."""
    try:
        return _read(run)
    except FileNotFoundError:
        return RunNotes()
    except (OSError, ValueError, RecursionError) as error:
        why = text.reason(error) if isinstance(error, OSError) else str(error)
        raise RunError(run_text.notes_unclear(run.notes, why)) from error


def with_tags(notes: RunNotes, add: Iterable[str] = (), remove: Iterable[str] = ()) -> RunNotes:
    """The notes with more tags and without some, but always with that of its race.

    Raises UsageError for what cannot be a tag.
    """
    added, removed = [*add], {tag for tag in remove if not tag.startswith(RACE_TAG)}
    if wrong := [tag for tag in added if not TAG.fullmatch(tag)]:
        raise UsageError(run_text.bad_tag(wrong[0], LONGEST_TAG))
    tags = [tag for tag in notes.tags if tag not in removed] + added
    return RunNotes(tuple(dict.fromkeys(tags)), notes.note)


def tags_in(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """The tags that somebody adds, written `night` or `+night`, and drops, written `-night`."""
    written = [*words]
    add = [word.removeprefix("+") for word in written if not word.startswith("-")]
    return add, [word[1:] for word in written if word.startswith("-")]


def with_note(notes: RunNotes, note: str) -> RunNotes:
    """The notes with another note, "" for none. Raises UsageError if it is too long."""
    if len(note) > LONGEST_NOTE:
        raise UsageError(run_text.long_note(len(note), LONGEST_NOTE))
    return RunNotes(notes.tags, note.strip())
