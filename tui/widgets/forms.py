"""Small forms of the launcher: the recipe's fields, and the path of a data folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, get_type_hints

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus
from textual.widgets import Input, Label

from engine.recipes.field_checks import allowed_values
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import difference_from_preset
from engine.recipes.recipe_toml import as_setting, parse_setting
from tui.widgets import widget_text
from tui.widgets.dialog import Answer, Dialog

SHOWN = ("epochs", "batch", "lr", "optimizer", "schedule", "seed", "precision", "crop", "flip")
_KINDS = get_type_hints(Recipe, include_extras=True)


class FormDialog(Dialog[Answer]):
    """A box of inputs."""

    DEFAULT_CSS = """
    FormDialog Horizontal { height: 1; }
    FormDialog Horizontal Label { width: 14; color: $ink-dim; }
    FormDialog Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    FormDialog Input:focus { border: none; background: $panel; }
    FormDialog .wrong { color: $ink-error; margin-top: 1; width: 100%; height: auto; }
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


class FieldsScreen(FormDialog[dict[str, object]]):
    """The few fields that people change; the row below takes them, Escape leaves them as they were.

    Enter goes on to the next field, and only on that row takes them: whoever presses it once too
    often starts no training by that. `check` says in one sentence why fields are not possible,
    which is asked as they are typed.
    """

    DEFAULT_CSS = """
    FieldsScreen .hint { color: $ink-dim; margin-top: 1; width: 100%; height: auto; }
    FieldsScreen .take { width: 100%; margin-top: 1; padding: 0 1; }
    FieldsScreen .take:focus { background: $panel; color: $ink-selected; }
    """
    TITLE, SUB_TITLE = widget_text.FIELDS_TITLE, widget_text.FIELDS_HINT
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", show=False)]

    def __init__(self, chosen: Recipe, check: Callable[[Mapping[str, object]], str]) -> None:
        super().__init__()
        self._recipe, self._check = chosen, check

    def inside(self) -> ComposeResult:
        for key in SHOWN:
            with Horizontal():
                yield Label(key)
                yield Input(as_setting(getattr(self._recipe, key)), id=key)
        yield Label("", classes="hint", markup=False)
        yield self.complaint()
        take = Label(widget_text.TAKE_FIELDS, classes="take")
        take.can_focus = True
        yield take

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        key = event.widget.id
        hint = widget_text.field_hint(key, allowed_values(_KINDS[key])) if key in _KINDS else ""
        self.query_one(".hint", Label).update(self.plain(hint))

    def on_input_changed(self) -> None:
        self.complain(self.plain(self._check(self._fields)))

    def on_input_submitted(self) -> None:
        self.focus_next()

    def action_take(self) -> None:
        if not self._check(self._fields):
            self.dismiss(self._fields)

    @property
    def _fields(self) -> dict[str, object]:
        """What differs from the preset, here or before."""
        written = ((key, self.query_one(f"#{key}", Input).value) for key in SHOWN)
        fields = dict(
            parse_setting(f"{key}={value}")
            for key, value in written
            if value != as_setting(getattr(self._recipe, key))
        )
        return difference_from_preset(self._recipe, SHOWN) | fields


class Line(FormDialog[str]):
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

    TITLE, SUB_TITLE, EXAMPLE = (
        widget_text.PATH_TITLE,
        widget_text.PATH_HINT,
        widget_text.PATH_EXAMPLE,
    )


class FilterScreen(Line):
    """Asks for a part of what is looked for, below the list, which `seen` shortens meanwhile."""

    DEFAULT_CSS = "FilterScreen { align: center bottom; background: $background 0%; }"
    TITLE, SUB_TITLE = widget_text.FILTER_TITLE, widget_text.FILTER_HINT

    def __init__(self, written: str, seen: Callable[[str], None]) -> None:
        super().__init__(written)
        self._seen = seen

    def on_input_changed(self, event: Input.Changed) -> None:
        self._seen(event.value.strip())
