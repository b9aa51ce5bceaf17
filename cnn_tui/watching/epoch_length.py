"""How many steps an epoch of a script has, and of how many images."""

from __future__ import annotations

from collections.abc import Iterable


class EpochLength:
    """Learnt from the loader that `run.batches` got, or from the first epoch that ended.

    `steps_per_epoch` is None as long as nobody knows. `images` is the size of the training set, 0
    if unknown. `has_steps` is false in a script that never calls `run.step`.
    """

    def __init__(self) -> None:
        self.steps_per_epoch: int | None = None
        self.images = 0
        self.batches = 0
        self.has_steps = False
        self._loader_length: int | None = None
        self._began_at = 0
        self._whole = True
        self._measured = False

    def begin_epoch(self, step: int, *, whole: bool = True) -> None:
        """An epoch begins after this step; what is left of a resumed one is not whole."""
        self._began_at, self._whole = step, whole

    def begin_batches(self, loader: Iterable[object]) -> None:
        """A loop over this loader begins."""
        self.batches = 0
        self._loader_length = _length(loader)
        self.images = _length(getattr(loader, "dataset", None)) or 0

    def tell(self, steps_per_epoch: int | None) -> None:
        """Somebody knows it, such as a trainer."""
        self.steps_per_epoch, self._measured = steps_per_epoch, steps_per_epoch is not None

    def find(self, step: int) -> None:
        """Find the length at the first step, number `step`; 0 in a script without steps.

        A step takes as many batches as the first one took: several where gradients accumulate.
        """
        self.has_steps = step > self._began_at
        if not self.has_steps:
            self.steps_per_epoch = 1
        elif self._loader_length and self.batches:
            self.steps_per_epoch = -(-self._loader_length // self.batches)

    @property
    def has_batches_left(self) -> bool:
        """Whether the loop over the loader has not had all of it, as far as its length is known."""
        return self._loader_length is None or self.batches < self._loader_length

    def steps(self, step: int) -> int:
        """The steps of the epoch in progress, after this step."""
        return step - self._began_at

    def end_epoch(self, step: int) -> bool:
        """The epoch ends with this step. Returns whether its length is news."""
        found, counts = self.steps(step), self._whole and not self._measured
        self._measured = self._measured or self._whole
        self.begin_epoch(step)
        if not counts or found == self.steps_per_epoch:
            return False
        self.steps_per_epoch = found
        return True


def _length(collection: object) -> int | None:
    """Its length; None without one, as for an endless stream."""
    try:
        return len(collection)  # type: ignore[arg-type]
    except (TypeError, NotImplementedError):
        return None
