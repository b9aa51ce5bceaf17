"""The dialog that steers a run: another learning rate for the rest of it, or another end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from engine import numbers
from engine import text as engine_text
from engine.errors import EngineError
from engine.recipes.recipe import HIGHEST_RATE, MOST_EPOCHS
from engine.recipes.steering import Change, RateFarAboveError, steered
from engine.run.history import History
from tui.screens import screen_text
from tui.widgets.forms import FormDialog

Changes: TypeAlias = Mapping[str, Any]
"""Fields of a `commands.Steer`."""

_FACTOR = ("x", "X", "*", "×")


class SteerScreen(FormDialog[Changes]):
    """Two inputs with the present values; Enter applies the changes, Escape cancels.

    A program whose total of epochs nobody knows, or that cannot change it, has only a rate. The
    inputs are empty until the run trains. If the engine cannot be steered now, `check` returns
    the reason, and the form stays open and shows it. A learning rate far above the recipe's must be
    entered twice.
    """

    DEFAULT_CSS = """
    SteerScreen > .box { width: 58; }
    SteerScreen Horizontal Label { width: 15; }
    SteerScreen Horizontal .aside { width: 23; margin-left: 2; }
    SteerScreen .help { width: 100%; height: auto; color: $ink-dim; margin-top: 1; }
    """
    TITLE, SUB_TITLE = screen_text.STEER_TITLE, screen_text.STEER_HINT

    def __init__(self, history: History, check: Callable[[], str]) -> None:
        super().__init__()
        self._check, self._history = check, history
        # The changes that Enter confirms; empty if there is nothing to confirm.
        self._unconfirmed: Changes = {}
        rate = numbers.number(history.rate)
        self._rate = numbers.short(rate) if math.isfinite(rate) else ""
        watched, planned = history.watched, history.epochs_planned
        self._has_epochs = watched is None or (
            planned is not None and "Epochs" not in watched.refusals
        )
        self._epochs = "" if planned is None else str(planned)
        self._epoch = history.epoch

    def inside(self) -> ComposeResult:
        with Horizontal():
            yield Label(screen_text.STEER_RATE)
            yield Input(self._rate, id="rate")
            yield Label(screen_text.STEER_RATE_HELP, classes="aside")
        if self._has_epochs:
            yield from self._total()
        ours = self._history.watched is None
        words = screen_text.STEER_HELP if ours else screen_text.STEER_HELP_SCRIPT
        yield Label(words, classes="help", markup=False)
        yield self.complaint()

    def _total(self) -> ComposeResult:
        with Horizontal():
            yield Label(screen_text.STEER_EPOCHS)
            yield Input(self._epochs, id="epochs")
            yield Label(
                screen_text.steer_epoch(self._epoch) if self._epochs else "", classes="aside"
            )

    def on_input_submitted(self) -> None:
        rate = self.query_one("#rate", Input).value.strip()
        epochs = self.query_one("#epochs", Input).value.strip() if self._has_epochs else ""
        try:
            changes: dict[str, Any] = {}
            if rate not in ("", self._rate):
                changes |= rate_change(rate)
            if epochs not in ("", self._epochs):
                changes |= epochs_change(epochs, self._epoch)
        except ValueError as error:
            self.complain(str(error))
            return
        if changes and (why := self._check()):
            self.complain(why)
        elif changes != self._unconfirmed and (why := self._must_confirm(changes)):
            self._unconfirmed = changes
            self.complain(why)
        else:
            sure = {"sure": True} if changes and changes == self._unconfirmed else {}
            self.dismiss({**changes, **sure})

    def _must_confirm(self, changes: Changes) -> str:
        """A sentence where the changes lead to a rate far above the recipe's, else empty."""
        position, now = self._history.position, self._history.steering
        if position is None or now is None:
            return ""
        try:
            steered(position, now, Change(**changes))
        except RateFarAboveError as error:
            return screen_text.confirm_rate(
                numbers.significant(error.rate), error.rate / error.usual
            )
        except EngineError:  # the engine knows more than this form, and answers
            return ""
        return ""


def rate_change(written: str) -> dict[str, float]:
    """Parse `0.01` as a rate, and `x0.5` or `*0.5` as a factor of the planned rates.

    Raises ValueError with a sentence for anything else.
    """
    factor = written.startswith(_FACTOR)
    try:
        value = float(written.lstrip("".join(_FACTOR)) if factor else written)
    except ValueError:
        raise ValueError(screen_text.NOT_A_RATE) from None
    if not 0 < value <= HIGHEST_RATE:
        raise ValueError(engine_text.rate_out_of_range(HIGHEST_RATE))
    return {"scale" if factor else "lr": value}


def epochs_change(written: str, epoch: int) -> dict[str, int]:
    """Parse a total of epochs, at least the current epoch. Raises like `rate_change`."""
    if not (written.isascii() and written.isdigit()):
        raise ValueError(screen_text.NOT_EPOCHS)
    if len(written) > len(str(MOST_EPOCHS)) or int(written) > MOST_EPOCHS:
        raise ValueError(engine_text.too_many_epochs(MOST_EPOCHS))
    epochs = int(written)
    if epochs < epoch:
        raise ValueError(engine_text.too_few_epochs(epochs, epoch))
    return {"epochs": epochs}
