"""Full-width characters as ASCII keys: input methods for Chinese and Japanese produce them."""

from __future__ import annotations

from textual.events import Key
from textual.keys import _character_to_key

FULL_WIDTH = range(0xFF01, 0xFF5F)
OFFSET = 0xFF01 - 0x21
OTHERS = {"【": "[", "】": "]", "。": ".", "、": "/", "《": "<", "》": ">", "\u3000": " "}


def ascii_character(character: str) -> str:
    """`?` for `？`; any other character is returned unchanged."""
    if len(character) == 1 and ord(character) in FULL_WIDTH:
        return chr(ord(character) - OFFSET)
    return OTHERS.get(character, character)


def ascii_key(key: Key) -> Key:
    """The ASCII key that a full-width key stands for; any other key is returned unchanged."""
    plain = ascii_character(key.character or "")
    if plain == (key.character or ""):
        return key
    return Key(_character_to_key(plain), plain)
