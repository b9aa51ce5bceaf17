"""Words of `cnn-tui runs`, and of the commands that change what belongs to a run."""

from __future__ import annotations

from collections.abc import Sequence

from engine.run.run_paths import RunDir
from engine.text import choices, examples, folder, harmless, typed
from tui.cli.cli_text import WHICH

HELP = """List the runs, live ones first, then the newest.

A filter is a condition on the columns, on any field of the recipe, and on any number that the runs
report: --filter 'arch=resnet18 top1>90% tag=night lr<0.1 started<2d'. Columns: number, name, state,
arch, data, preset, changed, program, epoch, epochs, step, top1, loss, best_epoch, test_top1,
elapsed, remaining, started, ended, tag, note, race, and every field of the recipe."""
HELP_FILTER = "Only runs that meet this condition."
HELP_SORT = "Sort by a column; with a dash before it, the largest first: --sort -top1."
HELP_COLUMNS = "Show these columns."
HELP_LIMIT = "Only the first N runs."
HELP_TRASH = "The deleted runs, which `cnn-tui restore` brings back."
HELP_TAG = (
    "Add tags to a run, or remove some. `cnn-tui tag 43 +night -old` does both, and without tags "
    f"those of the run are printed. {WHICH}"
)
HELP_NOTE = (
    'Write a note on a run. "" removes it, and without a text the note of the run is printed. '
    f"{WHICH}"
)
HELP_RENAME = (
    f"Give a run another name. Its number stays. {WHICH} A program or a command line that goes on "
    "with the runs of the old name does not find it."
)
HELP_DELETE = (
    f"Move runs into the trash. It is the folder .trash among the runs. {WHICH} race:LABEL means "
    "all runs of a race. The number of a run is never used again. `cnn-tui restore` brings a run "
    "back."
)
HELP_RESTORE = "Bring a deleted run back. RUN is its number or a part of its name."
HELP_YES = "Do not ask."

# The most words that are offered.
MOST_MEANT = 5

COLUMNS_OF_JSON = "--columns chooses those of the table, and --json has all: leave one of them out."
YES_NEEDED = "nobody can be asked here whether these runs are to be deleted: add --yes."
NOT_DELETED = "nothing was deleted."


def none_meets(condition: str, meant: Sequence[str]) -> str:
    """`meant` are whole words that begin as one in the condition does."""
    hint = f": did you mean {harmless(choices(meant[:MOST_MEANT]))}?" if meant else "."
    return f"no run meets '{harmless(condition)}'{hint}"


def empty_trash(trash: object) -> str:
    return f"the trash {folder(trash)} holds no run: `cnn-tui delete RUN` moves one there."


def why_failed(name: str, error: str) -> str:
    return f"{harmless(name)}: {harmless(error)}"


def more_failed(count: int) -> str:
    runs = "1 more run" if count == 1 else f"{count:,} more runs"
    return f"{runs} failed or fell silent: `cnn-tui runs --json` says why."


def can_be_deleted(selector: str) -> str:
    command = f"cnn-tui delete {typed(selector)}"
    return f"a run that failed before it saved anything can be deleted: {command}"


def tagged(label: str, tags: Sequence[str]) -> str:
    return f"{harmless(label)}: {' '.join(map(harmless, tags)) or 'no tags'}"


def noted(label: str, note: str) -> str:
    return f"{harmless(label)}: {harmless(note) or 'no note'}"


def renamed(before: str, after: str) -> str:
    return f"{harmless(before)} is {harmless(after)} now"


def delete_these(labels: Sequence[str]) -> str:
    return f"Delete {examples(labels)}?"


def deleted(label: str, there: RunDir) -> str:
    back = f"`cnn-tui restore {typed(there.label)}` brings it back"
    return f"deleted {harmless(label)}: it lies in {folder(there.path.parent)}, and {back}"


def restored(label: str) -> str:
    return f"{harmless(label)} is back"
