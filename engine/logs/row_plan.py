"""How the numbers of a row are sorted, worked out once for each set of names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

from engine.logs.column_roles import Role
from engine.logs.columns import PLACES, Meaning
from engine.protocol.events import LONGEST_SCALAR_NAME

Numbers = dict[Meaning, float]
# A number of a row, or a column with those of many rows.
V = TypeVar("V")


class RowPlan:
    """Sorts the numbers of rows that have the same names.

    `ends` says that such a row has numbers of a whole epoch. `over_epochs` are the names whose step
    is an epoch in a file of TensorBoard (see `columns.Column`). `measures` says what the names that
    are known mean, and `too_long` has the names that are not shown; both are emptied once this was
    told.
    """

    def __init__(self, roles: Mapping[str, Role]) -> None:
        shown = {name: role for name, role in roles.items() if not role.dropped}
        known = {name: role.meaning for name, role in shown.items() if role.meaning is not None}
        self.ends = any(role.of_epoch for role in shown.values())
        self.over_epochs = frozenset(name for name, role in roles.items() if role.over_epochs)
        self.measures = {name: m for name, m in known.items() if m not in PLACES}
        self._places = {name: m for name, m in known.items() if m in PLACES}
        of_epoch = {name for name in self.measures if roles[name].of_epoch}
        self._of_steps = {n: m for n, m in self.measures.items() if n not in of_epoch}
        self._of_epoch = {n: m for n, m in self.measures.items() if n in of_epoch}
        others = [name for name in shown if name not in known]
        self._scalars = [name for name in others if 0 < len(name) <= LONGEST_SCALAR_NAME]
        self.too_long = [name for name in others if len(name) > LONGEST_SCALAR_NAME]
        self._is_plain = len(self._scalars) == len(roles)

    @property
    def is_plain_step(self) -> bool:
        """Whether nothing of such rows is left to be told but the numbers of single steps.

        They have no number of an epoch, and none that says where they stand.
        """
        untold = self.measures or self.too_long
        return not (untold or self.ends or self._places or self.over_epochs)

    def places(self, values: Mapping[str, float]) -> Numbers:
        """What says where the row stands."""
        found = {meaning: values[name] for name, meaning in self._places.items()}
        return {m: v for m, v in found.items() if math.isfinite(v)}

    def of_steps(self, values: Mapping[str, V]) -> dict[Meaning, V]:
        return {meaning: values[name] for name, meaning in self._of_steps.items()}

    def of_epoch(self, values: Mapping[str, float]) -> Numbers:
        return {meaning: values[name] for name, meaning in self._of_epoch.items()}

    def scalars(self, values: Mapping[str, V]) -> dict[str, V]:
        """The rest, by name."""
        return dict(values) if self._is_plain else {name: values[name] for name in self._scalars}
