"""What is known of a watched script, and where its training is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Script:
    """What the script gave to `watch`, and its progress; changed on the thread that trains.

    `epoch` is the epoch in progress, from 1; `batch` counts the batches of it that `run.batches`
    handed out, and `step` the finished steps of the run. `optimizer` may be one or a list. While
    the process that leads calls `on_checkpoint`, the others call `on_other_ranks`. `state` names
    whatever else a checkpoint holds. `drives_epochs` and `drives_batches` say that the script uses
    `run.epochs` and `run.batches`. `best` is the accuracy of the best epoch, or minus its loss
    where no epoch has one. A script that is `stopping` trains no further step; it `is_cut_short`
    where that leaves batches of the epoch, which then does not end. Only the process
    that `leads` writes and replies. `trained_batch` is the newest batch of the training's loader,
    as it gave it.
    """

    program: str
    send: Callable[[dict[str, Any]], None]
    name: str = ""
    model: Any = None
    optimizer: Any = None
    data: Any = None
    classes: Sequence[str] = ()
    on_checkpoint: Callable[..., object] | None = None
    on_other_ranks: Callable[[], object] | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    epochs: int | None = None
    leads: bool = True
    step: int = 0
    epoch: int = 1
    ended_epochs: int = 0
    batch: int = 0
    drives_epochs: bool = False
    drives_batches: bool = False
    stopping: bool = False
    is_cut_short: bool = False
    trained_batch: Any = None
    best: float | None = None

    def is_best(self, ended: Mapping[str, Any]) -> bool:
        """Whether this `EpochEnded` is the best so far, by accuracy or else by loss."""
        loss = ended.get("loss")
        score = ended.get("top1", None if loss is None else -loss)
        if score is None or not math.isfinite(score):
            return False
        if self.best is not None and score <= self.best:
            return False
        self.best = score
        return True
