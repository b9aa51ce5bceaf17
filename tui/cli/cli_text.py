"""Words of the command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from engine.text import folder, harmless, reason, typed

# Help. The list of commands shows the first sentence and has room for about 60 characters.

HELP = """Train convolutional image classifiers and watch them learn, live in the terminal.

Without a command it opens the launcher, or, with --arch, --data or --recipe, starts that run
and shows it. The training continues when the terminal is closed; `cnn-tui attach` shows it again.
"""

STOPPED = "stopped"
EMPTY_RUN = "RUN is empty, perhaps an unset variable of a script: name a run."

WHICH = "RUN is a number, a part of a name, or a path."
WHICH_RUN = "RUN is a number, a part of a name, or a path; without it, the newest run is meant."
WHICH_LIVE = "RUN is a number, a part of a name, or a path; without it, the only live run is meant."

HELP_TRAIN = "Start a run and watch it."
HELP_ATTACH = (
    f"Watch a run, or the log of another program. {WHICH_RUN} Of a log, RUN is its path, or that "
    "of a folder with logs to choose from: TensorBoard's event files, CSV or JSON lines."
)
HELP_DEMO = "Play back a recorded run. It shows the whole dashboard without data, GPU or waiting."
HELP_RESUME = f"Resume a run from its last checkpoint. {WHICH_RUN}"
HELP_MODELS = "List the architectures."
HELP_DATASETS = "List the data sets and whether they are on this disk."
HELP_RECIPES = "List the recipes, or print one as TOML. Edit it and use it with --recipe FILE."
HELP_STOP = f"Save and stop a run. {WHICH_LIVE}"
HELP_PAUSE = f"Pause a run after its current step. {WHICH_LIVE}"
HELP_CONTINUE = f"Continue a paused run. {WHICH_LIVE}"
HELP_CHECKPOINT = f"Make a run save a checkpoint now. {WHICH_LIVE}"

HELP_ARCH = (
    "Architecture, see `cnn-tui models`; or torchvision/NAME, timm/NAME, or FILE.py:FUNCTION."
)
HELP_DATA = "Data set, see `cnn-tui datasets`, or a folder, archive or file of images."
# What a printed recipe for photographs has in the place of their folder.
ANY_FOLDER = "FOLDER"
HELP_DATA_OF_RECIPE = (
    "What the recipe is for, as `cnn-tui train` takes it. Without it, photo is for a folder that "
    f"you name later (its data is {ANY_FOLDER}), and any other recipe for cifar10."
)
HELP_RECIPE = "Recipe by name, or a TOML file. Without one, it is chosen for the images."
HELP_PRETRAINED = "Start from torchvision's ImageNet weights, at 224 pixels."
HELP_INIT_FROM = "Start from the weights of a run or of a checkpoint file."
HELP_EPOCHS = "Total number of epochs."
HELP_SET = "Set a field of the recipe, as in --set lr=0.1; can be repeated."
HELP_DEVICE = "Where to train: auto, cpu, cuda or cuda:N."
HELP_COMPUTING = "Where to compute: auto, cpu, cuda or cuda:N."
HELP_OWN_NETWORK = "Your file that makes the network, where the run does not keep it."
HELP_REPLACE = "Replace files that exist."
HELP_GPUS = "Share each batch among N GPUs, or all; with --device cpu, among N processes."
HELP_COMPILE = "Compile the model: auto (only for a long run on a GPU), off or on."
HELP_SEED = "Random seed of weights, order and augmentation."
HELP_DATA_DIR = "Folder to look for data sets in."
HELP_LABELS = "File with decisions on labels, by image: drop it, keep it, or give it another class."
HELP_NAME = "Name of the run (default: ARCH-DATA)."
HELP_RESUME_AUTO = "With --name: resume the newest run of that name, or start it."
HELP_FORCE = (
    "Resume a run whose engine on another machine has long been silent, or whose images have "
    "changed (from the next epoch, not bit-exact)."
)
HELP_ON_NAN = "When the loss is not a number: pause, stop or rollback."
HELP_ON_END = (
    "Run this when the run is done, stopped or has failed; CNN_TUI_RUN, CNN_TUI_STATE and "
    "CNN_TUI_RESULT tell it which and how."
)
HELP_NO_UI = "Train in the foreground and print plain lines."
HELP_CREATE = "Create the run's folder, print its path, and leave starting it to torchrun."
HELP_DRY_RUN = "Do everything up to one step and one evaluation batch, then exit."
HELP_ASCII = "Draw with ASCII characters only."
HELP_RUNS_DIR = "Folder of the runs (default: $CNN_TUI_RUNS or ./runs)."
HELP_MORE_EPOCHS = (
    "Train to this total of epochs, even if the run was done or patience has ended it; patience "
    "then starts to count again."
)
HELP_CHANGE = (
    "Change a setting of the run, as in --set patience=0: epochs, patience, on_nan, save_every, "
    "keep, data, data_dir, broken, accumulate, cache or suspects; can be repeated."
)
HELP_OTHER_DEVICE = "Resume on another device and stay there: auto, cpu, cuda or cuda:N."
HELP_ONCE = "Print one frame as text and exit."
HELP_COLUMNS = "What columns of a table mean that no program is known for: loss=train_l,step=it."
COLUMNS_OF_LOG = "--columns is for a table that another program wrote: name its path."
LOG_COLUMNS = (("to show it", False), ("kind", False), ("size", True), ("grew", True))
PART_OF_LOGS = "There was too much to search: there may be more logs."
HELP_JSON = "Print JSON."

# Errors

RESUME_NEEDS_NAME = "--resume auto needs --name: it resumes the newest run of that name."
ATTACH_NEEDS_TERMINAL = "attach needs a terminal: `cnn-tui attach --once` prints one frame as text."
DEMO_NEEDS_TERMINAL = "demo needs a terminal: do not redirect its input or output."

# On a terminal that cannot be drawn on: what to do, or what comes instead
LINES_INSTEAD = "plain lines follow, as with --no-ui."
FRAME_INSTEAD = "one frame follows, as with --once."
NO_LAUNCHER = "say what to train, as in `cnn-tui --arch lenet5 --data digits`."
NO_DEMO = "play the demo on another one."


def no_screen(term: str, instead: str) -> str:
    return f"this terminal cannot be drawn on (TERM is {harmless(term) or 'empty'}): {instead}"


def refused(message: str, subcommand: str, near: Sequence[str] = ()) -> str:
    """Click's message about the command line as one sentence, with what to do.

    `near` are possible words, the nearest first.
    """
    said = harmless(message)
    sentence = said[:1].lower() + said[1:].removesuffix(".")
    if near:
        return f"{sentence}: did you mean '{near[0]}'?"
    help_ = " ".join(word for word in ("cnn-tui", subcommand, "--help") if word)
    return f"{sentence}: see `{help_}`."


def unexpected(words: Sequence[str]) -> str:
    plural = "s" if len(words) > 1 else ""
    return f"got unexpected extra argument{plural} ({' '.join(words)})"


def options_missing(pairs: Iterable[tuple[str, str]]) -> str:
    """`pairs` are options, and the words that they take."""
    return f"type `{' '.join(f'{option} {typed(word)}' for option, word in pairs)}` instead."


def system_refused(error: OSError) -> str:
    """What the operating system refuses: a file, or, without a name, what is printed."""
    if error.filename is None:
        why = harmless(reason(error))
        return f"what the command prints cannot be written: {why}; let it print elsewhere."
    return f"{harmless(os.fsdecode(error.filename))} cannot be used: {harmless(reason(error))}."


def options_before(command: str, options: Iterable[str]) -> str:
    return f"put {', '.join(options)} after {command}, if it takes it: see {command} --help."


# Starting a run

REHEARSAL = "the dry run"

REHEARSED = "dry run: one step and one evaluation batch worked, and nothing was kept."


def warning(sentence: str) -> str:
    return f"warning: {sentence}"


def recipe_of_photographs(preset: str) -> str:
    return (
        f"no --recipe is named, so {preset} is taken, since the images are photographs: "
        "`cnn-tui recipes` lists others."
    )


def data_by_default(data: str) -> str:
    return (
        f"no --data is named, so {data} is taken: `cnn-tui datasets` lists others, and --data PATH "
        "takes images of yours."
    )


def nothing_left(run: str) -> str:
    return f"{harmless(run)} is done: there is nothing left to train"


def options_for_torchrun(options: Iterable[str]) -> str:
    return f"add {' '.join(options)} after `-m engine RUN`"


def from_elsewhere(run: object, runs_dir: object) -> str:
    return f"{harmless(str(run))} is taken, as no run in {folder(runs_dir)} has that name."


# Sending a command to a run

# The engine gets a command even if it changes nothing.
UNCHANGED = {
    ("pause", "paused"): ", which was paused already",
    ("continue", "live"): ", which was not paused",
}


def command_sent(command: str, run: str, state: str) -> str:
    return f"sent {command} to {harmless(run)}{UNCHANGED.get((command, state), '')}"


# Watching a run


def another_is_live(newest: str, live: str, selector: str) -> str:
    return (
        f"{harmless(newest)}, the newest run, is not live; {harmless(live)} is: see it with "
        f"`cnn-tui attach {typed(selector)}`."
    )


def live_elsewhere(runs_dir: object, live: str, selector: str) -> str:
    return (
        f"the folder {folder(runs_dir)} holds no run yet, but {harmless(live)} is live elsewhere: "
        f"see it with `cnn-tui attach {typed(selector)}`."
    )


# Tables: for each column its heading, and whether it holds numbers

NEWS_COLUMN = "what was new"
DATA_COLUMNS = (
    ("data set", False),
    ("images", True),
    ("shape", True),
    ("classes", True),
    ("on disk", False),
    ("source", False),
)
RECIPE_COLUMNS = (("recipe", False), ("what it is for", False))


def counted_for(images: str, classes: int) -> str:
    return f"parameters and MAC: for images of {images} and {classes} classes"


RESULTS = (
    "top-5 err: the error on ImageNet in the paper, mostly of an ensemble\n"
    "top-1: the accuracy of one model on ImageNet, with the weights of torchvision"
)


def left_out(columns: Iterable[str]) -> str:
    return f"a wider terminal also shows: {', '.join(columns)}"
