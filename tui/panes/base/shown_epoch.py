"""The epoch that the panes show: the last one, or a past one as it was then."""

from __future__ import annotations

from engine.run.history import History
from tui.panes.base.pane import Pane
from tui.viewer.event_source import EventSource


class ShownEpoch:
    """An epoch of one source; `past` is the history at its end, None for the last epoch."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._epoch = 0
        self.past: History | None = None

    @property
    def past_epoch(self) -> int | None:
        """The number of the past epoch; None for the last epoch."""
        return self._epoch if self.past is not None else None

    def turn(self, now: History, epochs: int) -> bool:
        """Go this many epochs on, or back if negative; False if no epoch has ended yet."""
        ended = now.epochs
        if now.run is None or not ended:
            return False
        shown = self._epoch if self.past is not None else ended[-1].epoch
        at = next((i for i, epoch in enumerate(ended) if epoch.epoch == shown), len(ended) - 1)
        to = max(0, at + epochs)
        if to < len(ended) - 1:
            self._epoch = ended[to].epoch
            self.past = self._source.past(ended[to])
        else:
            self.past = None
        return True

    def history_for(self, pane: type[Pane], now: History) -> History:
        """The history that this kind of pane shows."""
        return self.past if self.past is not None and pane.PAST_EPOCHS else now
