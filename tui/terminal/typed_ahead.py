"""Keys that are typed for a screen before it is there.

Over a slow line several keys arrive at once: `/`, which opens a box, and the text that is meant for
it. Textual hands all of them to the screen that is there at that moment. The widgets do not use
those behind the `/`, so they come back to the app, which knows by then that a box has opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from textual._xterm_parser import XTermParser
from textual.events import Key


class TypedAhead:
    """Keeps keys in order until the screen that they are meant for takes them.

    While it is `waiting`, a screen is on its way and every new key is kept; so it is at the start.
    Otherwise one screen is taking keys, and they pass.
    """

    def __init__(self, typed: Iterable[Key] = ()) -> None:
        self.waiting = True
        # The screen that is taking keys, or took them last.
        self._taking: object = None
        # Which screen was on top when a key was handed to the widgets.
        self._handed_to: WeakKeyDictionary[Key, object] = WeakKeyDictionary()
        # The keys that wait: those that came back are older than those that were never handed on.
        self._came_back: list[Key] = []
        self._new: list[Key] = [*typed]

    def keeps(self, key: Key, top: object) -> bool:
        """Whether this key has to wait, with this screen on top; then it is kept.

        A new key waits behind others, and where another screen has opened since the last key. A
        key that has come back waits if its screen is no longer on top: it was meant for what the
        key before it has opened.
        """
        screen = self._handed_to.get(key)
        if screen is None:
            queue = self._new if self.waiting or top is not self._taking else None
        else:
            queue = self._came_back if screen is not top else None
        if queue is None:
            return False
        self.waiting = True
        queue.append(key)
        return True

    def handed_on(self, key: Key, top: object) -> None:
        """Note that this key goes to the widgets, with this screen on top."""
        self._handed_to[key] = top

    def released(self, top: object) -> Iterator[Key]:
        """The kept keys, oldest first, for this screen; keys that arrive meanwhile come last."""
        self._taking = top
        while queue := self._came_back or self._new:
            key = queue.pop(0)
            yield Key(key.key, key.character)  # a new event: the old one counts as handled
        self.waiting = False


def keys_in(text: str) -> list[Key]:
    """The keys that a terminal sent as this text."""
    return [message for message in XTermParser().feed(text) if isinstance(message, Key)]
