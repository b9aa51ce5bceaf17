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

DETAILS_TITLE = "Stages at 32×32"

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
