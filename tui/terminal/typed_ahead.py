"""Keys that the user types for a screen before it is open.

Over a slow line several keys arrive at once: `/`, which opens a dialog, and the text for it.
Textual sends all of them to the screen that is open at that moment. Its widgets do not use the keys
after the `/`, so these bubble up to the app. By then the app knows that a dialog has opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from textual._xterm_parser import XTermParser
from textual.events import Key


class TypedAhead:
    """Keeps keys in order until the screen that they are meant for takes them.

    At the start, and whenever another screen is about to open, it is `waiting` and keeps every new
    key. Otherwise keys pass to the screen on top.
    """

    def __init__(self, typed: Iterable[Key] = ()) -> None:
        self.waiting = True
        # The screen that takes the keys, or took them last.
        self._taking: object = None
        # The screen that was asked to take those that wait, until it does; before the first screen,
        # and while one takes them, this object, so that nobody else is asked.
        self._asked: object = self
        # The screen that was on top when a key was handed to the widgets.
        self._handed_to: WeakKeyDictionary[Key, object] = WeakKeyDictionary()
        # The keys that wait. Keys that came back are older than keys that were never handed on.
        self._came_back: list[Key] = []
        self._new: list[Key] = [*typed]

    def keeps(self, key: Key, top: object) -> bool:
        """Keep this key if it has to wait while the screen `top` is on top; whether it was kept.

        A new key waits behind others, and if another screen has opened since the last key. A key
        that came back waits if its screen is no longer on top: it was meant for the screen that
        the key before it opened.
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

    def wants(self, top: object) -> bool:
        """Whether to ask the screen `top`, now on top, to take the keys that wait.

        One that was asked before it was covered is not drawn, and may never take them.
        """
        return self._asked not in (self, top)

    def ask(self, screen: object) -> None:
        """Note that this screen is asked to take the keys that wait: it calls `released`."""
        self._asked = screen

    def handed_on(self, key: Key, top: object) -> None:
        """Note that this key goes to the widgets, with this screen on top."""
        self._handed_to[key] = top

    def released(self, top: object) -> Iterator[Key]:
        """The kept keys, oldest first, for this screen; keys that arrive meanwhile come last."""
        self._taking, self._asked = top, self
        while queue := self._came_back or self._new:
            key = queue.pop(0)
            yield Key(key.key, key.character)  # a new event: the old one counts as handled
        self.waiting, self._asked = False, None


def keys_in(text: str) -> list[Key]:
    """The keys that a terminal sent as this text."""
    return [message for message in XTermParser().feed(text) if isinstance(message, Key)]
