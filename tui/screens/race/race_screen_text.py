"""Words of the race screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.text import examples, harmless, typed
from tui.widgets.key_group import KeyGroup

KEY_OPEN, KEY_RUN, KEY_COMPARE, KEY_DROP, KEY_HELP = "dashboard", "run", "compare", "drop", "help"
KEY_PAUSE, KEY_GO_ON = "pause", "go on"
OPEN = "Show the dashboard of the chosen run"
COMPARE = "Compare the runs of the best recipes"
PAUSE = "Pause the queue after the runs that train, or go on"
DROP = "Drop the chosen run from the race"
LEAVE = "Leave; the race goes on"
TOO_FEW = "there is nothing to compare before two runs have finished an epoch"
GOES_ON = "the queue goes on"
DROP_QUESTION = "Drop this run? If it trains, it is saved and stopped."
DROP_ANSWERS: Mapping[str, tuple[str, str]] = {
    "stay": ("Esc", "let it race on"),
    "drop": ("d", "drop it"),
}
HELP = KeyGroup(
    "the race",
    (
        ("↑ ↓ j k", "choose a recipe"),
        ("PgUp PgDn Home End", "ten further; to either end"),
        ("← → h l", "another run of the recipe, if it has several seeds"),
        ("Enter", "its dashboard; Esc comes back"),
        ("c", "compare the runs of the best recipes"),
        ("p", "pause the queue, or go on: runs that train end as they would"),
        ("d", "drop the run: it is saved, and trains no more, whether it trains or waits"),
        ("● ‖ ○", "a run that trains, waits for others or its engine, has not begun"),
        ("✓ · ✗ ↻ -", "done; dropped at a rung; failed; stopped; its folder is gone"),
        (": Ctrl+P", "all that can be done, in words"),
        ("? q Ctrl+C", "these keys; leave, the race goes on"),
    ),
)


def removed(run: str) -> str:
    return f"the folder of {harmless(run)} is gone"


def paused(training: Sequence[str]) -> str:
    goes_on = f"; {examples(training)} trains on" if training else ""
    return f"the queue is paused{goes_on}"


def dropped(run: str) -> str:
    return f"{harmless(run)} is dropped"


def show_again(label: str, *, ended: bool) -> str:
    goes_on = "" if ended else "the race goes on; "
    return f"{goes_on}to show it: cnn-tui race {typed(label)}"
