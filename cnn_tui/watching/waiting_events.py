"""Events that wait for the recorder: bounded, without ever losing an epoch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

# More than a minute of reports.
MOST = 200
# Of these the newest one replaces those that wait in a full queue.
REPLACED = ("Phase", "LayerHealth", "FeatureMaps", "Confusion")
# `Steps` of two epochs are not merged.
BETWEEN_EPOCHS = ("RunStarted", "EpochEnded")


class _Waiting(NamedTuple):
    """An event; `steps` is the number of training steps of which a `Steps` tells the means."""

    event: dict[str, Any]
    steps: int


class WaitingEvents:
    """First in, first out; not locked.

    A full queue merges `Steps` into one with their weighted means, and replaces pictures and
    layer health by newer ones. All other events are kept, however many.
    """

    def __init__(self, most: int = MOST) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._most, self._last_step = most, 0

    def __len__(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self) -> dict[str, Any]:
        """The oldest event; there must be one."""
        return self._waiting.popleft().event

    def put(self, event: dict[str, Any]) -> None:
        new = _Waiting(event, self._steps_of(event))
        if len(self._waiting) >= self._most:
            if event["type"] == "Steps":
                new = self._merged(new)
            elif event["type"] in REPLACED:
                self._remove(event)
        self._waiting.append(new)

    def _steps_of(self, event: dict[str, Any]) -> int:
        if event["type"] != "Steps":
            return 0
        last, self._last_step = self._last_step, int(event.get("step", 0))
        return max(1, self._last_step - last)

    def _merged(self, new: _Waiting) -> _Waiting:
        """The new `Steps` with the newest waiting one of its epoch, which is taken out."""
        for index in range(len(self._waiting) - 1, -1, -1):
            waiting = self._waiting[index]
            if waiting.event["type"] in BETWEEN_EPOCHS:
                break
            if waiting.event["type"] == "Steps":
                del self._waiting[index]
                return merged(waiting, new)
        return new

    def _remove(self, event: dict[str, Any]) -> None:
        """Take out the waiting event that this one replaces."""
        for index, waiting in enumerate(self._waiting):
            old = waiting.event
            if old["type"] == event["type"] and old.get("layer") == event.get("layer"):
                del self._waiting[index]
                return


def merged(old: _Waiting, new: _Waiting) -> _Waiting:
    """One `Steps` for the steps of both; the step, the epoch and the rate are the newer ones."""
    event = {**old.event, **new.event}
    for name in ("loss", "top1", "waited"):
        _put_mean(event, name, old, new, _mean)
    # A rate is steps by time, so its mean over steps is the harmonic one.
    _put_mean(event, "images_per_second", old, new, _harmonic_mean)
    scalars = {**old.event.get("scalars", {}), **new.event.get("scalars", {})}
    if scalars:
        event["scalars"] = scalars
        both = _Waiting(old.event.get("scalars", {}), old.steps)
        for name in both.event:
            _put_mean(scalars, name, both, _Waiting(new.event.get("scalars", {}), new.steps), _mean)
    return _Waiting(event, old.steps + new.steps)


_Average = Callable[[float, int, float, int], Optional[float]]


def _put_mean(
    into: dict[str, Any], name: str, old: _Waiting, new: _Waiting, average: _Average
) -> None:
    """Put the mean of a number that both have; where one is not finite, neither is the mean."""
    if name in old.event and name in new.event:
        left, right = old.event[name], new.event[name]
        finite = left is not None and right is not None
        into[name] = average(left, old.steps, right, new.steps) if finite else None


def _mean(left: float, steps: int, right: float, others: int) -> float:
    return (left * steps + right * others) / (steps + others)


def _harmonic_mean(left: float, steps: int, right: float, others: int) -> float | None:
    if not left or not right:
        return None
    return (steps + others) / (steps / left + others / right)
