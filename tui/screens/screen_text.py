"""Words of the dashboard and its dialogs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from engine.text import harmless
from tui.text import GO_ON

DIGITS = "1-8"

KEY_PAUSE = "pause"

KEY_CONTINUE = "continue"

KEY_CHECKPOINT = "checkpoint"

KEY_PANES = "panes"

KEY_ZOOM = "zoom"

KEY_UNZOOM = "back"

KEY_BACK = "back"

KEY_DETACH = "detach"

KEY_LEAVE = "leave"

KEY_COPY_ATTACH = "copy attach"

KEY_EXPLAIN = "explain"

KEY_PAST = "past epochs"

KEY_COMMANDS = "commands"

TABS: Mapping[str, str] = {
    "rate": "lr",
    "layers": "layers",
    "confusion": "confusion",
    "maps": "maps",
    "machine": "machine",
    "log": "log",
}

ASKED_AUGMENTED = "the engine shows them after its current step"

ASKED_ANOTHER = "something else was asked since"

STEER_TITLE = "Steer"

STEER_HINT = "Enter takes them   Esc leaves them"

STEER_RATE = "learning rate"

STEER_EPOCHS = "total epochs"

STEER_RATE_HELP = "0.01, or x0.5 scales it"

STEER_HELP = "The rest of the plan follows, from the next step on."

STEER_ASKED = "the engine takes it after its current step"

NOT_A_RATE = "the learning rate is a number, as 0.01, or a factor, as x0.5."

NOT_EPOCHS = "the total of epochs is a whole number, as 40."

KEY_STEER = "steer"


def steer_epoch(epoch: int) -> str:
    return f"now in epoch {epoch}"


def steer_later(phase: str) -> str:
    return f"nothing is trained yet ({phase}): press Enter again when it trains."


RECORDING = "This is a recording: there is no engine that could do it."

RECORDING_OVER = "that was a recording; train it here: cnn-tui -m resnet20 -d digits --epochs 10"


def attach_command(selector: str) -> str:
    return f"cnn-tui attach {shlex.quote(selector)}"


def resume_command(selector: str) -> str:
    return f"cnn-tui resume {shlex.quote(selector)}"


def then_go_on(sentence: str, command: str) -> str:
    return f"{sentence} {GO_ON[0].upper()}{GO_ON[1:]} {command}"


def copied(command: str) -> str:
    return f"copied: {command}"


EXPLAIN_FOOT = "Esc back"


def explain_over(reason: str, epoch: int) -> str:
    return f"The run is over ({reason} in epoch {epoch}); this is how it was then."


LEAVE_QUESTION = "The training does not need this window. What shall become of it?"

# The key of each answer, and the answer.
LEAVE_ANSWERS: Mapping[str, tuple[str, str]] = {
    "keep": ("k", "Keep training, only leave"),
    "stop": ("s", "Stop the run and save it"),
    "stay": ("Esc", "Stay here"),
}

CHECKPOINT_ASKED = "saving a checkpoint after this step"


def is_over(run: str, selector: str) -> str:
    return harmless(f"see {run} again with: cnn-tui attach {selector}")


def stopping(run: str, selector: str) -> str:
    return harmless(f"{run} saves and stops; go on with it by: cnn-tui resume {selector}")


HELP_TITLE = "Keys"

HELP_FOOT = "↑ ↓ scroll   Esc back"

HELP_RUN = "the run"

HELP_RECORDING = "the recording"

HELP_SCREEN = "the screen"

HELP_CURVES = "the curves"

HELP_LAYERS = "layers"

HELP_CONFUSION = "confusion"

HELP_MAPS = "feature maps"

HELP_LOG = "the log"

HELP_LAUNCHER = "the launcher"

HELP_BOXES = "boxes"

HELP_SIGNS = "around the curves"

HELP_PANES: Mapping[str, str] = {
    "loss": HELP_CURVES,
    "accuracy": HELP_CURVES,
    "rate": HELP_CURVES,
    "layers": HELP_LAYERS,
    "confusion": HELP_CONFUSION,
    "maps": HELP_MAPS,
    "log": HELP_LOG,
}

HELP_KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    HELP_RUN: (
        ("p", "pause, and go on where it was"),
        ("c", "save a checkpoint now"),
        ("s", "steer: learning rate, or the end"),
        ("y", "copy the command that watches it"),
        ("d", "detach: leave, the run goes on"),
        ("q Ctrl+C", "leave; asks where it was started"),
    ),
    HELP_RECORDING: (
        ("p", "hold it, and go on"),
        ("q Ctrl+C", "leave"),
    ),
    HELP_SCREEN: (
        ("Tab Shift+Tab", "the next pane, the one before"),
        (f"{DIGITS} 0", "a pane by its number; the log"),
        ("Enter z", "this pane alone, and back"),
        ("e", "explain this pane, as it is now"),
        (", . [ ]", "confusion and maps of past epochs"),
        ("a", "training images as it sees them"),
        (": Ctrl+P", "all that can be done, in words"),
        ("? Esc", "these keys; back"),
    ),
    HELP_CURVES: (
        ("← → h l Esc", "a cursor with exact values; none"),
        ("Shift+← Shift+→", "ten columns on"),
        ("+ = -", "smooth the curve more, or less"),
        ("t L", "recent or whole; logarithmic loss"),
    ),
    HELP_LAYERS: (
        ("↑ ↓ j k", "select a stage, a block or a layer"),
        ("PgUp PgDn Home End", "ten on; to either end"),
        ("Space Enter", "fold a stage, or open it"),
        ("← → h l", "fold it; open it"),
        ("m Esc", "its feature maps; select none"),
    ),
    HELP_CONFUSION: (
        ("↑ ↓ ← → j k h l", "select a cell, a pair or a class"),
        ("PgUp PgDn", "ten on"),
        ("Enter Esc", "its images; select none"),
        ("o /", "sort; filter"),
        ("m %", "matrix or pairs; counts or per cent"),
        ("r", "precision, recall and F1"),
    ),
    HELP_MAPS: (
        ("n N", "the next layer, the one before"),
        ("← → h l g", "another image; one by its number"),
        ("Shift+← Shift+→", "ten images on"),
        ("Ctrl+← Ctrl+→", "a hundred images on"),
        ("↑ ↓ j k PgUp PgDn", "more channels"),
        ("o K b", "strongest first; kernels; shades"),
    ),
    HELP_LOG: (
        ("↑ ↓ j k PgUp PgDn", "scroll"),
        ("Home g End G", "to the newest; to the oldest"),
        ("/", "filter"),
    ),
    HELP_LAUNCHER: (
        ("↑ ↓ j k", "choose"),
        ("PgUp PgDn Home End", "ten on; to either end"),
        ("Tab Shift+Tab", "the next box, the one before"),
        ("Enter", "start what is chosen, or attach"),
        ("f", "change fields of the recipe"),
        ("a", "training images as it sees them"),
        ("/ o", "filter architectures; order them"),
        ("y", "copy the command for the same"),
        (": Ctrl+P", "all that can be done, in words"),
        ("? q Ctrl+C", "these keys; quit"),
    ),
    HELP_BOXES: (
        ("Esc q Enter", "close it; so does what opened it"),
        ("↑ ↓ Enter", "another field or answer; take it"),
        ("← → ↑ ↓ h l k j   Space PgUp PgDn", "pages of pictures"),
        ("k s", "on leaving: keep training; stop it"),
    ),
    HELP_SIGNS: (
        ("◆ c s ‖ !", "best, saved, steered, paused, alert"),
        ("recent ▁▃▆", "above: the newest reports"),
    ),
}
