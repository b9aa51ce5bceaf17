"""Small forms of the launcher: the recipe's fields, and the path of a data folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label

from engine import recipe
from engine.recipe import Recipe
from tui import text
from tui.screens.dialog import Answer, Dialog

SHOWN = ("epochs", "batch", "lr", "optimizer", "schedule", "seed", "precision", "crop", "flip")


class Form(Dialog[Answer]):
    """A box of inputs."""

    DEFAULT_CSS = """
    Form Horizontal { height: 1; }
    Form Horizontal Label { width: 14; color: $ink-dim; }
    Form Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    Form Input:focus { border: none; background: $panel; }
    Form .wrong { color: $ink-error; margin-top: 1; width: 100%; height: auto; }
    """
    SCROLLS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False  # nothing blinks, and over SSH each blink would be sent

    def complaint(self) -> Label:
        """Where `complain` writes, below the inputs."""
        return Label("", classes="wrong", markup=False)

    def complain(self, sentence: str) -> None:
        """Say what is wrong; the form stays open."""
        self.query_one(".wrong", Label).update(sentence)


class FieldsScreen(Form[dict[str, object]]):
    """The few fields that people change; Enter takes them, Escape leaves them as they were.

    `check` says in one sentence why fields are not possible; the form stays open with it.
    """

    TITLE, SUB_TITLE = text.FIELDS_TITLE, text.FIELDS_HINT

    def __init__(self, chosen: Recipe, check: Callable[[Mapping[str, object]], str]) -> None:
        super().__init__()
        self._recipe, self._check = chosen, check

    def inside(self) -> ComposeResult:
        for key in SHOWN:
            with Horizontal():
                yield Label(key)
                yield Input(recipe.written(getattr(self._recipe, key)), id=key)
        yield self.complaint()

    def on_input_submitted(self) -> None:
        fields = dict(
            recipe.parse_setting(f"{key}={self.query_one(f'#{key}', Input).value}")
            for key in SHOWN
            if self.query_one(f"#{key}", Input).value != recipe.written(getattr(self._recipe, key))
        )
        fields = recipe.difference(self._recipe, SHOWN) | fields
        wrong = self._check(fields)
        if wrong:
            self.complain(wrong)
        else:
            self.dismiss(fields)


class Line(Form[str]):
    """Asks for a line of text, of which this one is there.

    `check` says in one sentence why a line will not do; the form stays open with it. It may act on
    one that does.
    """

    EXAMPLE: ClassVar[str] = ""
    """What stands in the field, dim, while nothing is written there."""

    def __init__(self, written: str = "", check: Callable[[str], str] | None = None) -> None:
        super().__init__()
        self._written, self._check = written, check

    def inside(self) -> ComposeResult:
        yield Input(self._written, self.EXAMPLE)
        if self._check is not None:
            yield self.complaint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        line = event.value.strip()
        if self._check is not None and (wrong := self._check(line)):
            self.complain(wrong)
        else:
            self.dismiss(line)


class PathScreen(Line):
    """Asks for the path of a folder of images."""

    TITLE, SUB_TITLE, EXAMPLE = text.PATH_TITLE, text.PATH_HINT, text.PATH_EXAMPLE


class FilterScreen(Line):
    """Asks for a part of what is looked for."""

    TITLE, SUB_TITLE = text.FILTER_TITLE, text.FILTER_HINT
