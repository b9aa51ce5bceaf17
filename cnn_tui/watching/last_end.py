"""The last end of an epoch, which more numbers may complete."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


class LastEnd:
    """Decides whether a call of `run.epoch` ends another epoch or completes the last one.

    Without a step or a batch in between, it completes. A script that tells neither counts its
    epochs by its calls; there, only an evaluation is completed, and only once.
    """

    def __init__(self) -> None:
        # Whether there was a step or a batch since.
        self.worked = False
        self._event: dict[str, Any] = {}
        # How many calls may complete it.
        self._calls: float = 0

    def begin(self) -> None:
        """Another epoch begins."""
        self._calls = 0

    def begin_evaluation(self) -> None:
        """An evaluation ends an epoch of its own, unless steps say that it does not."""
        if self._calls == 1:
            self._calls = 0

    def evaluated(self) -> None:
        """The epoch was ended by an evaluation."""
        self._calls = max(self._calls, 1)

    def keep(self, event: dict[str, Any], *, in_loop: bool) -> None:
        """An epoch has ended; `in_loop` says that the next one will tell its beginning."""
        self._calls = math.inf if self.worked or in_loop else 0
        self._event, self.worked = event, False

    def take(self) -> Mapping[str, Any] | None:
        """The event `EpochEnded` that a call completes; None if the call ends another epoch."""
        if self.worked or not self._calls:
            return None
        self._calls -= 1
        return self._event

    def completed(self, event: dict[str, Any]) -> None:
        """The event has more numbers now."""
        self._event = event
