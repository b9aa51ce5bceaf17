"""What the rows of a log say of the log as a whole, and what may be learnt only from a late one."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.logs.column_roles import Role, roles
from engine.logs.columns import Meaning, column


class Restart(msgspec.Struct, frozen=True):
    """The training began again with this row, counted from 0: its steps from `step` on are void."""

    row: int
    step: int


class Learnt(msgspec.Struct):
    """What is assumed of a log until a row shows something else; each fact changes once at most.

    Epochs and steps count from 1. They count from 0 where a zero is seen, or where the first step
    lies one before the distance to the second one: 49, 99. Where an epoch is a fraction, as HF
    Trainer writes it, it is a position: 0.64 lies in the first epoch. A step that begins again with
    each epoch counts the steps of that epoch.

    An accuracy is a fraction, and in per cent where a value above 1 is seen; `percent` holds the
    meanings. Steps of Keras' tags `epoch_loss` are epochs, unless they advance by more than 1.

    `restarts` is None for a log whose rows are not in the order of their writing.
    """

    named: Mapping[str, Meaning] = {}
    names: dict[str, Role] = {}
    has_steps: bool = False
    has_epochs: bool = False
    epochs_from_zero: bool = False
    epochs_are_positions: bool = False
    steps_from_zero: bool = False
    steps_are_batches: bool = False
    batches_from_zero: bool = False
    tags_count_steps: bool = False
    percent: set[Meaning] = set()
    restarts: list[Restart] | None = None

    def meet(self, name: str) -> bool:
        """Add a column. Returns whether another one, met before, has another meaning now."""
        if name not in self.named and column(name).meaning is None:
            self.names[name] = roles([name], {})[name]
            return False
        met = roles([*self.names, name], self.named)
        changed = any(met[old] != role for old, role in self.names.items())
        self.names = met
        return changed
