"""Words of widgets that several screens share."""

from __future__ import annotations

from collections.abc import Mapping

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

COMMANDS_WITHOUT_KEY: Mapping[str, str] = {
    "copy_resume": "Copy the command that goes on with this run",
    "toggle_theme": "Switch between the dark and the light theme",
}

FILTER_TITLE = "Filter architectures"

FILTER_HINT = "part of a name, family or idea; nothing shows all"

FIELDS_TITLE = "Recipe"

FIELDS_HINT = "Enter, ↑ ↓ next   Esc leaves them"

TAKE_FIELDS = "take these"

PATH_TITLE = "Folder of images"

PATH_HINT = "one subfolder a class, or train/ and val/"

PATH_EXAMPLE = "~/data/flowers"


def field_hint(key: str, allowed: str) -> str:
    return f"{key}: {allowed}"
