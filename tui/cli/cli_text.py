"""Words of the command line."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text import harmless

HELP = """Train convolutional image classifiers and watch them learn, live in the terminal.

Without a command it opens the launcher, or, with --arch, --data or --recipe, starts that run
and shows it. The training goes on when the terminal is closed; `cnn-tui attach` shows it again.
"""

HELP_TRAIN = "Start a run and watch it."

# The first sentence stands in the list of commands, where there is room for some 60 characters.
WHICH_RUN = "RUN is a number, part of a name or a path; nothing means the newest."

HELP_ATTACH = f"Watch a run. {WHICH_RUN}"

HELP_DEMO = "Play back a recorded run. It is the whole dashboard, with no data, GPU or wait."

HELP_RESUME = f"Go on with a run from its last checkpoint. {WHICH_RUN}"

HELP_RUNS = "List the runs, newest first."

HELP_MODELS = "List the architectures."

HELP_DATASETS = "List the data sets and whether they are on this disk."

HELP_RECIPES = "List the recipes, or print one as TOML. Edit it and use it with --recipe FILE."

HELP_STOP = "Save and stop a run; nothing means the only one that is live."

HELP_PAUSE = "Pause a run after its current step."

HELP_CONTINUE = "Go on with a paused run."

HELP_CHECKPOINT = "Make a run save a checkpoint now."

HELP_ARCH = (
    "Architecture, see `cnn-tui models`; or torchvision/NAME, timm/NAME, or FILE.py:FUNCTION."
)

HELP_DATA = "Data set, see `cnn-tui datasets`, or a folder of images."

HELP_RECIPE = "Recipe by name, or a TOML file."

HELP_PRETRAINED = "Begin with torchvision's weights for ImageNet, at 224 pixels."

HELP_INIT_FROM = "Begin with the weights of a run, or of a checkpoint file."

HELP_EPOCHS = "Total number of epochs."

HELP_SET = "Set a field of the recipe, as in --set lr=0.1; may be repeated."

HELP_DEVICE = "Where to train: auto, cpu, cuda or cuda:N."

HELP_GPUS = "Share each batch among so many GPUs, or all; with --device cpu, processes."

HELP_CREATE = "Make the run's folder, print its path and leave it to torchrun to start."

HELP_COMPILE = "Compile the model: auto (where a long run on a GPU repays it), off or on."

HELP_SEED = "Seed of weights, order and augmentation."

HELP_DATA_DIR = "Where data sets are looked for."

HELP_RUNS_DIR = "Where runs are kept (default: $CNN_TUI_RUNS or ./runs)."

HELP_NAME = "Name of the run (default: ARCH-DATA)."

HELP_RESUME_AUTO = "With --name: go on with the newest run of that name, or begin it."

HELP_FORCE = "Take an engine on another machine for gone when nothing was heard of it for long."

HELP_MORE_EPOCHS = "Go on to this total of epochs, also when the run was done."

HELP_OTHER_DEVICE = "Go on, and stay, on another device: auto, cpu, cuda or cuda:N."

HELP_ON_NAN = "When the loss is no number: pause, stop or rollback."

RESUME_NEEDS_NAME = "--resume auto needs --name, which says what run to go on with."

HELP_NO_UI = "Train in the foreground and print plain lines."

REHEARSED = "a rehearsal: one step and one evaluation batch went well, and nothing was kept."

HELP_DRY_RUN = "Do everything up to one step and one evaluation batch, then exit."

HELP_ASCII = "Draw with ASCII characters only."

HELP_ONCE = "Print one frame as text and exit."

HELP_JSON = "Print JSON."

NEEDS_TERMINAL = "attach draws on a terminal, and this is none: use `cnn-tui attach --once`."

DEMO_NEEDS_TERMINAL = "demo draws on a terminal, and this is none."


def nothing_left(run: str) -> str:
    return f"{harmless(run)} is done: there is nothing left to train"


def forgotten(command: str) -> str:
    return f"a run that failed before it saved anything is forgotten with: {harmless(command)}"


def warned(sentence: str) -> str:
    return f"warning: {sentence}"


def told_to_torchrun(epochs: int) -> str:
    return f"warning: for {epochs:,} epochs add --epochs {epochs} after `-m engine RUN`"


def options_before(command: str, options: Iterable[str]) -> str:
    return f"put {', '.join(options)} after {command}, if it takes it: see {command} --help."


# What a command asks for where a run is like that already: the engine hears it all the same.
ALREADY = {
    ("pause", "paused"): ", but it was paused already",
    ("continue", "live"): ", but it was not paused",
}


def told(command: str, run: str, state: str) -> str:
    return f"told {harmless(run)} to {command}{ALREADY.get((command, state), '')}"


NEWS_COLUMN = "what was new"


def left_out(columns: Iterable[str]) -> str:
    return f"a wider terminal also shows: {', '.join(columns)}"


DATA_COLUMNS = (
    ("data set", False),
    ("images", True),
    ("shape", True),
    ("classes", True),
    ("on disk", False),
    ("source", False),
)

RECIPE_COLUMNS = (("recipe", False), ("what it is for", False))

RUN_COLUMNS = (
    ("#", True),
    ("run", False),
    ("state", False),
    ("epoch", True),
    ("best %", True),
    ("time", True),
    ("started", False),
)

STATES = {
    "live": "● training",
    "paused": "‖ paused",
    "done": "done",
    "stopped": "↻ stopped",
    "failed": "✗ failed",
    "silent": "? silent",
}


def no_runs(folder: str) -> str:
    return f"the folder {harmless(folder)} holds no run yet: start one with `cnn-tui`"
