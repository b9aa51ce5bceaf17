"""Thins what a script says too often, so that its journal keeps the budget of any run.

An engine reports at a pace of its own; a script may say anything. Its reports of steps are merged
where they come too fast, and no step is lost from the means.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event, MaybeMeasured, Steps
from engine.run.allowance import Allowance


class Thinning:
    """Decides what is appended of the events of one script."""

    def __init__(self, clock: Callable[[], float]) -> None:
        # Two reports a second in the first hour, and then one in five seconds, as of an engine.
        self._steps = Allowance(clock, 1_600_000, 50)
        self._alerts = Allowance(clock, 200_000, 2)
        self._waiting: Steps | None = None
        # The number of steps of which the waiting report tells, and the last step of any report.
        self._waiting_steps, self._last_step = 0, 0

    def admitted(self, event: Event) -> list[Event]:
        """The events to append now, in order. What waits goes before a pause and the end."""
        match event:
            case Steps():
                return self._merged(event)
            case events.Alert() if self._alerts.left() <= 0:
                return []
            case events.Alert():
                self._alerts.spend(event)
            case events.RunEnded() | events.Phase(name="paused"):
                return [*self._rest(), event]
            case events.Resumed():
                self._rest()
                self._last_step = event.step
        return [event]

    def _rest(self) -> list[Event]:
        """The report that waits, which then waits no more."""
        waiting, self._waiting, self._waiting_steps = self._waiting, None, 0
        return [] if waiting is None else [waiting]

    def _merged(self, event: Steps) -> list[Event]:
        steps = max(1, event.step - self._last_step)
        self._last_step = event.step
        if self._waiting is not None:
            event = merged(self._waiting, self._waiting_steps, event, steps)
        self._waiting, self._waiting_steps = event, self._waiting_steps + steps
        if self._steps.left() <= 0:
            return []
        self._steps.spend(event)
        return self._rest()


def merged(old: Steps, old_steps: int, new: Steps, new_steps: int) -> Steps:
    """One report on the steps of both: means over all of them, and the newer learning rate."""
    share = old_steps / (old_steps + new_steps)
    scalars = {
        name: _mean(old.scalars.get(name, UNSET), new.scalars.get(name, UNSET), share)
        for name in [*old.scalars, *new.scalars]
    }
    return replace(
        new,
        loss=_mean(old.loss, new.loss, share),
        top1=_mean(old.top1, new.top1, share),
        lr=old.lr if new.lr is UNSET else new.lr,
        images_per_second=_mean_rate(old.images_per_second, new.images_per_second, share),
        waited=_mean(old.waited, new.waited, share),
        scalars=scalars,
    )


def _mean(old: MaybeMeasured, new: MaybeMeasured, share: float) -> MaybeMeasured:
    """The mean, to which the old value adds this share; None if one of them is not finite."""
    if old is UNSET or new is UNSET:
        return new if old is UNSET else old
    return None if old is None or new is None else events.measured(new + (old - new) * share)


def _mean_rate(old: MaybeMeasured, new: MaybeMeasured, share: float) -> MaybeMeasured:
    """The same of images per second: over equally many images, it is the harmonic mean."""
    if not (isinstance(old, float) and isinstance(new, float)):
        return _mean(old, new, share)
    return events.measured(1 / (share / old + (1 - share) / new)) if old and new else 0.0
