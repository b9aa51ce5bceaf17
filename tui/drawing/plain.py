"""Replaces every glyph of the drawing by one ASCII character, for terminals without glyphs.

One cell becomes one cell, so that no other code needs to know.
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
# Braille by the number of its dots: a curve stays a curve.
_TABLE |= {0x2800 + bits: " .:*"[min(3, (bits.bit_count() + 1) // 2)] for bits in range(256)}

# The signs of keys as words. These take more cells, so the caller must make room for them.
_WORDS = {"⏎": "Enter", "↑↓": "arrows", "←→": "arrows", "…": "..."}


def spelled(key: str) -> str:
    """A key, or words that name keys, with signs spelled out that need more than one character."""
    for sign, word in _WORDS.items():
        key = key.replace(sign, word)
    return key


def to_ascii(text: str) -> str:
    """The text with every glyph of the drawing replaced; letters of other scripts stay."""
    return text if text.isascii() else text.translate(_TABLE)
