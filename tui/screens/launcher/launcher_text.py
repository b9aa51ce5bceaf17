"""Words of the launcher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.text import examples, harmless
from tui.viewer.queue_news import QueueNews

# Keys

KEY_QUIT = "quit"
KEY_START = "start"
KEY_ATTACH = "attach"
KEY_CHOOSE = "choose"
KEY_NEXT_BOX = "next box"
KEY_FIELDS = "fields"
KEY_AUGMENTED = "augmented"
KEY_INSPECT = "inspect data"
KEY_RUNS = "all runs"
KEY_RACE = "race"
KEY_COPY = "copy command"

# Boxes

BOX_TITLES: Mapping[str, str] = {
    "runs": "Runs",
    "arch": "Architecture",
    "data": "Data",
    "recipe": "Recipe",
    "device": "Device",
}
BOX_TABS = {**BOX_TITLES, "arch": "Arch"}
ATTACH_HINT = "⏎ attach"
NEWEST, BEST, NAME = "newest", "best", "name"
FIELDS_HINT = "f fields"
INSPECT_HINT = "i inspect"
NO_MATCH = "no architecture matches the filter: press / to change it."
FOLDER_ENTRY = "folder …"
OTHER_FOLDER_ENTRY = "other folder …"
FOUND_FOLDER = "folder"
FOLDER_WANTED = "no folder of images is chosen yet: press Enter to give its path."
NO_AUGMENTATION = "no augmentation"
DEVICE_AUTO = "the GPU with the most free memory"
DEVICE_AUTO_CPU = "no GPU here: the CPU"
DEVICE_UNKNOWN = "a GPU, numbered as CUDA_DEVICE_ORDER says"


def folder_unread(name: str) -> str:
    return f"press Enter to read the images in {harmless(name)}."


def filter_and_order(order: str) -> str:
    return f"/ filter   o {order}"


def measured_on(keys: str) -> str:
    """The keys of the list of architectures, after the data set of its last columns."""
    return f"top-n: ImageNet, %   {keys}"


def cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def auto_preset(preset: str, purpose: str) -> str:
    return f"{preset}, {purpose}"


def for_photographs(preset: str, side: int) -> str:
    """`side` is the median of the shorter sides."""
    return f"{preset}: photographs, median side {side:,} px"


def for_small_images(preset: str, side: int, least: int) -> str:
    """`side` is the median of the shorter sides, which is `least` for photographs."""
    return f"{preset}: median side {side:,} px, under {least}"


def for_other_networks(preset: str) -> str:
    return f"{preset}: not a network for photographs"


def recipe_length(epochs: int, batch: int) -> str:
    return f"{epochs} epochs   batch {batch}"


def recipe_size(start: int, size: int) -> str:
    """`size 128 to 224`; `start` is 0 where images do not grow."""
    return f"size {start} to {size}" if start else f"size {size}"


def recipe_rate(lr: float, schedule: str, optimizer: str, seed: int) -> str:
    return f"lr {lr:g}   {schedule}   {optimizer}   seed {seed}"


def recipe_augmentation(names: Iterable[str]) -> str:
    return "   ".join(names) or NO_AUGMENTATION


def queue(news: QueueNews) -> str:
    """`race 1-digits goes on: w shows it   3 runs wait: r shows them`, or that all wait."""
    if not (news.race or news.waiting):
        return ""
    does = f"race {harmless(news.race)} goes on: w shows it" if news.race else ""
    if news.paused:
        does = f"the queue is paused: {harmless(news.paused)}"
    many, them = f"{news.waiting:,} runs wait", "them"
    runs, them = ("1 run waits", "it") if news.waiting == 1 else (many, them)
    waits = f"{runs}: r shows {them}" if news.waiting else ""
    return "   ".join(filter(None, (does, waits)))


NO_RACE = "there is no race here: `cnn-tui race --help` tells how to start one"

# Rows around the boxes

NEW_RUN = "new run"
COPIED = "copied"
LOADING_IMAGES = "loading some images"

# Dialogs

SURVEY_TITLE = "Data"
SURVEY_FOOT = "Esc back"
READING_DATA = "reading the data"


ONE_ORDER = "this list has one order"


FOLDER_TITLE = "Folder of images"
FOLDER_HINT = "a folder with one subfolder per class, or train/ and val/; or a zip, tar or npz"
FOLDER_KEYS = "Tab completes   ↑ ↓ earlier folders   Esc cancel"
FOLDER_EXAMPLE = "~/data/flowers"
FOLDER_CHOICE = "Enter takes the setting, Tab goes back to the path"


def proposal(setting: str, classes: Sequence[str]) -> str:
    """`labels=prefix (cat, dog)`."""
    return harmless(f"{setting} ({examples(classes)})" if classes else setting)


FIELDS_TITLE = "Recipe"
FIELDS_FOOT = "Enter, ↑ ↓ next field   Esc cancel"
FIELDS_UNREAD = "for now: what is not changed here follows the images, once the folder is read"
APPLY_FIELDS = "apply"
SEARCH_FIELDS = "search"
OFTEN_CHANGED = "often changed"
MODEL = "model"
IMAGES = "images"
OPTIMISER = "optimiser and loss"
LEARNING_RATE = "learning rate"
AUGMENTATION = "augmentation"
SAVING = "saving and ending"
HARDWARE = "hardware"


def field_hint(key: str, allowed: str) -> str:
    return f"{key}: {allowed}"


# What the palette offers

START = "Start with what is chosen, or attach to the run"
CHANGE_FIELDS = "Change fields of the recipe"
INSPECT = "Say what the chosen data set holds"
ALL_RUNS = "Show all runs: find, compare, change them"
SHOW_RACE = "Show the race of the marked run, else the one that goes on, else the newest"
COPY = "Copy the command that does the same"
ORDER = "List in another order"
NEXT_BOX = "Go to the next box"
PREVIOUS_BOX = "Go to the previous box"
QUIT = "Quit"
