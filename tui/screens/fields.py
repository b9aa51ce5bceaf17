"""Small forms of the launcher: the recipe's fields, and the path of a data folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from engine import recipe
from engine.recipe import Recipe
from tui import text

SHOWN = ("epochs", "batch", "lr", "optimizer", "schedule", "seed", "precision", "crop", "flip")


Answer = TypeVar("Answer")


class Form(ModalScreen[Answer]):
    """A box of inputs in the middle of the screen."""

    DEFAULT_CSS = """
    Form { align: center middle; background: $background 60%; }
    Form > VerticalScroll {
        width: 64; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        background: $background; border: round $ink-selected;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $ink-dim;
    }
    Form Horizontal { height: 1; }
    Form Horizontal Label { width: 14; color: $ink-dim; }
    Form Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    Form Input:focus { border: none; background: $panel; }
    Form .wrong { color: $ink-error; margin-top: 1; width: 100%; height: auto; }
    """
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False  # nothing blinks, and over SSH each blink would be sent


class FieldsScreen(Form[dict[str, object]]):
    """The few fields that people change; Enter takes them, Escape leaves them as they were.

    `check` says in one sentence why fields are not possible; the form stays open with it.
    """

    def __init__(self, chosen: Recipe, check: Callable[[Mapping[str, object]], str]) -> None:
        super().__init__()
        self._recipe, self._check = chosen, check

    def compose(self) -> ComposeResult:
        box = VerticalScroll()
        box.border_title, box.border_subtitle = text.FIELDS_TITLE, text.FIELDS_HINT
        with box:
            for key in SHOWN:
                with Horizontal():
                    yield Label(key)
                    yield Input(recipe.written(getattr(self._recipe, key)), id=key)
            yield Label("", classes="wrong", markup=False)

    def on_input_submitted(self) -> None:
        fields = dict(
            recipe.parse_setting(f"{key}={self.query_one(f'#{key}', Input).value}")
            for key in SHOWN
            if self.query_one(f"#{key}", Input).value != recipe.written(getattr(self._recipe, key))
        )
        fields = recipe.difference(self._recipe, SHOWN) | fields
        wrong = self._check(fields)
        if wrong:
            self.query_one(".wrong", Label).update(wrong)
        else:
            self.dismiss(fields)


class PathScreen(Form[str]):
    """Asks for the path of a folder of images."""

    def compose(self) -> ComposeResult:
        box = VerticalScroll()
        box.border_title, box.border_subtitle = text.PATH_TITLE, text.PATH_HINT
        with box:
            yield Input(placeholder=text.PATH_EXAMPLE)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class FilterScreen(Form[str]):
    """Asks for a part of what is looked for."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self._wanted = wanted

    def compose(self) -> ComposeResult:
        box = VerticalScroll()
        box.border_title, box.border_subtitle = text.FILTER_TITLE, text.FILTER_HINT
        with box:
            yield Input(self._wanted)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())
