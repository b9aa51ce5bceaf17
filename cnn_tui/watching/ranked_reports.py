"""Reports of all ranks as one: each measures its part, and the leader tells the sums."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from cnn_tui.watching.ranks import RankedChannel
from cnn_tui.watching.script import Script
from cnn_tui.watching.step_means import RATE, Sums, add_sums
from cnn_tui.watching.step_reports import Reports


class RankedReports(Reports):
    """As `Reports`; `after_step` is for all ranks alike, and the rest for any of them.

    A report starts at the message that asks for it, and its numbers are gathered at the next one.
    """

    def __init__(
        self,
        script: Script,
        rate: Callable[[], float | Tensor | None],
        clock: Callable[[], float],
        channel: RankedChannel,
    ) -> None:
        super().__init__(script, rate, clock)
        self._channel = channel

    def after_step(self, now: float) -> None:
        message = self._channel.after_step(lambda: now >= self._due)
        if message is None:
            return
        if self._window is not None:
            self._gather()
        elif message.report:
            self._start()

    def flush(self) -> None:
        """Count what this rank alone knows of the epoch. This waits for the device."""
        if self._window is not None:
            add_sums(self._epoch_sums, self._arrived(self._window.reading))
        add_sums(self._epoch_sums, self._arrived(self._reading()))

    def _gather(self) -> None:
        """Tell the report on its way as the sum over all ranks.

        It was started a tenth of a second ago, so a device rarely makes this wait.
        """
        window, self._window = self._window, None
        assert window is not None
        sums: Sums = {}
        images = 0
        mine = self._arrived(window.reading), window.time.images
        for theirs, count in self._channel.group.gather(mine):
            rate = theirs.pop(RATE, None)
            add_sums(sums, theirs)
            images += count
            if rate is not None:
                sums[RATE] = rate
        if self._script.leads:
            self._tell(window, sums, images)
