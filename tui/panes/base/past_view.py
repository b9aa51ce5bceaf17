"""Which past epoch the panes of the validation show, and the run as it was then."""

from __future__ import annotations

from engine.run import past_epochs
from engine.run.history import History
from engine.run.run_paths import RunDir
from tui.panes.base import pane_text

# The panes that can show one.
PAST = ("confusion", "maps")


class Past:
    """A past epoch of one run, or its last one: then `history` is None."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._epoch = 0
        self.history: History | None = None

    @property
    def title(self) -> str:
        """What is said beside the title of a pane; empty while the last epoch is shown."""
        return pane_text.past_epoch(self._epoch) if self.history is not None else ""

    def turn(self, now: History, epochs: int) -> bool:
        """Go so many epochs on, or back where negative; whether there is one to turn from."""
        ended = now.epochs
        if now.run is None or not ended:
            return False
        shown = self._epoch if self.history is not None else ended[-1].epoch
        at = next((i for i, epoch in enumerate(ended) if epoch.epoch == shown), len(ended) - 1)
        to = max(0, at + epochs)
        if to < len(ended) - 1:
            self._epoch = ended[to].epoch
            self.history = past_epochs.history(self._run.journal, now.run, ended[to].step)
        else:
            self.history = None
        return True

    def of(self, pane: str, now: History) -> History:
        """What this pane shows."""
        return self.history if self.history is not None and pane in PAST else now
