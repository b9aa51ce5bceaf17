"""Words of the dashboard and of the dialogs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from msgspec import UNSET

from engine import numbers
from engine.protocol.events import RunEnded
from engine.text import harmless, in_epochs
from tui.shared_text import GoOn, at_epoch
from tui.widgets.key_group import KeyGroup

KEY_PAUSE = "pause"

KEY_CONTINUE = "continue"

KEY_CHECKPOINT = "checkpoint"

KEY_RESUME = "resume"

KEY_PANES = "panes"

KEY_ZOOM = "zoom"

KEY_UNZOOM = "back"

KEY_BACK = "back"

KEY_DETACH = "detach"

KEY_LEAVE = "leave"

KEY_LEAVE_RUNNING = "leave (run goes on)"
KEY_LEAVE_PAUSED = "leave (run stays paused)"

RUNS_IN = "runs in"

KEY_EXPLAIN = "explain"

KEY_PAST = "past epochs"

KEY_COMMANDS = "commands"

# What the palette offers

PAUSE = "Pause the training, or go on"

SAVE_CHECKPOINT = "Save a checkpoint now"

STEER = "Steer: another learning rate, or another end"

NEXT_PANE = "Go to the next pane"

PREVIOUS_PANE = "Go to the previous pane"

ZOOM = "Show this pane alone, or all again"

SHOW_AUGMENTED = "Show training images as the network sees them"

EARLIER_EPOCH = "Show the epoch before, in panes that have it"

LATER_EPOCH = "Show the epoch after, in panes that have it"

EXPLAIN = "Explain this pane"

COPY = "Copy the command that watches this run"

COPY_RESUME = "Copy the command that goes on with this run"

COPY_REPORT = "Copy the command that writes a report on this run"

RESUME = "Resume the run; one that is done asks for more epochs"

STOP = "Stop the run: save it and end it"

DETACH = "Detach: leave, the training goes on"

LEAVE = "Leave"

LIST_KEYS = "List all keys"

# What is told outside of the terminal


def over(label: str, ended: RunEnded) -> str:
    """`43-resnet18-cifar10 is done, best 91.2 %`"""
    if ended.reason == "failed":
        return f"{label} has failed: {ended.error}"
    best = "" if ended.best_top1 is UNSET else f", best {numbers.share(ended.best_top1)}"
    return f"{label} is done{best}"


# Dialogs and notes


def waiting_for_augmented(trainer: str) -> str:
    return f"{harmless(trainer)} shows them after its current step"


# Where no engine trains the run.
READS_IMAGES = "a process starts that reads the images"


AUGMENTED_TITLE = "As the network sees them"


def augmented_at(size: int, epoch: int) -> str:
    """`160×160   epoch 12`: training images may grow over the epochs."""
    return f"{size}×{size}   {at_epoch(str(epoch))}"


AUGMENTED_FOOT = "training images only; validation images never change   Esc back"

REPLACED = "a newer request took the place of this one"

STEER_TITLE = "Steer"

STEER_HINT = "Enter apply   Esc cancel"

STEER_RATE = "learning rate"

STEER_EPOCHS = "total epochs"

STEER_RATE_HELP = "0.01, or x0.5 scales it"

STEER_HELP = "The rest of the plan changes from the next step on."

ENGINE = "the engine"


def steering(trainer: str) -> str:
    """`trainer` is what trains the run: the engine, or somebody's own program."""
    return f"{harmless(trainer)} applies it after its current step"


NOT_A_RATE = "the learning rate is a number such as 0.01, or a factor such as x0.5."

NOT_EPOCHS = "the total of epochs is a whole number such as 40."

KEY_STEER = "steer"


STEER_HELP_SCRIPT = "The optimiser has it from the next step on."


def confirm_rate(rate: str, times: float) -> str:
    return (
        f"that is a learning rate of {rate}, {times:,.0f} times the recipe's: press Enter again if "
        "you mean it."
    )


EPOCHS_HINT = "Enter resume   Esc cancel"


def done_after(epochs: int) -> str:
    """`epochs` is how many a run that is done has trained."""
    return f"Done after {in_epochs(epochs)}. To how many in all shall it train?"


def more_epochs(least: int) -> str:
    return f"it has trained {in_epochs(least - 1)} already: give {least} or more."


def steer_epoch(epoch: int) -> str:
    return f"now in epoch {epoch}"


def steer_later(phase: str) -> str:
    return f"nothing is trained yet ({phase}): press Enter again when it trains."


RECORDING_OVER = (
    "that was a recording; train it here: cnn-tui --arch resnet20 --data digits --epochs 10"
)


def digits(panes: int) -> str:
    """The number keys of this many panes."""
    return f"1-{min(9, panes)}"


def attach_command(selector: str) -> str:
    return f"cnn-tui attach {shlex.quote(selector)}"


def resume_command(selector: str, setting: str) -> str:
    """The command that resumes a run, with a setting that it needs to get further, or none."""
    return shlex.join(["cnn-tui", "resume", selector, *(["--set", setting] if setting else [])])


def then_go_on(sentence: str, go_on: GoOn) -> str:
    written = str(go_on)
    return f"{sentence} {written[:1].upper()}{written[1:]}"


def then_resume(sentence: str) -> str:
    return f"{sentence} Press R to resume it for more epochs."


def copied(command: str) -> str:
    return f"copied: {command}"


EXPLAIN_LINE = "The line under the header says:"

EXPLAIN_FOOT = "Esc back"


def explain_over(reason: str, epoch: int, error: str) -> str:
    why = f" The reason: {harmless(error)}" if error else ""
    return f"The run is over ({reason} in epoch {epoch}); this is how it was then.{why}"


LEAVE_QUESTION = "The training does not need this window. What should it do?"
LEAVE_QUESTION_PAUSED = "The run is paused, and does not need this window. What should it do?"


def leave_answers(*, paused: bool) -> Mapping[str, tuple[str, str]]:
    """The key of each answer, and the answer."""
    return {
        "keep": ("k", "Stay paused, only leave" if paused else "Keep training, only leave"),
        "stop": ("s", "Stop the run and save it"),
        "stay": ("Esc", "Stay here"),
    }


STOP_QUESTION = "The run saves a checkpoint where it can, and ends. Stop it?"
STOP_ANSWERS: Mapping[str, tuple[str, str]] = {
    "stay": ("Esc", "Let it go on"),
    "stop": ("s", "Stop the run and save it"),
}
STOP_SENT = "the run was asked to stop"


STILL_LIVE = "the run is live already: resume it once it has ended"

SAVING_CHECKPOINT = "saving a checkpoint"


def nothing_to_save(phase: str) -> str:
    return f"nothing is trained yet ({phase}): save a checkpoint when it trains."


def see_again(run: str, selector: str) -> str:
    return harmless(f"see {run} again with: cnn-tui attach {shlex.quote(selector)}")


def stopping(run: str, selector: str) -> str:
    return harmless(
        f"{run} saves and stops; resume it with: cnn-tui resume {shlex.quote(selector)}"
    )


HELP_TITLE = "Keys"

HELP_FOOT = "↑ ↓ scroll   Esc back"

HELP_RUN = KeyGroup(
    "the run",
    (
        ("p", "pause, and go on where it was"),
        ("c", "save a checkpoint now"),
        ("s", "steer: learning rate, or the end"),
        ("R", "resume it, once it has ended"),
        (":", "then `stop`: save the run and end it"),
        ("y", "copy the command that watches it"),
        ("d", "detach: leave, the run goes on"),
        ("q Ctrl+C", "leave; asks if you started it"),
    ),
)
# The keys and the actions of the commands that a program may not obey.
COMMAND_KEYS: Mapping[str, str] = {
    "Pause": "p",
    "Checkpoint": "c",
    "Steer": "s",
    "Resume": "R",
    "Stop": ":",
}
ACTIONS: Mapping[str, str] = {
    "Pause": "pause",
    "Checkpoint": "checkpoint",
    "Steer": "steer",
    "Resume": "resume",
    "Probe": "augmented",
}


def help_run(refused: Iterable[str]) -> KeyGroup:
    """The keys for a run, without those of commands that it refuses."""
    useless = {COMMAND_KEYS.get(kind) for kind in refused}
    rows = tuple(row for row in HELP_RUN.rows if row[0] not in useless)
    return KeyGroup(HELP_RUN.title, rows)


HELP_RECORDING = KeyGroup(
    "the recording",
    (
        ("p", "hold it, and go on"),
        ("q Ctrl+C", "leave"),
    ),
)

HELP_LOG = KeyGroup(
    "a log of another program",
    (
        ("y", "copy the command that shows it"),
        ("q Ctrl+C", "leave; nothing is written to it"),
    ),
)

HELP_LAUNCHER = KeyGroup(
    "the launcher",
    (
        ("↑ ↓ j k", "choose"),
        ("PgUp PgDn Home End", "ten further; to either end"),
        ("Tab Shift+Tab", "the next box, the one before"),
        ("Enter", "start what is chosen, or attach"),
        ("f", "change fields of the recipe"),
        ("a", "images as the network sees them"),
        ("i", "what the data set holds"),
        ("r w", "all runs; the race of a run, or the newest"),
        ("/ o", "filter architectures; order them"),
        ("y", "copy the command for the same"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? q Ctrl+C", "these keys; quit"),
    ),
)

HELP_BOXES = KeyGroup(
    "dialogs",
    (
        ("Esc q Enter", "close it, as its own key does"),
        ("↑ ↓ Enter", "another field or answer; take it"),
        ("← → ↑ ↓ h l k j   Space PgUp PgDn", "pages of pictures"),
        ("Home End", "to either end"),
        ("k s", "in a question: leave the run as it is; stop it"),
        ("d", "on deleting: move the runs to the trash"),
        ("Tab", "complete the path of a folder"),
        ("x r k", "beside its neighbours: decide on a suspect"),
    ),
)

HELP_SIGNS = KeyGroup(
    "around the curves",
    (
        ("◆ c s ‖ !", "best, saved, steered, paused, alert"),
        ("last 60 s ▁▃▆", "the newest steps, over their time"),
        ("last steps", "at a cursor; `train` is a whole epoch"),
    ),
)


def help_screen(panes: int, shortcuts: Mapping[str, str]) -> KeyGroup:
    """The keys that work on the dashboard no matter which pane has the focus.

    `shortcuts` maps an extra digit to the title of the pane that it leads to.
    """
    keys = " ".join([digits(panes), *shortcuts])
    words = "; ".join(["a pane by its number", *(f"the {title}" for title in shortcuts.values())])
    return KeyGroup(
        "the screen",
        (
            ("Tab Shift+Tab", "the next pane, the one before"),
            (keys, words),
            ("Enter z", "this pane alone, and back"),
            ("e", "explain this pane, as it is now"),
            (", . [ ]", "past epochs, in panes that have them"),
            ("a", "images as the network sees them"),
            (": Ctrl+P", "all that can be done, in words"),
            ("Ctrl+L", "draw the screen anew"),
            ("? Esc", "these keys; back"),
        ),
    )


def report_command(selector: str) -> str:
    return shlex.join(("cnn-tui", "report", selector))


FILTER_HINT = "part of a name or of a row; empty shows all"


def filter_title(box: str) -> str:
    return f"Filter: {box}"
