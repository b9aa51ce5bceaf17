"""Full-width twins of the ASCII keys, as input methods for Chinese and Japanese give them."""

from __future__ import annotations

from textual.events import Key
from textual.keys import _character_to_key

FULL_WIDTH = range(0xFF01, 0xFF5F)
SHIFT = 0xFF01 - 0x21
TWINS = {"【": "[", "】": "]", "。": ".", "、": "/", "《": "<", "》": ">", "\u3000": " "}


def ascii_character(character: str) -> str:
    """`?` for `？`; any other character is returned as it is."""
    if len(character) == 1 and ord(character) in FULL_WIDTH:
        return chr(ord(character) - SHIFT)
    return TWINS.get(character, character)


def ascii_twin(event: Key) -> Key:
    """The event of the ASCII key that was meant, or the same one."""
    plain = ascii_character(event.character or "")
    if plain == (event.character or ""):
        return event
    return Key(_character_to_key(plain), plain)
