"""Words of the race screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.text import examples, harmless, typed
from tui.widgets.key_group import KeyGroup

KEY_ATTACH, KEY_RUN, KEY_COMPARE, KEY_STOP = "attach", "run", "compare", "stop"
KEY_PAUSE, KEY_GO_ON = "pause", "go on"
ATTACH = "Attach to the chosen run"
COMPARE = "Compare the runs of the best recipes"
PAUSE = "Pause the queue after the runs that train, or go on"
STOP = "Stop the chosen run: it takes no further part in the race"
LEAVE = "Leave; the race goes on"
TOO_FEW = "there is nothing to compare before two runs have finished an epoch"
GOES_ON = "the queue goes on"
STOP_QUESTION = "Stop this run? If it trains, it is saved first."
STOP_ANSWERS: Mapping[str, tuple[str, str]] = {
    "stay": ("Esc", "Let it race on"),
    "stop": ("s", "Stop it"),
}
HELP = KeyGroup(
    "the race",
    (
        ("↑ ↓ j k", "choose a recipe"),
        ("PgUp PgDn Home End", "ten further; to either end"),
        ("← → h l", "another run of the recipe, if it has several seeds"),
        ("Enter", "attach to the run; Esc there comes back"),
        ("c", "compare the runs of the best recipes"),
        ("p", "pause the queue, or go on: runs that train end as they would"),
        ("s", "stop the run: it is saved, and trains no more, whether it trains or waits"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? Esc q Ctrl+C", "these keys; back to the screen below; leave, the race goes on"),
    ),
)
HELP_SIGNS = KeyGroup(
    "signs of its runs",
    (
        ("● ◇ ○", "a run that trains, waits for others or its engine, has not begun"),
        ("✓ · ✗ ↻ -", "done; dropped at a rung; failed; stopped; its folder is gone"),
    ),
)


def removed(run: str) -> str:
    return f"the folder of {harmless(run)} is gone"


def paused(training: Sequence[str]) -> str:
    goes_on = f"; {examples(training)} trains on" if training else ""
    return f"the queue is paused{goes_on}"


def stopped(run: str) -> str:
    return f"{harmless(run)} is stopped"


def show_again(label: str, *, ended: bool) -> str:
    goes_on = "" if ended else "the race goes on; "
    return f"{goes_on}to show it: cnn-tui race {typed(label)}"
