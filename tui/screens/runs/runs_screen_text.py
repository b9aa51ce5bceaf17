"""Words of the screen of all runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from engine.numbers import size
from engine.text import harmless, typed
from tui.widgets.key_group import KeyGroup

# The table and the box below it

TITLE = "Runs"
NEWEST = "newest first"
EPOCH = "epoch"
READING = "reading the runs"
NO_RUNS = ("no runs here yet: Esc leads to the launcher, and Enter there trains one", "no runs yet")
TRASH_TITLE = "Trash"
TRASH_EMPTY = ("the trash is empty: a run that is deleted comes here", "the trash is empty")
NONE_MEETS = ("no run meets the filter: / changes it", "no run meets it")


def runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


def counted(shown: int, total: int, marked: int) -> list[str]:
    """`38 of 10,000 runs   2 marked`, and shorter forms."""
    count = runs(total) if shown == total else f"{shown:,} of {runs(total)}"
    return [*([f"{count}   {marked:,} marked"] if marked else []), count]


def foot(written: str, order: str) -> str:
    """`/ top1>90%   by top1, falling`."""
    name, falls = order.removeprefix("-"), order.startswith("-")
    ordered = f"by {name}, {'falling' if falls else 'rising'}" if order else NEWEST
    return f"/ {written}   {ordered}" if written else ordered


def label(number: int | None, name: str) -> str:
    return name if number is None else f"{number} {name}"


def best(share: str, epoch: int | None) -> str:
    return f"best {share}" if epoch is None else f"best {share} in epoch {epoch}"


def left(time: str) -> str:
    return f"{time} left"


def asked(preset: str, changed: str) -> str:
    """`recipe small   lr=0.1 batch=64`."""
    recipe = f"recipe {harmless(preset)}" if preset else ""
    return "   ".join(filter(None, (recipe, harmless(changed))))


# Keys of the footer

KEY_ATTACH = "attach"
KEY_MARK = "mark"
KEY_COMPARE = "compare"
KEY_ORDER = "order"
KEY_COLUMNS = "columns"
KEY_TAGS = "tags"
KEY_NOTE = "note"
KEY_RENAME = "rename"
KEY_RACE = "race"
KEY_DELETE = "delete"
KEY_TRASH = "trash"
KEY_RESTORE = "restore"
KEY_REPORT = "report"
KEY_PREDICT = "predict"

# What the palette offers

ATTACH = "Attach to the chosen run"
MARK = "Mark the chosen run, or do so no more"
UNMARK = "Drop all marks"
COMPARE = "Compare the marked runs"
FILTER = "Filter the runs by a condition"
ORDER = "Order the runs by a column"
REVERSE = "Order the runs the other way round"
COLUMNS = "Choose the columns"
TAGS = "Change the tags of the marked runs, else of the chosen one"
NOTE = "Write a note on the chosen run"
RENAME = "Give the chosen run another name"
DELETE = "Move the marked runs, else the chosen one, to the trash"
TRASH = "Show the runs in the trash"
RESTORE = "Restore the marked runs, else the chosen one"
RESUME = "Resume the chosen run; one that is done asks for more epochs"
REPORT = "Write a report on the marked runs, else on the chosen one"
PREDICT = "Say which classes images have, by the network of the chosen run"
COPY = "Copy the command that watches the chosen run"
RACE = "Show the race of the chosen run"
BACK = "Go back to the launcher"
BACK_TO_RUNS = "Go back to all runs"
LEAVE = "Leave; runs that train go on"

HELP = KeyGroup(
    "all runs",
    (
        ("↑ ↓ j k", "choose"),
        ("PgUp PgDn Home End", "a page further; to either end"),
        ("Enter", "attach to the chosen run; Esc there comes back"),
        ("Space u", "mark it, or not any more; drop all marks"),
        ("c", "compare the marked runs"),
        ("/", "filter: top1>90% arch=resnet18 tag=night"),
        ("o O C", "order by a column; the other way; choose columns"),
        ("t n N", "tags of it or of the marked ones; a note; another name"),
        ("d T", "delete: asks, and moves to the trash; show the trash"),
        ("R", "resume; a done run asks for more epochs"),
        ("x p", "report on the marked runs, else on this one; predict images"),
        ("w", "the race that it belongs to"),
        ("y", "copy the command that watches it"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? Esc q Ctrl+C", "these keys; back to the launcher; leave"),
    ),
)

TRASH_HELP = KeyGroup(
    "the trash",
    (
        ("↑ ↓ j k", "choose"),
        ("PgUp PgDn Home End", "a page further; to either end"),
        ("Enter", "restore the marked runs, else the chosen one"),
        ("Space u", "mark it, or not any more; drop all marks"),
        ("/", "filter: top1>90% arch=resnet18 tag=night"),
        ("o O C", "order by a column; the other way; choose columns"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? Esc T q Ctrl+C", "these keys; back to all runs; leave"),
    ),
)

# Dialogs

FILTER_TITLE = "Filter"
FILTER_KEYS = "Enter keeps it, empty shows all   Esc cancels"
FILTER_EXAMPLE = "top1>90% arch=resnet18 data=cifar10 tag=night"
COLUMNS_TITLE = "Columns"
COLUMNS_KEYS = "Space on, off   Enter take them"
ORDER_TITLE = "Order"
ORDER_KEYS = "Enter; again: the other way"
TAGS_KEYS = "night or +night adds, -night drops   Esc cancels"
NOTE_KEYS = "empty drops it   Enter takes it   Esc cancels"
RENAME_KEYS = "its number stays   Enter takes it   Esc cancels"


def some_of(labels: Sequence[str]) -> str:
    return harmless(labels[0]) if len(labels) == 1 else runs(len(labels))


def tags_of(labels: Sequence[str]) -> str:
    return f"Tags: {some_of(labels)}"


def tags_now(tags: Iterable[str]) -> str:
    """What stands in the empty line: `now: night keep`."""
    return f"now: {harmless(' '.join(tags)) or 'none'}"


def note_on(run: str) -> str:
    return f"Note: {harmless(run)}"


def rename(run: str) -> str:
    return f"Rename {harmless(run)}"


def delete_question(count: int, trash: str) -> str:
    what = "The run moves" if count == 1 else f"These {count:,} runs move"
    return f"{what} to {harmless(trash)}. Delete?"


def delete_answers(count: int) -> Mapping[str, tuple[str, str]]:
    return {
        "stay": ("Esc", "Keep it" if count == 1 else "Keep them"),
        "delete": ("d", "Move it to the trash" if count == 1 else "Move them to the trash"),
    }


# Notes

MARK_MORE = "mark two runs or more with Space, then press c"
NO_RACE = "the run belongs to no race"


def vanished(labels: Sequence[str]) -> str:
    are = "is" if len(labels) == 1 else "are"
    return f"{some_of(labels)} {are} gone, and not marked any more"


def deleted(labels: Sequence[str]) -> str:
    return f"moved to the trash, which T shows: {some_of(labels)}"


def restored(labels: Sequence[str]) -> str:
    return f"back from the trash: {some_of(labels)}"


# Report and prediction

REPORT_CANCEL, REPORT_BACK = "Esc cancels", "Esc back"
BEGINNING = "starting"
PREDICT_TITLE = "Predict"
PREDICT_KEYS = "Tab completes   Enter predicts   Esc cancels"
NO_PATH = "write the path of an image, or of a folder or an archive of images."
PREDICT_HINT = "an image, or a folder or an archive of images"
PREDICT_EXAMPLE = "~/photos"
PREDICT_FOOT = "Esc back"


def report_on(labels: Sequence[str]) -> str:
    return f"Report: {some_of(labels)}"


def report_exists(path: object, selectors: Sequence[str]) -> str:
    command = " ".join(["cnn-tui report", *map(typed, selectors), "--force"])
    return f"{harmless(str(path))} exists already: move it away, or replace it with `{command}`."


def nothing_at(path: str) -> str:
    return f"there is nothing at {harmless(path)}: check the path."


def predicted(run: str, images: str) -> str:
    return f"{harmless(run)}: {harmless(images)}"


def unreadable(file: bytes, why: str) -> str:
    return f"{harmless(os.fsdecode(file))}: {why}"


def written(path: object, length: int) -> str:
    return f"written: {harmless(str(path))}, {size(length)}"
