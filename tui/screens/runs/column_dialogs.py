"""The dialogs that choose the columns of the table, and the one by which it is ordered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.run.conditions import Share
from tui.screens.runs import runs_screen_text
from tui.viewer import run_columns
from tui.widgets.dialog import Answer, Dialog

SHOWN, HIDDEN = "■", " "


class ListDialog(Dialog[Answer]):
    """A list of columns, one of them chosen at first."""

    DEFAULT_CSS = """
    ListDialog > .box { width: 44; padding: 0 1; }
    ListDialog OptionList, ListDialog OptionList:focus {
        height: auto; max-height: 100%; border: none; padding: 0; background: $background;
        background-tint: $background 0%; scrollbar-size-vertical: 1;
    }
    """
    SCROLLS = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    @property
    def choices(self) -> OptionList:
        return self.query_one(OptionList)

    def option(self, sign: str, name: str) -> Option:
        return Option(self.plain(self.line(sign, name)), id=name)

    def line(self, sign: str, name: str) -> str:
        words = run_columns.column(name).heading
        return f" {sign} {name:<18}{words if words != name else ''}"


class ColumnsDialog(ListDialog[tuple[str, ...]]):
    """Space shows a column or hides it, Enter takes them all; one at least is shown."""

    TITLE, SUB_TITLE = runs_screen_text.COLUMNS_TITLE, runs_screen_text.COLUMNS_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "show_or_hide", show=False)]

    def __init__(self, shown: Iterable[str]) -> None:
        super().__init__()
        self._shown = {*shown}

    def inside(self) -> ComposeResult:
        yield OptionList(
            *(self.option(self._sign(name), name) for name in run_columns.NAMES), markup=False
        )

    def _sign(self, name: str) -> str:
        return SHOWN if name in self._shown else HIDDEN

    def action_show_or_hide(self) -> None:
        option = self.choices.highlighted_option
        if option is not None and option.id is not None and self._shown != {option.id}:
            self._shown ^= {option.id}
            line = self.plain(self.line(self._sign(option.id), option.id))
            self.choices.replace_option_prompt(option.id, line)

    def on_option_list_option_selected(self) -> None:
        self.dismiss(tuple(name for name in run_columns.NAMES if name in self._shown))


class OrderDialog(ListDialog[str]):
    """Enter orders by a column; where the list is ordered by it already, the other way round."""

    TITLE, SUB_TITLE = runs_screen_text.ORDER_TITLE, runs_screen_text.ORDER_KEYS

    def __init__(self, order: str, shown: Iterable[str]) -> None:
        super().__init__()
        self._order, self._first = order, [*shown]

    def inside(self) -> ComposeResult:
        names = dict.fromkeys((*self._first, *run_columns.NAMES))
        sign = HIDDEN if self._order else SHOWN
        newest = Option(self.plain(f" {sign} {runs_screen_text.NEWEST}"), id="")
        yield OptionList(
            newest, *(self.option(self._sign(name), name) for name in names), markup=False
        )

    def on_mount(self) -> None:
        if self._order:
            self.choices.highlighted = self.choices.get_option_index(self._order.removeprefix("-"))

    def _sign(self, name: str) -> str:
        rises, falls = self._order == name, self._order == f"-{name}"
        return "↑" if rises else "↓" if falls else " "

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(next_order(self._order, event.option_id or ""))


def next_order(order: str, name: str) -> str:
    """The order by this column: the best accuracy first, else the lowest; then the other way."""
    if not name:
        return ""
    best_first = isinstance(run_columns.column(name).kind, Share)
    first, second = (f"-{name}", name) if best_first else (name, f"-{name}")
    return second if order == first else first
