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
    "▓": "*",
    "●": "*",
    "○": "o",
    "◇": "w",
    "■": "#",
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


def _braille(bits: int) -> str:
    """A sign at the height of the dots: ' - or . for one or two rows of dots, | for more.

    So a curve keeps its height to half a cell.
    """
    # Bits 0 to 2 and 3 to 5 are the upper three dots of a column, bits 6 and 7 the lowest ones.
    heights = [i % 3 if i < 6 else 3 for i in range(8) if bits >> i & 1]
    if not heights:
        return " "
    if max(heights) - min(heights) >= 2:
        return "|"
    return "''---.."[min(heights) + max(heights)]


_TABLE |= {0x2800 + bits: _braille(bits) for bits in range(256)}

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
