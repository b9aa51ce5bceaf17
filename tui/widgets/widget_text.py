"""Words and signs of the widgets."""

from __future__ import annotations

from collections.abc import Mapping

# How the help and the palette write Textual's names of keys

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
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "backspace": "Backspace",
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
    "ctrl+l": "Ctrl+L",
    "ctrl+p": "Ctrl+P",
}


def more_rows(count: int) -> str:
    return f"↑↓ {count:,} more row{'s' * (count > 1)}"
