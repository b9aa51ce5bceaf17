"""The dialog that changes fields of the recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, get_type_hints

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus
from textual.widgets import Input, Label

from engine.recipes.field_checks import allowed_values
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import as_setting, parse_setting
from tui.screens.launcher import launcher_text
from tui.widgets.forms import FormDialog

# All fields that the lists of the launcher do not choose, by group; the first group is the few that
# people change.
GROUPS: Mapping[str, tuple[str, ...]] = {
    launcher_text.OFTEN_CHANGED: (
        *("epochs", "batch", "lr", "optimizer", "schedule", "seed", "precision", "crop", "flip"),
    ),
    launcher_text.MODEL: (
        *("act", "bn", "dropout", "drop_path", "pretrained", "init_from", "partial", "freeze"),
    ),
    launcher_text.IMAGES: (
        *("size", "size_start", "fit", "crop_pct", "canvas", "cache"),
        *("normalise", "levels", "backdrop", "bands", "broken"),
        *("holdout", "labels", "decisions", "class_order", "class_names"),
        *("image_column", "label_column"),
    ),
    launcher_text.OPTIMISER: (
        *("momentum", "nesterov", "beta2", "eps", "weight_decay", "decay_norms", "norm_bias_lr"),
        *("clip", "ema", "tta", "label_smoothing", "class_weights"),
    ),
    launcher_text.LEARNING_RATE: (
        *("warmup", "milestones", "gamma", "peak", "lr_floor"),
        *("plateau", "plateau_rule", "plateau_factor", "plateau_patience"),
    ),
    launcher_text.AUGMENTATION: (
        *("crop_scale", "crop_ratio", "rotate", "rot90", "shift", "zoom", "shear", "fill"),
        *("auto_augment", "num_ops", "magnitude", "brightness", "contrast", "saturation", "hue"),
        *("cutout", "erasing", "mixup", "cutmix"),
    ),
    launcher_text.SAVING: ("patience", "on_nan", "save_every", "keep", "suspects"),
    launcher_text.HARDWARE: (
        *("accumulate", "gpus", "memory_format", "threads", "loader", "compile", "cuda_graph"),
        *("deterministic",),
    ),
}
SHOWN = tuple(key for keys in GROUPS.values() for key in keys)
_TYPES = get_type_hints(Recipe, include_extras=True)


class FieldsDialog(FormDialog[Mapping[str, object]]):
    """An input for each field, by group; the last row applies the changes, Escape drops them.

    The row above the last one searches the fields.

    Enter goes to the next field, past the search, and applies only on that row, so that pressing it
    once too often does not start a training. `draft` returns the recipe with given fields, or a
    sentence if they are not possible; the dialog calls it at every key.
    """

    DEFAULT_CSS = """
    FieldsDialog .hint { color: $ink-dim; margin-top: 1; width: 100%; height: auto; }
    FieldsDialog .note { color: $ink-dim; width: 100%; height: auto; margin-bottom: 1; }
    FieldsDialog .apply { width: 100%; padding: 0 1; }
    FieldsDialog .fields {
        height: auto; max-height: 50vh; overflow-y: auto; scrollbar-size-vertical: 1;
    }
    FieldsDialog .group { color: $ink-selected; }
    FieldsDialog Horizontal Label { width: 18; }
    FieldsDialog .search { margin-top: 1; }
    FieldsDialog .apply:focus { background: $panel; color: $ink-selected; }
    """
    TITLE, SUB_TITLE = launcher_text.FIELDS_TITLE, launcher_text.FIELDS_FOOT
    AUTO_FOCUS = f"#{SHOWN[0]}"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "apply", show=False)]

    def __init__(
        self,
        chosen: Recipe,
        given: Mapping[str, object],
        draft: Callable[[Mapping[str, object]], Recipe | str],
        note: str = "",
    ) -> None:
        """The `note`, if there is one, stands above the fields."""
        super().__init__()
        self._recipe, self._given, self._draft, self._note = chosen, given, draft, note

    def inside(self) -> ComposeResult:
        if self._note:
            yield Label(self._note, classes="note", markup=False)
        with Vertical(classes="fields"):  # no `VerticalScroll`: that would take the arrows
            for group, keys in GROUPS.items():
                yield Label(group, classes="group")
                for key in keys:
                    with Horizontal(classes="field"):
                        yield Label(key)
                        yield Input(as_setting(getattr(self._recipe, key)), id=key)
        with Horizontal(classes="search"):
            yield Label(launcher_text.SEARCH_FIELDS)
            yield Input(id="search")
        yield Label("", classes="hint", markup=False)
        yield self.complaint()
        apply = Label(launcher_text.APPLY_FIELDS, classes="apply")
        apply.can_focus = True
        yield apply

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        key = event.widget.id
        hint = launcher_text.field_hint(key, allowed_values(_TYPES[key])) if key in _TYPES else ""
        self.query_one(".hint", Label).update(self.plain(hint))

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "search":
            self._search(event.value.strip().lower())
        else:
            draft = self._draft({**self._given, **self._changed})
            self.complain(self.plain(draft) if isinstance(draft, str) else "")

    def _search(self, wanted: str) -> None:
        """Show only the fields whose name or group contains this text."""
        for label, (group, keys) in zip(self.query(".group"), GROUPS.items(), strict=True):
            found = {key for key in keys if wanted in key or wanted in group.lower()}
            label.display = bool(found)
            for key in keys:
                row = self.query_one(f"#{key}").parent
                assert isinstance(row, Horizontal)
                row.display = key in found

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field, from the last one to the row that applies.

        From the search, go to the first field that it found.
        """
        shown = [field.query_one(Input) for field in self.query(".field") if field.display]
        if event.input.id == "search" and shown:
            shown[0].focus()
        elif not shown or event.input is shown[-1]:
            self.query_one(".apply").focus()
        else:
            self.focus_next()

    def action_apply(self) -> None:
        """Hand on the fields that the user set: those written here, and those given before.

        A field that was written as it is without that is no longer given: other data may ask for
        another value.
        """
        fields = {**self._given, **self._changed}
        wanted = self._draft(fields)
        if isinstance(wanted, str):
            return
        for key in self._changed:
            others = {each: value for each, value in fields.items() if each != key}
            if self._draft(others) == wanted:
                fields = others
        self.dismiss(fields)

    @property
    def _changed(self) -> dict[str, object]:
        """The fields that are written here, with their values."""
        written = ((key, self.query_one(f"#{key}", Input).value) for key in SHOWN)
        return dict(
            parse_setting(f"{key}={value}")
            for key, value in written
            if value != as_setting(getattr(self._recipe, key))
        )
