"""The batches of a loader, counted; after a resume in mid-epoch, those that are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cnn_tui.watching.random_states import random_states, set_random_states
from cnn_tui.watching.script import Script


class ResumedBatches:
    """Hands out the batches of each epoch, so that a resumed loop sees those of the first one.

    In the epoch of a resume, the loader begins with the random states that it began with, and the
    batches that were trained are read once more and dropped.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._epoch = 0
        self._skip = 0
        self._began: dict[str, Any] | None = None
        self._left: dict[str, Any] | None = None
        self._generator: Any = None
        # The random states before the epoch's first batch.
        self._epoch_random: dict[str, Any] | None = None

    def state(self) -> dict[str, Any]:
        """What a resume needs."""
        return {
            "batch": self._script.batch,
            "random": self._states(),
            "epoch_random": self._epoch_random,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on where `state` was this."""
        self._skip, self._began = state["batch"], state["epoch_random"]
        self._left, self._script.batch = state["random"], state["batch"]
        self._restore(state["random"])

    def remaining(self, loader: Iterable[Any]) -> Iterator[Any]:
        """The loader's batches that are left of the epoch in progress."""
        self._generator = getattr(loader, "generator", None)
        script = self._script
        for batch in self._begun(loader):
            script.batch += 1
            script.trained_batch = batch
            yield batch

    def _begun(self, loader: Iterable[Any]) -> Iterator[Any]:
        if self._left is not None:
            self._restore(self._began if self._skip and self._began else self._left)
        if self._epoch != self._script.epoch:
            self._epoch, self._script.batch = self._script.epoch, 0
            self._epoch_random = self._states()
        batches = iter(loader)
        while self._skip and next(batches, self) is not self:
            self._skip -= 1
            self._script.batch += 1
        if not self._skip and self._left is not None:
            if self._script.batch:
                self._restore(self._left)
            self._left = None
        return batches

    def _states(self) -> dict[str, Any]:
        """All random states, and that of the loader's own generator."""
        own = None if self._generator is None else self._generator.get_state()
        return {**random_states(), "loader": own}

    def _restore(self, states: dict[str, Any]) -> None:
        """Go back to these; the other processes of a training draw numbers of their own."""
        if not self._script.leads:
            return
        set_random_states(states)
        if self._generator is not None and states["loader"] is not None:
            self._generator.set_state(states["loader"])
