"""Replaces each glyph by one ASCII character, for terminals that have no glyphs.

Each cell stays one cell, so that no other code has to handle ASCII.
"""

from __future__ import annotations

_GLYPHS = {
    "─━╺╸┄": "-",
    "│┃┤├┊": "|",
    "╭╮╰╯┌┐└┘┬┴┼╋": "+",
    "▁": "_",
    "▂": ".",
    "▃": ":",
    "▄": "-",
    "▅": "=",
    "▆": "+",
    "▇": "*",
    "█": "#",
    "▌▏▎▍▋▊▉": "|",
    "▀▲": "^",
    "░": ".",
    "▒": ":",
    "▓": "%",
    "●": "*",
    "○": "o",
    "◆": "*",
    "▸→": ">",
    "▾": "v",
    "↓": "v",
    "↑": "^",
    "←": "<",
    "↻": "@",
    "⏎": "<",
    "×": "x",
    "‖": "=",
    "✓": "v",
    "✗": "x",
    "·": ".",
    "–—": "-",
    "…": "~",
    "°": "'",
    "²": "2",
    "±": "~",
    "≈": "~",
    "‹": "<",
    "›": ">",
}
_TABLE = {ord(c): plain for glyphs, plain in _GLYPHS.items() for c in glyphs}
# A braille character by the number of its dots, so that curves stay visible.
_TABLE |= {0x2800 + bits: " .:*"[min(3, (bits.bit_count() + 1) // 2)] for bits in range(256)}

# The signs of keys as words, which take more cells: the caller must make room for them.
_WORDS = {"⏎": "Enter", "↑↓": "arrows", "←→": "arrows", "…": "..."}


def spelled(key: str) -> str:
    """A key, or a sentence with keys, in which words replace the signs."""
    for sign, word in _WORDS.items():
        key = key.replace(sign, word)
    return key


def to_ascii(text: str) -> str:
    """The text with every glyph replaced; letters of other scripts stay."""
    return text if text.isascii() else text.translate(_TABLE)
