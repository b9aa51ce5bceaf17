"""A script's model, optimizer and images, and a recorder's side that is only a list, for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from cnn_tui.watching.channel import Recording
from cnn_tui.watching.script import Script
from cnn_tui.watching.watched_model import WatchedModel


class Commands:
    """A source of commands in whose queue a test puts some; while it waits, `on_wait` is called."""

    def __init__(self, folder: Path) -> None:
        self.alive = True
        self.queue: deque[dict[str, Any]] = deque()
        self.on_wait: Callable[[], None] = lambda: None
        self._recording = Recording(str(folder), "1-mine", "1")

    def give(self, kind: str, /, **fields: Any) -> None:
        self.queue.append({"type": kind, "id": "k1", "attempt": "a", **fields})

    @property
    def has_news(self) -> bool:
        return bool(self.queue)

    def commands(self) -> list[dict[str, Any]]:
        taken = [*self.queue]
        self.queue.clear()
        return taken

    def wait_for_command(self, seconds: float) -> None:
        assert not self.queue
        self.on_wait()

    def recording(self, seconds: float = 0.0) -> Recording | None:
        return self._recording


class Clock:
    """A clock that goes on by a second whenever it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Watching:
    """A watched script: what it was given, its commands, and the events that it has sent."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.commands, self.clock = Commands(folder), Clock()
        self.sent: list[dict[str, Any]] = []
        self.script = Script(program="train.py", send=self.sent.append, **given)
        self.model = WatchedModel(self.script, self.commands, self.clock)

    def asked(self, kind: str, /, **fields: Any) -> list[dict[str, Any]]:
        """What the script sends when it is asked this between two steps."""
        self.sent.clear()
        self.commands.give(kind, **fields)
        self.model.between_steps()
        return [*self.sent]

    def reply(self, look: str, **fields: Any) -> dict[str, Any]:
        """The event that replies to an inspection."""
        replies = [line for line in self.asked("Probe", look=look, **fields) if "event" in line]
        assert [line["id"] for line in replies] == ["k1"]
        event: dict[str, Any] = replies[0]["event"]
        return event

    def types(self) -> list[str]:
        return [event["type"] for event in self.sent]


class Net(nn.Module):
    """Convolutions, a batch norm, a dropout and a linear layer, for images (1, 8, 6)."""

    def __init__(self, classes: int = 3, channels: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(4 * 8 * 6, classes)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.act(self.norm(self.conv(images)))
        logits: Tensor = self.fc(self.drop(maps).flatten(1))
        return logits


def net(seed: int = 0, **options: int) -> Net:
    torch.manual_seed(seed)
    return Net(**options)


def images(count: int = 20, channels: int = 1) -> TensorDataset:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randn(count, channels, 8, 6, generator=generator)
    return TensorDataset(pixels, torch.arange(count) % 3)


def loader(count: int = 20, **options: Any) -> DataLoader[tuple[Tensor, ...]]:
    return DataLoader(images(count), **{"batch_size": 4, **options})


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> Tensor:
    inputs, labels = batch
    loss = nn.functional.cross_entropy(model(inputs), labels)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach()
