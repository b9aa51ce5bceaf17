"""Words of the launcher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tui.text import filtered

KEY_QUIT = "quit"

KEY_START = "start"

KEY_ATTACH = "attach"

KEY_CHOOSE = "choose"

KEY_NEXT_BOX = "next box"

KEY_FIELDS = "fields"

KEY_COPY = "copy command"

AUGMENTED_TITLE = "As the network sees them"

AUGMENTED_FOOT = "training images only; validation never changes   esc back"

LOADING_AUGMENTED = "loading some images …"


def augmented_facts(epoch: int) -> str:
    return f"epoch {epoch}"


BOX_TITLES: Mapping[str, str] = {
    "runs": "Runs",
    "arch": "Architecture",
    "data": "Data",
    "recipe": "Recipe",
    "device": "Device",
}

BOX_TABS = {**BOX_TITLES, "arch": "Arch"}

KEY_ORDER = "order"

NONE_FITS = "no architecture fits the filter: / changes it."

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


def arch_facts(order: str, wanted: str, shown: int, total: int) -> str:
    return f"{filtered(wanted)}   {shown} of {total}" if wanted else f"/ filter   o {order}"


def cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def recipe_length(epochs: int, batch: int, seed: int) -> str:
    return f"{epochs} epochs   batch {batch}   seed {seed}"


def recipe_rate(lr: float, schedule: str, optimizer: str) -> str:
    return f"lr {lr:g}   {schedule}   {optimizer}"


def recipe_augmentation(names: Iterable[str]) -> str:
    return "   ".join(names) or NO_AUGMENTATION


# What the palette offers

START = "Start with what is chosen, or attach to the run"

CHANGE_FIELDS = "Change fields of the recipe"

SHOW_AUGMENTED = "Show training images as the network sees them"

COPY = "Copy the command that does the same"

FILTER = "Filter what is listed"

ORDER = "List in another order"

NEXT_BOX = "Go to the next box"

PREVIOUS_BOX = "Go to the previous box"

LIST_KEYS = "List all keys"

QUIT = "Quit"
