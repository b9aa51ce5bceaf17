"""The dialog that changes fields of the recipe."""

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
from tui.screens.launcher import launcher_text
from tui.widgets.forms import FormDialog

# The few fields that people change.
SHOWN = ("epochs", "batch", "lr", "optimizer", "schedule", "seed", "precision", "crop", "flip")
_TYPES = get_type_hints(Recipe, include_extras=True)


class FieldsDialog(FormDialog[Mapping[str, object]]):
    """An input for each field; the row below them applies the changes, Escape drops them.

    Enter goes to the next field and applies only on that row, so that pressing it once too often
    does not start a training. `why_not` returns a sentence if fields are not possible; the dialog
    calls it at every key.
    """

    DEFAULT_CSS = """
    FieldsDialog .hint { color: $ink-dim; margin-top: 1; width: 100%; height: auto; }
    FieldsDialog .apply { width: 100%; margin-top: 1; padding: 0 1; }
    FieldsDialog .apply:focus { background: $panel; color: $ink-selected; }
    """
    TITLE, SUB_TITLE = launcher_text.FIELDS_TITLE, launcher_text.FIELDS_FOOT
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "apply", show=False)]

    def __init__(self, chosen: Recipe, why_not: Callable[[Mapping[str, object]], str]) -> None:
        super().__init__()
        self._recipe, self._why_not = chosen, why_not

    def inside(self) -> ComposeResult:
        for key in SHOWN:
            with Horizontal():
                yield Label(key)
                yield Input(as_setting(getattr(self._recipe, key)), id=key)
        yield Label("", classes="hint", markup=False)
        yield self.complaint()
        apply = Label(launcher_text.APPLY_FIELDS, classes="apply")
        apply.can_focus = True
        yield apply

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        key = event.widget.id
        hint = launcher_text.field_hint(key, allowed_values(_TYPES[key])) if key in _TYPES else ""
        self.query_one(".hint", Label).update(self.plain(hint))

    def on_input_changed(self) -> None:
        self.complain(self.plain(self._why_not(self._fields)))

    def on_input_submitted(self) -> None:
        self.focus_next()

    def action_apply(self) -> None:
        if not self._why_not(self._fields):
            self.dismiss(self._fields)

    @property
    def _fields(self) -> dict[str, object]:
        """The fields that differ from the preset: those written here, and those chosen before."""
        written = ((key, self.query_one(f"#{key}", Input).value) for key in SHOWN)
        changed = dict(
            parse_setting(f"{key}={value}")
            for key, value in written
            if value != as_setting(getattr(self._recipe, key))
        )
        return difference_from_preset(self._recipe, SHOWN) | changed
