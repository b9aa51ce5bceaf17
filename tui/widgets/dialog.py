"""A box over the screen that opened it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from tui.terminal.fine_screen import FineModalScreen
from tui.widgets.drawn import drawable

Answer = TypeVar("Answer")


class Dialog(FineModalScreen[Answer]):
    """A box as high as its contents, up to the screen; its border holds both titles."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .box {
        width: 64; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        background: $background; border: round $ink-selected;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $ink-dim; scrollbar-size-vertical: 1;
        scrollbar-color: $ink-border; scrollbar-color-hover: $ink-dim;
        scrollbar-color-active: $ink-dim; scrollbar-background: $background;
        scrollbar-background-hover: $background; scrollbar-background-active: $background;
    }
    """
    SCROLLS: ClassVar[bool] = True
    """Whether the box can have the focus, so that keys scroll it."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box", can_focus=self.SCROLLS) as box:
            # Content, since Textual parses markup in a text.
            box.border_title = Content(self.plain(self.title or ""))
            box.border_subtitle = Content(self.plain(self.sub_title or ""))
            yield from self.inside()

    def inside(self) -> ComposeResult:
        """The contents of the box."""
        raise NotImplementedError

    def plain(self, said: str) -> str:
        """The text in characters that the app draws."""
        return drawable(self.app, said)
