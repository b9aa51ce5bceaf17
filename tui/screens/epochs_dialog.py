"""The dialog that asks to how many epochs a run that is done shall train."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input, Label

from engine.text import harmless
from tui.screens import screen_text
from tui.screens.steer import epochs_change
from tui.widgets.forms import FormDialog


class EpochsDialog(FormDialog[int]):
    """Asks for a new total of epochs, at least `least`; Escape cancels."""

    DEFAULT_CSS = "EpochsDialog .help { width: 100%; height: auto; color: $ink-dim; }"
    SUB_TITLE = screen_text.EPOCHS_HINT

    def __init__(self, label: str, least: int) -> None:
        super().__init__()
        self.title, self._least = harmless(label), least

    def inside(self) -> ComposeResult:
        done = screen_text.done_after(self._least - 1)
        yield Label(self.plain(done), classes="help", markup=False)
        yield Input()
        yield self.complaint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            epochs = epochs_change(event.value.strip(), 1)["epochs"]
        except ValueError as error:
            self.complain(str(error))
            return
        if epochs < self._least:
            self.complain(screen_text.more_epochs(self._least))
        else:
            self.dismiss(epochs)
