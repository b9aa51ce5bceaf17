"""Which process of several a script is, and how all of them obey the same command.

The leader, rank 0, speaks to the recorder. Where every rank calls `watch` and `run.step`, it gives
its commands to all about ten times a second, at steps that it has announced before: a broadcast
after every step would cost a tenth of a short step. A rank waits no longer than a collective takes.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, Union

from cnn_tui.watching.channel import Channel, Recording

T = TypeVar("T")

# About the time between two broadcasts.
BROADCAST_SECONDS = 0.1


class Rank(NamedTuple):
    """The number of this process, from 0, and how many there are."""

    number: int = 0
    of: int = 1

    @property
    def leads(self) -> bool:
        return self.number == 0


def this_rank() -> Rank:
    """From torch.distributed, or from the variables that torchrun sets."""
    distributed = _distributed()
    if distributed is not None:
        return Rank(distributed.get_rank(), distributed.get_world_size())
    return Rank(int(os.environ.get("RANK") or 0), int(os.environ.get("WORLD_SIZE") or 1))


def _distributed() -> Any:
    """torch.distributed, if the script has connected its ranks."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return distributed


class SilentChannel:
    """The channel of a process that does not speak."""

    alive = has_news = False

    def open(self, resume: bool = False) -> None:
        """Nothing: it says nothing and hears nothing."""

    def send(self, event: dict[str, Any]) -> None: ...

    def recording(self, seconds: float = 0.0) -> Recording | None:
        return None

    def commands(self) -> list[dict[str, Any]]:
        return []

    def wait_for_command(self, seconds: float) -> None: ...

    def close(self, reason: str = "done", error: str = "") -> None: ...


class Group:
    """The ranks of a script on a network of their own between the CPUs.

    All ranks must call each method alike. Raises the errors of torch.distributed.
    """

    def __init__(self, rank: Rank) -> None:
        """Raises ValueError before the script has connected its ranks."""
        distributed = _distributed()
        if distributed is None:
            raise ValueError(
                "The ranks of the script must be connected first: call "
                "torch.distributed.init_process_group before cnn_tui.watch."
            )
        self._distributed, self._rank = distributed, rank
        self._group = distributed.new_group(backend="gloo")

    def from_leader(self, make: Callable[[], T]) -> T:
        """The value that the leader makes."""
        values = [make() if self._rank.leads else None]
        self._distributed.broadcast_object_list(values, 0, group=self._group)
        return values[0]  # type: ignore[return-value]

    def gather(self, value: T) -> list[T]:
        """The values of all ranks, for the leader; empty for the others."""
        found = [None] * self._rank.of if self._rank.leads else None
        self._distributed.gather_object(value, found, 0, group=self._group)
        return found or []  # type: ignore[return-value]


class Message(NamedTuple):
    """What the leader tells: the steps until the next message, its commands, and the rest."""

    steps: int
    commands: list[dict[str, Any]]
    report: bool
    alive: bool


class RankedChannel:
    """The channel of one of several ranks, all of which obey the commands of the leader's.

    `after_step` and `wait_for_command` are for all ranks alike.
    """

    def __init__(
        self,
        channel: Channel | SilentChannel,
        rank: Rank,
        group: Group,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`channel` is the leader's; the other ranks have a silent one."""
        self._channel, self._rank, self.group, self._clock = channel, rank, group, clock
        self._received: deque[dict[str, Any]] = deque()
        self._steps_left = self._interval = 1
        self._last = clock()
        # Whether the leader's recorder lived at the last message.
        self.alive = True

    def open(self, resume: bool = False) -> None:
        self._channel.open(resume)

    def send(self, event: dict[str, Any]) -> None:
        self._channel.send(event)

    def close(self, reason: str = "done", error: str = "") -> None:
        self._channel.close(reason, error)

    def recording(self, seconds: float = 0.0) -> Recording | None:
        """The run that is kept, for the leader alone; the others have none."""
        return self._channel.recording(seconds)

    @property
    def has_news(self) -> bool:
        """Whether all ranks have a command."""
        return bool(self._received)

    def commands(self) -> list[dict[str, Any]]:
        taken = [*self._received]
        self._received.clear()
        return taken

    def wait_for_command(self, seconds: float) -> None:
        """Wait until all ranks have a command, but a tenth of a second at most."""
        if not self._received and self.alive:
            self._exchange(lambda: False, min(seconds, BROADCAST_SECONDS))

    def after_step(self, is_due: Callable[[], bool]) -> Message | None:
        """The message after this step, where one was announced. `is_due` asks for a report."""
        self._steps_left -= 1
        if self._steps_left > 0 or not self.alive:
            return None
        return self._exchange(is_due, 0.0)

    def _exchange(self, is_due: Callable[[], bool], seconds: float) -> Message:
        message = self.group.from_leader(lambda: self._message(is_due, seconds))
        self._steps_left, self.alive = message.steps, message.alive
        self._received.extend(message.commands)
        return message

    def _message(self, is_due: Callable[[], bool], seconds: float) -> Message:
        if seconds:
            self._channel.wait_for_command(seconds)
        commands = self._channel.commands()
        return Message(self._steps_to_next(), commands, is_due(), self._channel.alive)

    def _steps_to_next(self) -> int:
        """As many steps as fit between two broadcasts, at most twice as many as the last time."""
        now = self._clock()
        fitting = int(BROADCAST_SECONDS * self._interval / max(now - self._last, 1e-6))
        self._interval, self._last = max(1, min(fitting, 2 * self._interval)), now
        return self._interval


def shared_recording(channel: AnyChannel, seconds: float) -> Recording | None:
    """The run that the leader's recorder keeps, on all ranks, which must call this alike.

    Raises ValueError before the script has connected its ranks.
    """
    rank = this_rank()
    if rank.of == 1:
        return channel.recording(seconds)
    group = channel.group if isinstance(channel, RankedChannel) else Group(rank)
    return group.from_leader(lambda: channel.recording(seconds))


AnyChannel = Union[Channel, SilentChannel, RankedChannel]
