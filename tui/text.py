"""Every word of the interface, by pane; what is computed or laid out stands elsewhere."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from engine.text import harmless

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
SMOOTH = "smooth"
LOG_SCALE = "log"
NO_CURVE = "the first steps begin the curve, each epoch adds an o"
NO_CURVE_SHORT = "the first steps begin it"
KEY_CURSOR = "cursor"
KEY_SMOOTH = "smooth"
KEY_LOG_SCALE = "log y"
KEY_RECENT = "recent"


def at_epoch(epoch: str) -> str:
    return f"epoch {epoch}"


def at_step(epoch: str, step: int) -> str:
    return f"epoch {epoch}, step {step:,}"


# Learning rate

RATE_TITLE = "Learning rate"
RATE = "lr"
PLANNED = "dim = planned"
PLATEAU = "plateau"
YOU = "you"
IS_PLANNED = "planned"
NO_RATE = "the schedule comes with the start of the run"
SCHEDULES: Mapping[str, str] = {
    "constant": "constant",
    "step": "steps",
    "cosine": "cosine",
    "onecycle": "one-cycle",
    "linear": "linear",
}


def after_warmup(schedule: str, epochs: float) -> str:
    return f"{schedule} after warm-up {epochs:g}"


# Layers

LAYERS_TITLE = "Layers"
LAYER = "layer"
KERNEL = "kernel"
OUTPUT = "output"
PARAMETERS = "params"
MMAC = "MMAC"
NO_LAYERS = "the layer table comes with the start of the run"
RECEPTIVE = "RF"
WHOLE_IMAGE = "all"
GRADIENT = "grad"
UPDATE = "upd/w"
ACTIVATION = "mean ± dev"
DEAD = "dead"
NO_HEALTH = "gradients, updates and dead units follow after the first step"
NO_HEALTH_EVER = "this run has no report on gradients and dead units"
TROUBLES: Mapping[str, str] = {
    "vanishing": "vanishing",
    "exploding": "exploding",
    "dead": "dead",
}
HEALTHY = "healthy"
BY_DEPTH_LINE = "gradient by depth"
KEY_FOLD = "fold"
KEY_ITS_MAPS = "its maps"


def blocks(count: int) -> str:
    return f"{count} blocks"


def rows_of(first: int, last: int, count: int) -> str:
    return f"{first}–{last} of {count}"


def first_to_last(first: str, last: str, ratio: str) -> str:
    return f"{first} : {last} = {ratio}"


def troubled(count: int, trouble: str, layer: str) -> str:
    """The layers that have this trouble, of which this one is the first."""
    return f"! {layer} {trouble}" if count == 1 else f"! {layer} and {count - 1} more {trouble}"


def troubles(count: int, trouble: str) -> str:
    return f"! {count} {trouble}"


def shares(parameters: str, macs: str) -> str:
    return f"{parameters} % of the parameters, {macs} % of the MACs"


def wider_than(receptive: int, side: int) -> str:
    return f"RF {receptive} > {side} px"


def dead_units(per_cent: str) -> str:
    return f"dead: {per_cent} % of its units pass for no image"


def vanishes(gradient: str) -> str:
    return f"vanishing: gradient {gradient}, a thousandth of the others or less"


def explodes(gradient: str, update: str) -> str:
    return f"exploding: gradient {gradient}, update {update} of its weights"


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
CLASS = "class"
PRECISION = "prec"
F1 = "F1"
COLUMN_IMAGES = "images"
TAKEN_FOR = "most taken for"
MEAN_OF_CLASSES = "mean of the classes"
RECOGNISED = "recognised"
NO_CLASS_FITS = "no class fits the filter"
NO_PAIR_FITS = "no pair fits the filter"
CONFUSION_ORDERS: Mapping[str, str] = {
    "classes": "in class order",
    "worst": "worst pairs first",
    "recall": "by recall",
}
KEY_IMAGES = "images"
KEY_SORT = "sort"
KEY_REPORT = "report"
KEY_MATRIX = "matrix/pairs"
KEY_PER_CENT = "counts"
CLASS_FILTER_TITLE = "Filter classes"
CLASS_FILTER_HINT = "part of a name; nothing shows all"
ASKED_IMAGES = "asking the engine for these images …"
RIGHT_CELL = "Only mistakes keep their images: choose a cell beside the diagonal."
NO_SUCH_MISTAKE = "There is no such mistake to look at."
NO_IMAGES_KEPT = "No images of this cell are kept: only the most frequent mistakes have some."
PICTURES_FOOT = "validation images, as the model sees them now   esc back"
PAGES = "← → more"


def taken_for(true: str, predicted: str) -> str:
    return f"{true} taken for {predicted}"


def mistaken(true: str) -> str:
    return f"{true}, mistaken"


def count_of(images: str, total: str) -> str:
    return f"{images} of {total}"


def top1(per_cent: str) -> str:
    return f"top-1 {per_cent}"


def filtered(wanted: str) -> str:
    return f"/{wanted}"


def square(classes: int) -> str:
    return f"{classes} × {classes}"


def similar_together(classes: int) -> str:
    return f"{square(classes)}, similar together"


def part_of(rows: int, columns: int, classes: int) -> str:
    return f"{rows} × {columns} of {classes} × {classes}"


def row_is_true(unit: str) -> str:
    return f"row = true, {unit}"


def of(total: str) -> str:
    return f"of {total}"


def classes(count: int) -> str:
    return f"{count} classes"


def images(count: str) -> str:
    return f"{count} images"


# Maps

MAPS_TITLE = "Maps"
NO_MAPS = "feature maps come with the next validation"
STRONGEST_FIRST = "strongest first"
ASKING = "asking …"
KEY_LAYER = "layer"
KEY_IMAGE = "image"
KEY_CHANNELS = "channels"
KEY_ORDER_MAPS = "order"
KEY_KERNELS = "kernels"
KEY_GO_TO = "go to"


def image(number: int) -> str:
    return f"image {number}"


def go_to_image(typed: str, count: int) -> str:
    return f"image 0-{count - 1}: {typed}_"


def times(sizes: Iterable[int]) -> str:
    return "×".join(str(size) for size in sizes)


def sees(side: int) -> str:
    return f"sees {side}×{side} px"


def some_of(first: int, last: int, count: int) -> str:
    return f"{first}-{last} of {count}"


def kernels(count: int, shape: Iterable[int]) -> str:
    return f"{count} kernels of {times(shape)}"


def weights_to(largest: str) -> str:
    return f"weights -{largest} dark, +{largest} light"


# Machine

MACHINE_TITLE = "Machine"
MEMORY = "memory"
CPU = "cpu"
RAM = "ram"
SPEED = "img/s"
DISK = "disk"
CHECKPOINT = "checkpoint"
OTHERS = "others"
HIDDEN = "hidden"
IDLE = "idle"
NO_HARDWARE = "the first sample of the machine is due"
AT_THE_END = "as it was at the end"


def used_of(used: str, total: str) -> str:
    return f"{used} of {total}"


BOUND = "bound"
INPUT = "input"
COMPUTE = "compute"
EVALUATION = "validation"
VIEWER = "viewer"
ENGINE = "engine"
YOU = "you"
SOMEONE = "someone"


def bound_by(what: str, share: str) -> str:
    return f"by {what} {share} %"


def share_of_time(what: str, share: str) -> str:
    return f"{what} {share} %"


def step_time(time: str) -> str:
    return f"{time} a step"


def viewer_cost(share: str, kib: str) -> str:
    return f"{share} % of a core   {kib} KiB/s"


def cpu_share(share: str, cores: int) -> str:
    return f"{share} % of {cores} cores"


def cores_taken(share: str) -> str:
    return f"{OTHERS} take {share} %"


OF_THE_CORES = " of the cores"


def epoch_time(train: str, validation: str) -> str:
    return f"{train} train + {validation} validation"


def disk_free(size: str) -> str:
    return f"{size} free"


def checkpoint_cost(size: str, seconds: str) -> str:
    return f"{CHECKPOINT} {size}, {seconds}"


# Log

LOG_TITLE = "Log"
KEY_LOG_FILTER = "filter"
KEY_SCROLL = "scroll"
GO_ON = "go on with:"
NO_LOG = "epochs, checkpoints and alerts are told here as they come"
NONE_MATCHES = "nothing in the log fits the filter"
STEERED = "steered"
STARTED = "started"
RESUMED = "resumed"
CHECKPOINT_REASONS: Mapping[str, str] = {
    "epoch": "after the epoch",
    "best": "best so far",
    "interval": "in between",
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


def log_steered(step: int, lr: str, factor: str, epochs: int) -> str:
    return f"lr {lr}, {epochs} epochs, the plan × {factor}, from step {step:,}"


def log_place(first: int, last: int, total: int) -> str:
    return f"{first}-{last} of {total:,}"


def log_ended(best: str, epoch: int) -> str:
    return f"{best} % at epoch {epoch}"


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
TESTING = "testing"
ENGINE_SILENT = "silent"


def batch(size: int) -> str:
    return f"batch {size}"


def epoch_of(epoch: int, planned: int) -> str:
    return f"epoch {epoch}/{planned}"


def step_of(step: int, planned: int) -> str:
    return f"step {step:,}/{planned:,}"


def seed(number: int) -> str:
    return f"seed {number}"


def git(commit: str) -> str:
    return f"git {commit}"


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
READY = "ready"
STATES = {
    "live": "● training",
    "paused": "‖ paused",
    "done": "done",
    "stopped": "↻ stopped",
    "failed": "✗ failed",
    "silent": "? silent",
}


def to_download(size: str) -> str:
    return f"↓ {size}"


def no_runs(folder: str) -> str:
    return f"the folder {harmless(folder)} holds no run yet: start one with `cnn-tui`"


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

# Augmented images

AUGMENTED_TITLE = "As the network sees them"
AUGMENTED_FOOT = "training images only; validation never changes   esc back"
KEY_AUGMENTED = "augmented"
ASKED_AUGMENTED = "the engine shows them after its current step"
ASKED_ANOTHER = "something else was asked since"
LOADING_AUGMENTED = "loading some images …"


def augmented_facts(epoch: int) -> str:
    return f"epoch {epoch}"


# Steering

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


# Past epochs, recordings and copying

RECORDING = "This is a recording: there is no engine that could do it."
RECORDING_OVER = "that was a recording; train it here: cnn-tui -m resnet20 -d digits --epochs 10"


def past_epoch(epoch: int) -> str:
    return f"epoch {epoch} (past)"


def attach_command(selector: str) -> str:
    return f"cnn-tui attach {shlex.quote(selector)}"


def resume_command(selector: str) -> str:
    return f"cnn-tui resume {shlex.quote(selector)}"


def then_go_on(sentence: str, command: str) -> str:
    return f"{sentence} {GO_ON[0].upper()}{GO_ON[1:]} {command}"


def copied(command: str) -> str:
    return f"copied: {command}"


# Explanations

EXPLAIN_FOOT = "Esc back"
EXPLAIN_WAIT_STEPS = "It appears with the first steps."
EXPLAIN_WAIT_EPOCH = "The first validation, at the end of the epoch, adds that on new images."
EXPLAIN_WAIT_SPEED = "What bounds the speed is said once some steps were timed."
EXPLAIN_LOSS = "The loss says how little probability the network gives to the right classes."
EXPLAIN_LOSS_NAN = (
    "It is not a number any more: a step was so large that the weights overflowed. "
    "Stop, and start again with a lower learning rate or with clip set."
)
EXPLAIN_EPOCH_NAN = "In the last epoch it was not a number, so the weights are of no use."
EXPLAIN_TREND_EARLY = "After a few more epochs it is seen where the curves go."
EXPLAIN_BEST_NOW = "The last epoch is the best so far; best.pt holds its weights."
EXPLAIN_RATE = "The learning rate is how far a step moves the weights against the gradient."
EXPLAIN_WARMUP = (
    "It is still warming up: while the weights are random, large steps would throw them about, so "
    "the first steps are small."
)
EXPLAIN_RATE_RISES = "It rises now: large steps explore, and find broad valleys of the loss."
EXPLAIN_RATE_FALLS = (
    "It falls now: smaller and smaller steps settle into the valley that was found, and the loss "
    "curve flattens downwards with it."
)
EXPLAIN_RATE_CONSTANT = (
    "It stays as it is; where the loss stalls, a lower rate often brings it down once more."
)
EXPLAIN_LAYERS = (
    "An image passes through these layers from top to bottom: the maps become smaller in area and "
    "more in number."
)
EXPLAIN_HEALTHY = (
    "All layers learn: no gradient vanishes or explodes, and a step changes the weights by a "
    "small share of themselves."
)
EXPLAIN_CONFUSION = (
    "Each row holds the validation images of one class, each column what they were taken for: "
    "what lies on the diagonal is right."
)
EXPLAIN_NO_MISTAKES = "Not one image was mistaken."
EXPLAIN_MAPS = (
    "A convolution slides small filters over the image; each picture shows where one filter found "
    "what it looks for, the brighter the surer."
)
EXPLAIN_MACHINE = "The machine's load and memory, how many images it learns a second, and its disk."
EXPLAIN_OTHERS = "Others use the same GPUs, so the speed is not yours alone."
EXPLAIN_CORES = "But other programs hold much of the processor: without them it would be faster."
EXPLAIN_BOUNDS: Mapping[str, str] = {
    COMPUTE: (
        "That is as it should be: the processor or GPU is busy with the network itself. A smaller "
        "network, lower precision or a faster device would speed it up."
    ),
    INPUT: (
        "The network waits for images: more workers, a faster disk or lighter augmentation would "
        "speed it up, a faster GPU would not."
    ),
    EVALUATION: "Validation takes longer than training: fewer validation images would speed it up.",
}


def explain_over(reason: str, epoch: int) -> str:
    return f"The run is over ({reason} in epoch {epoch}); this is how it was then."


EXPLAIN_LOG = "Everything that happened, the newest first, read from the run's journal."
EXPLAIN_NO_WORRIES = "Nothing went wrong so far."
EXPLAIN_CHECKPOINTS = "The run can go on from last.pt; best.pt holds the weights of the best epoch."


def explain_loss_guess(classes: int, guess: str) -> str:
    return (
        f"The loss says how little probability the right class gets; a pure guess among {classes} "
        f"classes has {guess}, certainty has 0."
    )


def explain_loss_now(loss: str) -> str:
    return f"In training it is {loss} now; the end of the epoch adds the loss on new images."


def explain_loss_above(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies above training ({train}): the network knows its training "
        "images better than new ones. A gap that widens is overfitting; augmentation, weight decay "
        "or more data narrow it."
    )


def explain_loss_below(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies below training ({train}), which is no mistake: "
        "augmentation and dropout make only the training images harder, and the training loss is "
        "a mean over the whole epoch."
    )


def explain_loss_together(train: str, validation: str) -> str:
    return (
        f"Training ({train}) and validation ({validation}) lie close together: what it learns "
        "holds for new images too."
    )


def explain_loss_rises(epoch: int) -> str:
    return (
        f"On new images it was lowest in epoch {epoch}, and has not come back there: what the "
        "network learns now it learns by heart."
    )


def explain_loss_rose(epoch: int) -> str:
    return (
        f"On new images it was lowest in epoch {epoch}; as long as it lies below training, nothing "
        "is learnt by heart."
    )


def explain_loss_falls(before: str, now: str, epochs: int) -> str:
    return f"On new images it falls now, from {before} to {now} in {epochs} epochs."


def explain_loss_flat(epochs: int) -> str:
    return f"On new images it has hardly moved for {epochs} epochs; a lower learning rate may help."


def explain_accuracy(classes: int, guess: str) -> str:
    return (
        f"Accuracy is the share of images whose likeliest class is the right one; guessing among "
        f"{classes} classes gives {guess} %."
    )


def explain_accuracy_gap(train: str, validation: str, gap: str) -> str:
    return (
        f"Training is at {train} %, new images are at {validation} %: those {gap} points were "
        "learnt by heart and do not carry over."
    )


def explain_accuracy_below(train: str, validation: str) -> str:
    return (
        f"New images ({validation} %) fare better than training ({train} %): augmentation makes "
        "the training images harder, and they were counted while it still learnt."
    )


def explain_accuracy_together(train: str, validation: str) -> str:
    return (
        f"Training ({train} %) and new images ({validation} %) lie close together: what it learns "
        "carries over."
    )


def explain_best_before(top1: str, epoch: int) -> str:
    return f"The best was {top1} % at epoch {epoch}; best.pt keeps those weights."


def explain_drop(factor: str, epoch: int) -> str:
    return (
        f"At epoch {epoch} it was multiplied by {factor}: the smaller steps settle, and the loss "
        "bends down there."
    )


def explain_plateau(factor: str) -> str:
    return f"Since validation did not get better, it was lowered to {factor} of the plan."


def explain_steered(factor: str) -> str:
    return f"You have multiplied the plan by {factor}."


def explain_largest(layer: str, share: str) -> str:
    return f"The most parameters, {share} % of all, are in {layer}."


def explain_blown(layer: str) -> str:
    return f"The numbers in {layer} are not finite any more: a lower learning rate is needed."


def explain_dead(layer: str, share: str) -> str:
    return (
        f"In {layer} {share} % of the units are dead: their ReLU lets nothing pass for any image, "
        "so they get no gradient and cannot come back. A lower learning rate or batch norm helps."
    )


def explain_vanishing(layer: str) -> str:
    return (
        f"The gradient nearly vanishes in {layer}, which hardly learns: shortcuts as in ResNet, "
        "or batch norm, cure that."
    )


def explain_exploding(layer: str) -> str:
    return f"The gradient explodes in {layer}: a lower learning rate or clip tames it."


def explain_large_update(layer: str, share: str) -> str:
    return (
        f"One step changes the weights of {layer} by {share} % of themselves, where about 0.1 % is "
        "usual: the learning rate is high for it."
    )


def explain_worst(true: str, predicted: str, images: int, of: int, share: str) -> str:
    return f"Most often {true} is taken for {predicted}: {images} of {of} images, {share} %."


def explain_mutual(true: str, predicted: str) -> str:
    return f"The other way round it errs as well: {true} and {predicted} look alike to it."


def explain_hardest(name: str, share: str) -> str:
    return f"The hardest class is {name}: {share} % of its images are recognised."


def explain_depth(first: str, deepest: str) -> str:
    if first == deepest:
        return f"In {first} they are edges and colours if it is early, parts and textures if late."
    return (
        f"Early ones as {first} find edges and colours, late ones as {deepest} coarse patterns "
        "that only the network can read."
    )


def explain_right(name: str, share: str) -> str:
    return f"It takes this image for {name} with {share} %, and that is right."


def explain_wrong(name: str, share: str, true: str) -> str:
    return f"It takes this image for {name} with {share} %, but it is {true}."


def explain_bound(what: str, share: str) -> str:
    return f"{what.capitalize()} takes {share} % of the time and so bounds the speed."


def explain_worries(count: int) -> str:
    which = "One entry is a warning" if count == 1 else f"{count} entries are warnings"
    return f"{which}: read them first."


# The command palette

KEY_SIGNS: Mapping[str, str] = {
    "question_mark": "?",
    "colon": ":",
    "comma": ",",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "percent_sign": "%",
    "slash": "/",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "enter": "Enter",
    "escape": "Esc",
    "ctrl": "Ctrl",
    "shift": "Shift",
    "tab": "Tab",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "ctrl+c": "Ctrl+C",
    "ctrl+p": "Ctrl+P",
}
COMMANDS: Mapping[str, str] = {
    "pause": "Pause the training, or go on",
    "checkpoint": "Save a checkpoint now",
    "steer": "Steer: another learning rate, or another end",
    "zoom": "Show this pane alone, or all again",
    "next_pane(1)": "Go to the next pane",
    "next_pane(-1)": "Go to the previous pane",
    "pane('loss')": "Go to the loss",
    "pane('accuracy')": "Go to the accuracy",
    "pane('rate')": "Go to the learning rate",
    "pane('layers')": "Go to the layers",
    "pane('confusion')": "Go to the confusion matrix",
    "pane('maps')": "Go to the feature maps",
    "pane('machine')": "Go to the machine",
    "pane('log')": "Go to the log",
    "augmented": "Show training images as the network sees them",
    "past(-1)": "Confusion and maps of the epoch before",
    "past(1)": "Confusion and maps of the epoch after",
    "explain": "Explain this pane",
    "copy": "Copy the command that does the same",
    "detach": "Detach: leave, the training goes on",
    "leave": "Leave",
    "help": "List all keys",
    "toggle_counts": "Confusion in counts, or in per cent",
    "sort": "Sort in another order",
    "kind('matrix')": "Confusion as a matrix, or as pairs",
    "kind('report')": "Precision, recall and F1 of each class",
    "look": "Show the images of what is selected",
    "filter": "Filter what is listed",
    "recent": "Curves of the recent steps, or of the whole run",
    "smooth(1)": "Smooth the curves more",
    "smooth(-1)": "Smooth the curves less",
    "log_scale": "Logarithmic loss, or linear",
    "fold": "Fold or open the stage",
    "fold_group": "Fold or open the stage",
    "open(True)": "Open the stage",
    "open(False)": "Fold the stage",
    "maps": "Feature maps of this layer",
    "image(1)": "Feature maps of the next image",
    "image(-1)": "Feature maps of the image before",
    "image(10)": "Feature maps ten images on",
    "image(-10)": "Feature maps ten images back",
    "image(100)": "Feature maps a hundred images on",
    "image(-100)": "Feature maps a hundred images back",
    "let_go": "Select nothing",
    "go_to": "Feature maps of an image by its number",
    "kernels": "Kernels of the first layer, or its feature maps",
    "blocks": "Pictures in half blocks, or in shades",
    "layer(1)": "Feature maps of the next layer",
    "layer(-1)": "Feature maps of the layer before",
    "next_box(1)": "Go to the next box",
    "next_box(-1)": "Go to the previous box",
    "start": "Start with what is chosen, or attach to the run",
    "fields": "Change fields of the recipe",
    "order": "List in another order",
    "quit": "Quit",
}
SEARCH_COMMANDS = "part of what you want to do"
COMMANDS_WITHOUT_KEY: Mapping[str, str] = {
    "copy_resume": "Copy the command that goes on with this run",
    "toggle_theme": "Switch between the dark and the light theme",
}

# Leaving

LEAVE_QUESTION = "The training does not need this window. What shall become of it?"
# The key of each answer, and the answer.
LEAVE_ANSWERS: Mapping[str, tuple[str, str]] = {
    "keep": ("k", "Keep training, only leave"),
    "stop": ("s", "Stop the run and save it"),
    "stay": ("Esc", "Stay here"),
}
CHECKPOINT_ASKED = "saving a checkpoint after this step"


def goes_on(run: str, selector: str) -> str:
    return harmless(f"{run} goes on training; come back with: cnn-tui attach {selector}")


def is_over(run: str, selector: str) -> str:
    return harmless(f"see {run} again with: cnn-tui attach {selector}")


def stopping(run: str, selector: str) -> str:
    return harmless(f"{run} saves and stops; go on with it by: cnn-tui resume {selector}")


# Help

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

# The launcher

BOX_TITLES: Mapping[str, str] = {
    "runs": "Runs",
    "arch": "Architecture",
    "data": "Data",
    "recipe": "Recipe",
    "device": "Device",
}
BOX_TABS = {**BOX_TITLES, "arch": "Arch"}
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
NONE_FITS = "no architecture fits the filter: / changes it."
DETAILS_TITLE = "Stages at 32×32"
FILTER_TITLE = "Filter architectures"
FILTER_HINT = "part of a name, family or idea; nothing shows all"
FOLDER_ENTRY = "folder …"
FOLDER_WANTED = "which folder of images? Enter asks for its path."
DEVICE_AUTO = "the GPU with the most free memory"
DEVICE_UNKNOWN = "the GPU that CUDA_DEVICE_ORDER puts there"
DEVICE_AUTO_CPU = "no GPU here: the processor"
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
    "silent": "?",
}
STATE_WORDS: Mapping[str, str] = {
    "live": "training",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "silent": "silent",
}
FIELDS_TITLE = "Recipe"
FIELDS_HINT = "Enter, ↑ ↓ next   Esc leaves them"
TAKE_FIELDS = "take these"
PATH_TITLE = "Folder of images"
PATH_HINT = "one subfolder a class, or train/ and val/"
PATH_EXAMPLE = "~/data/flowers"


def counts(parameters: str, macs: str) -> str:
    return f"{parameters} parameters   {macs} MAC"


def arch_facts(order: str, wanted: str, shown: int, total: int) -> str:
    return f"{filtered(wanted)}   {shown} of {total}" if wanted else f"/ filter   o {order}"


def field_hint(key: str, allowed: str) -> str:
    return f"{key}: {allowed}"


def cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def recipe_length(epochs: int, batch: int, seed: int) -> str:
    return f"{epochs} epochs   batch {batch}   seed {seed}"


def recipe_rate(lr: float, schedule: str, optimizer: str) -> str:
    return f"lr {lr:g}   {schedule}   {optimizer}"


def recipe_augmentation(names: Iterable[str]) -> str:
    return "   ".join(names) or NO_AUGMENTATION
