"""The command palette: every action of the screen and of the focused pane, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

from rich.text import Text
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.widgets import Input

from tui.terminal.compositor import FineCompositor
from tui.widgets import widget_text
from tui.widgets.drawn import drawable

# The column at which the keys begin in a terminal of at least this width.
COLUMN = 55
WIDE = 76


class Palette(CommandPalette):
    """Textual's palette, whose cursor does not blink: over SSH each blink would be sent."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder)
        self._compositor = FineCompositor()

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False


class Action(NamedTuple):
    """An action in words, its keys, and the node that performs it."""

    words: str
    keys: str
    action: str
    node: DOMNode


@runtime_checkable
class OffersMore(Protocol):
    """A screen or an app with actions that are not bindings."""

    def further_actions(self) -> Iterable[tuple[str, str, str]]:
        """Each action as words, its keys, and the action itself."""


@runtime_checkable
class OffersLess(Protocol):
    """A screen of whose bindings some are of no use in its state."""

    def useless_actions(self) -> frozenset[str]:
        """The names of their actions."""


class Actions(Provider):
    """The bindings with a description, and the actions without a binding."""

    async def discover(self) -> Hits:
        for action in self.actions():
            yield DiscoveryHit(self._line(action), self._call(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in self.actions():
            score = matcher.match(action.words)
            if score > 0:
                yield Hit(score, self._line(action), self._call(action), text=action.words)

    def actions(self) -> Iterator[Action]:
        """Each action once, with all its keys; the actions of the focused pane come first."""
        keys_of: dict[tuple[str, str, DOMNode], list[str]] = {}
        useless = self.screen.useless_actions() if isinstance(self.screen, OffersLess) else ()
        for key, (node, binding, enabled, _) in self.screen.active_bindings.items():
            # Textual's own actions name their node: `screen.copy_text`.
            ours = node is not self.app and "." not in binding.action
            ours = ours and (node is not self.screen or binding.action not in useless)
            if enabled and ours and binding.description:
                one = binding.description, binding.action, node
                keys_of.setdefault(one, []).append(binding.key_display or key)
        for (words, action, node), keys in keys_of.items():
            yield Action(words, " ".join(sorted(map(key_sign, keys), key=len)), action, node)
        for offering in (self.screen, self.app):
            if isinstance(offering, OffersMore):
                for words, signs, action in offering.further_actions():
                    yield Action(words, signs, action, offering)

    def _line(self, action: Action) -> Text:
        words, keys = drawable(self.app, action.words), drawable(self.app, action.keys)
        column = COLUMN if self.app.size.width >= WIDE else 0
        return Text.assemble(f"{words:<{column}}  ", (keys, "dim"))

    def _call(self, action: Action) -> Callable[[], Coroutine[object, object, bool]]:
        return partial(self.app.run_action, action.action, action.node)


def key_sign(key: str) -> str:
    """A key as the help writes it: `?` for question_mark."""
    parts = key.split("+") if key not in widget_text.KEY_SIGNS else [key]
    return "+".join(widget_text.KEY_SIGNS.get(part, part) for part in parts)
