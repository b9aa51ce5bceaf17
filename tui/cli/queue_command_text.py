"""Words of `cnn-tui queue`."""

from __future__ import annotations

from engine.queueing.queue_text import queue_paused
from engine.text import harmless, typed

WHICH = "RUN is a number, a part of a name, or a path."

HELP_QUEUE = (
    "Train run after run, while you sleep. Without a command it lists what waits; one run at a "
    "time trains on each device, and a run that fails stops none of the others."
)
HELP_LIST = "List what trains and what waits, and what has ended since yesterday."
HELP_ADD = (
    "Put a run into the queue: a new one, which the options describe as those of `cnn-tui train` "
    "do, or with --run one that is to be resumed."
)
HELP_ADD_RUN = "Resume this run, instead of creating one. " + WHICH
HELP_MOVE = f"Move a run in the queue: up, down, first, last or to a place. {WHICH}"
HELP_REMOVE = (
    f"Take a run out of the queue; one that has never trained goes to .trash, too. {WHICH}"
)
HELP_PAUSE = "Start no more runs; the one that trains goes on."
HELP_PAUSE_NOW = "Also save and stop the runs that train; they stay in the queue."
HELP_CONTINUE = "End a pause, and start what waits."

EMPTY = "the queue is empty: put a run into it with `cnn-tui queue add`, which takes the options of"
EMPTY += " `cnn-tui train`."

# Headings, and whether the column holds numbers.
COLUMNS = (
    ("place", True),
    ("run", False),
    ("state", False),
    ("epoch", True),
    ("until", True),
    ("best", True),
    ("device", False),
    ("race", False),
)
ENDED_COLUMNS = (("ended", False), ("run", False), ("how", False), ("why", False))
# How a run has left the queue, where the word in its journal entry is not the one for people.
HOW = {
    "rested": "trained as far as asked",
    "gone": "its folder is gone",
    "over": "its race is stopped, or its budget is used up",
}

RUN_ALONE = "--run takes an existing run as it is: leave the other options out."


def queued(run: str, place: int, paused: str) -> str:
    said = f"queued {harmless(run)} at place {place}"
    return f"{said}; {queue_paused(paused)}" if paused else said


def moved(run: str, place: int) -> str:
    return f"{harmless(run)} is at place {place} now"


def removed(run: str, trash: object | None) -> str:
    """`trash` is where its folder is now, if it has never trained."""
    said = f"{harmless(run)} is out of the queue"
    return f"{said}; it never trained, and is in {harmless(str(trash))} now" if trash else said


def paused(training: list[str], *, stopped: bool) -> str:
    if not training:
        return "the queue is paused"
    runs = ", ".join(map(harmless, training))
    verb = "was told to stop" if stopped else "goes on"
    verb = verb if len(training) == 1 else verb.replace("was", "were").replace("goes", "go")
    return f"the queue is paused; {runs} {verb}"


def going_on(count: int) -> str:
    return f"the queue goes on, with {count} run{'s' if count != 1 else ''}" if count else EMPTY


DISK_FULL = "the disk of the runs is full: free some space."


def where(word: str) -> str:
    return f"'{harmless(word)}' is no place in the queue: type up, down, first, last or a number."


def not_in_folder(path: object, runs_dir: object) -> str:
    return (
        f"{harmless(str(path))} is in another folder of runs: queue it there, with --runs-dir "
        f"{typed(str(runs_dir))}."
    )
