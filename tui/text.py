"""Every word of the interface, by pane; what is computed or laid out stands elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Numbers

NAN = "nan"
NONE = "–"

# Curves

LOSS_TITLE = "Loss"
ACCURACY_TITLE = "Accuracy"
ACCURACY_TITLE_SHORT = "Acc"
RECENT = "recent"
TRAIN = "train"
VALIDATION = "val"
GAP = "gap"
BEST = "best"
TOP5 = "top-5"
INIT = "init"
EPOCH = "epoch"

# Learning rate

RATE_TITLE = "Learning rate"
RATE = "lr"
PLANNED = "dim = planned"
SCHEDULES: Mapping[str, str] = {
    "constant": "constant",
    "step": "steps",
    "cosine": "cosine",
    "onecycle": "one-cycle",
    "linear": "linear",
}

# Layers

LAYERS_TITLE = "Layers"
LAYER = "layer"
KERNEL = "kernel"
OUTPUT = "output"
PARAMETERS = "params"
MMAC = "MMAC"
SHARE = "share"
NO_LAYERS = "the layer table comes with the start of the run"


def parameters(count: str, macs: str) -> str:
    return f"{count} parameters   {macs} MMAC"


def parameters_short(count: str, macs: str) -> str:
    return f"{count}   {macs} MMAC"


def more(count: int) -> str:
    return f"… {count} more"


# Confusion

CONFUSION_TITLE = "Confusion"
RECALL = "rec"
TRUE = "true"
PREDICTED = "predicted"
WORST_PAIRS = "worst pairs"
COUNT = "n"
HARDEST = "hardest"
EASIEST = "easiest"
NO_CONFUSION = "the first validation fills this pane"
NO_MISTAKES = "not one mistake"


def confusion_facts(unit: str, epoch: int) -> str:
    return f"row = true, {unit}   epoch {epoch}"


def of(total: str) -> str:
    return f"of {total}"


def classes(count: int) -> str:
    return f"{count} classes"


def images(count: str) -> str:
    return f"{count} images"


# Maps

MAPS_TITLE = "Maps"
NO_MAPS = "feature maps come with the next validation"
MAPS_KEYS = "n N layer   a augmented"


def image(number: int) -> str:
    return f"image {number}"


# Machine

MACHINE_TITLE = "Machine"
MEMORY = "memory"
CPU = "cpu"
RAM = "ram"
SPEED = "img/s"
DISK = "disk"
CHECKPOINT = "checkpoint"
OTHERS = "others"
IDLE = "idle"
NO_HARDWARE = "the first sample of the machine is due"


def used_of(used: str, total: str) -> str:
    return f"{used} of {total}"


def cpu_share(share: str, cores: int) -> str:
    return f"{share} % of {cores} cores"


def epoch_time(train: str, validation: str) -> str:
    return f"{train} train + {validation} validation"


def disk_free(size: str) -> str:
    return f"{size} free"


def checkpoint_cost(size: str, seconds: str) -> str:
    return f"{CHECKPOINT} {size}, {seconds}"


# Log

LOG_TITLE = "Log"
STARTED = "started"
RESUMED = "resumed"
CHECKPOINT_REASONS: Mapping[str, str] = {
    "epoch": "after the epoch",
    "best": "best so far",
    "command": "by you",
    "signal": "by a signal",
    "stop": "at the stop",
}
RUN_ENDED: Mapping[str, str] = {"done": "done", "stopped": "stopped", "failed": "failed"}


def log_started(arch: str, data: str, recipe: str, device: str) -> str:
    return f"{arch} on {data}, recipe {recipe}, {device}"


def log_epoch(epoch: int) -> str:
    return f"epoch {epoch:>3}"


def log_results(train_loss: str, loss: str, train_top1: str, top1: str, seconds: str) -> str:
    return f"loss {train_loss} / {loss}   acc {train_top1} / {top1}   {seconds}"


def log_best(top1: str, epoch: int, file: str) -> str:
    return f"{top1} % at epoch {epoch} → {file}"


def log_checkpoint(reason: str, step: int, file: str) -> str:
    return f"{reason}, step {step:,} → {file}"


def log_resumed(epoch: int, step: int) -> str:
    return f"in epoch {epoch}, from step {step:,}"


def log_ended(best: str, epoch: int, time: str) -> str:
    return f"{best} % at epoch {epoch}, {time}"


# Status

PHASES: Mapping[str, str] = {
    "starting": "starting",
    "downloading": "downloading",
    "loading": "loading",
    "compiling": "compiling",
    "training": "training",
    "evaluating": "evaluating",
    "saving": "saving",
    "pausing": "pausing",
    "paused": "paused",
}
ENGINE_LOST = "engine ended unexpectedly"


def batch(size: int) -> str:
    return f"batch {size}"


def epoch_of(epoch: int, planned: int) -> str:
    return f"epoch {epoch}/{planned}"


def speed(count: str) -> str:
    return f"{count} img/s"


def time_left(time: str) -> str:
    return f"{time} left"


def time_left_at(time: str, at: str) -> str:
    return f"{time} left, at {at}"


# The command line

HELP = """Train convolutional image classifiers and watch them learn, live in the terminal.

Without a command it opens the launcher, or, with --arch, --data or --recipe, starts that run
and shows it. The training goes on when the terminal is closed; `cnn-tui attach` shows it again.
"""
HELP_TRAIN = "Start a run and watch it."
HELP_ATTACH = "Watch a run: a number, part of a name, a path, or nothing for the newest."
HELP_RESUME = "Go on with a run that was stopped or failed, from its last checkpoint."
HELP_RUNS = "List the runs, newest first."
HELP_MODELS = "List the architectures."
HELP_DATASETS = "List the data sets and whether they are on this disk."
HELP_RECIPES = "List the recipes, or print one as TOML that can be edited and used."
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
HELP_DEVICE = "auto, cpu, cuda or cuda:N."
HELP_SEED = "Seed of weights, order and augmentation."
HELP_DATA_DIR = "Where data sets are looked for."
HELP_RUNS_DIR = "Where runs are kept (default: $CNN_TUI_RUNS or ./runs)."
HELP_NAME = "Name of the run (default: ARCH-DATA)."
HELP_NO_UI = "Train in the foreground and print plain lines."
HELP_DRY_RUN = "Do everything up to one step and one evaluation batch, then exit."
HELP_ASCII = "Draw with ASCII characters only."
HELP_ONCE = "Print one frame as text and exit."
HELP_JSON = "Print JSON."

NEEDS_TERMINAL = "attach draws on a terminal, and this is none: use `cnn-tui attach --once`."


def options_before(command: str, options: Iterable[str]) -> str:
    return f"put {', '.join(options)} after {command}, if it takes it: see {command} --help."


def told(command: str, run: str) -> str:
    return f"told {run} to {command}"


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
RUN_COLUMNS = (
    ("#", True),
    ("run", False),
    ("state", False),
    ("epoch", True),
    ("best %", True),
    ("time", True),
    ("started", False),
)
READY = "ready"
STATES = {
    "live": "● training",
    "paused": "‖ paused",
    "done": "done",
    "stopped": "↻ stopped",
    "failed": "✗ failed",
}


def to_download(size: str) -> str:
    return f"↓ {size}"


def no_runs(folder: str) -> str:
    return f"no runs in {folder} yet: start one with `cnn-tui`"


# Keys

PROGRAM = "cnn-tui"
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
KEY_HELP = "help"
KEY_QUIT = "quit"
KEY_START = "start"
KEY_ATTACH = "attach"
KEY_CHOOSE = "choose"
KEY_NEXT_BOX = "next box"
KEY_FIELDS = "fields"
KEY_COPY = "copy command"

TABS: Mapping[str, str] = {
    "rate": "lr",
    "layers": "layers",
    "confusion": "confusion",
    "maps": "maps",
    "machine": "machine",
    "log": "log",
}

# Augmented images

AUGMENTED_TITLE = "As the network sees them"
AUGMENTED_FOOT = "training images only; validation never changes   esc back"
KEY_AUGMENTED = "augmented"
ASKED_AUGMENTED = "the engine shows them after its current step"
LOADING_AUGMENTED = "loading some images …"


def augmented_facts(epoch: int) -> str:
    return f"epoch {epoch}"


# Leaving

LEAVE_QUESTION = "The training does not need this window. What shall become of it?"
LEAVE_ANSWERS: Mapping[str, str] = {
    "keep": "Keep training, only leave",
    "stop": "Stop the run and save it",
    "stay": "Stay here",
}
CHECKPOINT_ASKED = "saving a checkpoint after this step"


def goes_on(run: str, selector: str) -> str:
    return f"{run} goes on training; come back with: cnn-tui attach {selector}"


def is_over(run: str, selector: str) -> str:
    return f"see {run} again with: cnn-tui attach {selector}"


def stopping(run: str, selector: str) -> str:
    return f"{run} saves and stops; go on with it by: cnn-tui resume {selector}"


# Help

HELP_TITLE = "Keys"
HELP_KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "the run": (
        ("p", "pause, and go on exactly where it was"),
        ("c", "save a checkpoint now"),
        ("d", "detach: leave at once, the training goes on"),
        ("q  Ctrl+C", "leave; asks first where this window started the run"),
    ),
    "the screen": (
        ("Tab  1 … 8  0", "go to a pane; 0 is the log"),
        ("Enter  z", "show the pane alone, and back"),
        ("n N", "another layer of the feature maps"),
        ("a", "training images as the network sees them"),
        ("↑ ↓  j k", "scroll the layers, choose in a list"),
        ("Esc", "back"),
    ),
    "the launcher": (
        ("Enter", "start with what is chosen; on a run, attach to it"),
        ("f", "change fields of the recipe"),
        ("/  o", "filter and order the architectures"),
        ("y", "copy the command line that does the same"),
    ),
}

# The launcher

RUNS_TITLE = "Runs"
ARCH_TITLE = "Architecture"
DATA_TITLE = "Data"
RECIPE_TITLE = "Recipe"
DEVICE_TITLE = "Device"
NAME = "name"
YEAR = "year"
DEPTH = "depth"
MACS = "MAC"
FAMILY = "family"
TOP5_ERROR = "top-5 err"
TOP1 = "top-1"
BY_FAMILY = "family"
BY_YEAR = "year"
BY_DEPTH = "depth"
BY_PARAMETERS = "parameters"
BY_MACS = "MAC"
BY_TOP1 = "top-1"
KEY_FILTER = "filter"
KEY_ORDER = "order"
NONE_FITS = "no architecture fits the filter"
DETAILS_TITLE = "Stages"
FILTER_TITLE = "Filter architectures"
FILTER_HINT = "part of a name, family or idea; nothing shows all"
FOLDER_ENTRY = "folder …"
DEVICE_AUTO = "the GPU with the most free memory"
DEVICE_AUTO_CPU = "no GPU here: the processor"
CROP = "crop"
FLIP = "flip"
ROTATE = "rotate"
SHIFT = "shift"
NO_AUGMENTATION = "no augmentation"
FIELDS = "f fields"
ATTACH_HINT = "⏎ attach"
NEW_RUN = "new run"
RUNS_IN = "run folder"
COPIED = "copied"
SIGNS: Mapping[str, str] = {
    "live": "●",
    "paused": "‖",
    "done": " ",
    "stopped": "↻",
    "failed": "✗",
}
STATE_WORDS: Mapping[str, str] = {
    "live": "training",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
}
FIELDS_TITLE = "Recipe"
FIELDS_HINT = "Enter takes them   Esc leaves them"
PATH_TITLE = "Folder of images"
PATH_HINT = "one subfolder a class, or train/ and val/"
PATH_EXAMPLE = "~/data/flowers"


def counts(parameters: str, macs: str) -> str:
    return f"{parameters} parameters   {macs} MAC"


def arch_facts(order: str, shown: int, total: int) -> str:
    which = f"{shown} of {total}   " if shown < total else ""
    return f"{which}/ filter   o {order}"


def cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def recipe_length(epochs: int, batch: int) -> str:
    return f"{epochs} epochs   batch {batch}"


def recipe_rate(lr: float, schedule: str) -> str:
    return f"lr {lr:g}   {schedule}"


def recipe_rest(optimizer: str, seed: int) -> str:
    return f"{optimizer}   seed {seed}"


def recipe_augmentation(names: Iterable[str]) -> str:
    return "   ".join(names) or NO_AUGMENTATION
