"""A script's own checkpoint: what it holds, that it is exact, and what happens if it fails."""

from __future__ import annotations

import collections
import os
import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from cnn_tui.watching.plain_state import plain
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.script_checkpoint import CheckpointError
from tests.watched_scripts import Watching, loader, net, train_step

EPOCHS = 3


class Augmented(Dataset[tuple[Tensor, int]]):
    """Images that every look changes, by all three random generators."""

    def __len__(self) -> int:
        return 18

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        noise = torch.randn(1, 8, 6) * random.random() + float(np.random.rand())
        return torch.full((1, 8, 6), index / 18) + noise, index % 3


class Script:
    """A script with dropout, augmentation, momentum, a scheduler and a shuffled loader."""

    def __init__(self, folder: Path, *, own_generator: bool, workers: int = 0) -> None:
        random.seed(5)
        np.random.seed(5)
        self.net = net(5)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, 0.2, total_steps=60)
        generator = torch.Generator().manual_seed(9) if own_generator else None
        self.loader: DataLoader[Any] = DataLoader(
            Augmented(), 4, shuffle=True, generator=generator, num_workers=workers
        )
        self.watching = Watching(
            folder,
            model=self.net,
            optimizer=self.optimizer,
            state={"scheduler": self.scheduler},
            epochs=EPOCHS,
        )
        self.watching.script.drives_epochs = self.watching.script.drives_batches = True

    def losses(self) -> Generator[float, None, None]:
        """The loss of each step, after whatever comes between it and the next one."""
        model, script = self.watching.model, self.watching.script
        while script.ended_epochs < EPOCHS:
            script.epoch = script.ended_epochs + 1
            for batch in model.remaining(self.loader):
                loss = train_step(self.net, self.optimizer, batch)
                script.step += 1
                self.scheduler.step()
                model.between_steps()
                yield float(loss)
            script.ended_epochs, script.batch = script.epoch, 0
            model.epoch_ended()


def weights(model: nn.Module) -> list[bytes]:
    return [value.numpy().tobytes() for value in model.state_dict().values()]


@pytest.mark.parametrize("own_generator", [False, True])
@pytest.mark.parametrize(
    ("at", "workers"), [(3, 0), (5, 0), (7, 0), (10, 0), (12, 2)]
)  # in an epoch, after its last batch, in the next ones
def test_a_resumed_loop_equals_an_uninterrupted_one(
    tmp_path: Path, at: int, workers: int, own_generator: bool
) -> None:
    def script() -> Script:
        return Script(tmp_path, own_generator=own_generator, workers=workers)

    whole = script()
    expected = [*whole.losses()]

    first = script()
    steps = first.losses()
    before = [next(steps) for _ in range(at)]
    first.watching.asked("Checkpoint")
    assert first.watching.types() == ["Checkpointed"]
    steps.close()

    second = script()
    torch.manual_seed(99)
    assert (
        second.watching.model.resume(str(tmp_path / "checkpoints" / "script.pt")) == (at - 1) // 5
    )
    after = [*second.losses()]
    assert before + after == expected
    assert second.watching.script.step == whole.watching.script.step == 15
    assert weights(second.net) == weights(whole.net)


def test_the_steering_goes_on_after_a_resume(tmp_path: Path) -> None:
    first = Script(tmp_path, own_generator=False)
    next(first.losses())
    first.watching.asked("Steer", scale=0.5)
    first.watching.asked("Checkpoint")
    second = Script(tmp_path, own_generator=False)
    second.watching.model.resume(str(tmp_path / "checkpoints" / "script.pt"))
    (steered,) = second.watching.asked("Steer", scale=0.5)
    assert steered["factor"] == 0.25


def saved(tmp_path: Path, **given: Any) -> Watching:
    """A script after a step, which was asked to save."""
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    watching = Watching(tmp_path, **{"model": model, "optimizer": optimizer, **given})
    watching.script.step = 7
    watching.asked("Checkpoint")
    return watching


def test_the_event_tells_file_size_and_time(tmp_path: Path) -> None:
    (event,) = saved(tmp_path).sent
    file = tmp_path / "checkpoints" / "script.pt"
    assert (event["type"], event["file"], event["step"]) == ("Checkpointed", "script.pt", 7)
    assert event["bytes"] == file.stat().st_size
    assert event["reason"] == "command"
    assert 0 <= event["stall"] <= event["seconds"] < 60
    assert [*file.parent.iterdir()] == [file]
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_file_holds_the_unwrapped_model_and_loads_safely(tmp_path: Path) -> None:
    model = nn.DataParallel(net())
    saved(tmp_path, model=torch.compile(model), optimizer=None)
    content = torch.load(tmp_path / "checkpoints" / "script.pt", weights_only=True)
    assert set(content["model"]) == set(net().state_dict())
    assert content["step"] == 7


def failing(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_costs_a_sentence_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = saved(tmp_path)
    file = tmp_path / "checkpoints" / "script.pt"
    old = file.read_bytes()
    monkeypatch.setattr(os, "fsync", failing)
    (alert,) = watching.asked("Checkpoint")
    assert alert["type"] == "Alert"
    assert "No space left" in alert["text"]
    assert alert["command"] == "k1"
    assert file.read_bytes() == old
    assert [*file.parent.iterdir()] == [file]


def test_the_scripts_own_function_saves_and_loads(tmp_path: Path) -> None:
    model = net()

    def save(path: Path) -> None:
        torch.save(model.state_dict(), path)

    (event,) = saved(tmp_path, model=model, on_checkpoint=save).sent
    own = Path(event["file"])
    assert own.is_file()
    assert event["bytes"] == own.stat().st_size
    other = Watching(tmp_path, model=net(3))
    with pytest.raises(CheckpointError, match="load="):
        other.model.resume(str(tmp_path / "checkpoints" / "script.pt"))
    loaded: list[Path] = []
    other.model.resume(str(tmp_path / "checkpoints" / "script.pt"), loaded.append)
    assert loaded == [own]
    assert other.script.step == 7


def test_a_function_without_a_parameter_names_its_file(tmp_path: Path) -> None:
    def save() -> str:
        (tmp_path / "mine.bin").write_bytes(b"123")
        return str(tmp_path / "mine.bin")

    (event,) = saved(tmp_path, on_checkpoint=save).sent
    assert (event["file"], event["bytes"]) == (str(tmp_path / "mine.bin"), 3)


def test_an_error_of_the_scripts_function_is_told_and_no_more(tmp_path: Path) -> None:
    def save(path: Path) -> None:
        raise KeyError("lost")

    (alert,) = saved(tmp_path, on_checkpoint=save).sent
    assert "on_checkpoint failed (KeyError: 'lost')" in alert["text"]


def test_nothing_given_is_nothing_saved(tmp_path: Path) -> None:
    watching = saved(tmp_path, model=None, optimizer=None)
    assert "pass the model" in watching.sent[0]["text"]
    assert watching.model.refusals()["Checkpoint"] == watching.sent[0]["text"]


class Strange:
    """Its state holds what no safe file can."""

    def state_dict(self) -> dict[str, Any]:
        return {"a": [1, {"b": object()}]}

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


def test_what_no_safe_file_holds_is_named(tmp_path: Path) -> None:
    (alert,) = saved(tmp_path, state={"ema": Strange()}).sent
    assert "state['ema']['a'][1]['b'] is a object" in alert["text"]


def test_numbers_of_numpy_and_functions_are_no_obstacle() -> None:
    state = {"best": np.float64(2.5), "count": np.arange(3), "lambda": lambda step: step}
    assert plain(collections.OrderedDict(state), "x") == {"best": 2.5, "count": [0, 1, 2]}
    assert type(plain(np.float64(1.0), "x")) is float
    assert plain({1: (torch.Size([2]), True, None, "a")}, "x") == {1: ((2,), True, None, "a")}
    with pytest.raises(RefusalError, match="x is a set"):
        plain({1}, "x")


def test_milestones_are_a_counter_again(tmp_path: Path) -> None:
    def scheduler() -> torch.optim.lr_scheduler.MultiStepLR:
        optimizer = torch.optim.SGD(net().parameters(), lr=1.0)
        return torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4])

    saved(tmp_path, state={"s": scheduler()})
    loaded = scheduler()
    model = net()
    other = Watching(
        tmp_path,
        model=model,
        optimizer=torch.optim.AdamW(model.parameters()),
        state={"s": loaded},
    )
    other.model.resume(str(tmp_path / "checkpoints" / "script.pt"))
    assert loaded.milestones == collections.Counter([2, 4])
    assert isinstance(loaded.milestones, collections.Counter)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"model": net(classes=4)}, "does not fit the model"),
        ({"optimizer": torch.optim.SGD(net().parameters(), lr=1.0)}, "lacks|does not fit|no state"),
        ({"state": {"scheduler": Strange()}}, "no state of state\\['scheduler'\\]"),
    ],
)
def test_a_file_that_does_not_fit_says_what(
    tmp_path: Path, given: dict[str, Any], sentence: str
) -> None:
    saved(tmp_path, optimizer=None)
    other = Watching(tmp_path, **{"model": net(), **given})
    with pytest.raises(CheckpointError, match=sentence):
        other.model.resume(str(tmp_path / "checkpoints" / "script.pt"))


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04"])
def test_a_damaged_file_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "script.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        Watching(tmp_path, model=net()).model.resume(str(tmp_path / "script.pt"))


@pytest.mark.parametrize(
    "lacking", ["file", "steering", "batches", "steering.factor", "batches.batch"]
)
def test_a_file_that_does_not_say_where_the_training_was_is_refused(
    tmp_path: Path, lacking: str
) -> None:
    saved(tmp_path)
    path = tmp_path / "checkpoints" / "script.pt"
    content = torch.load(path)
    within, _, name = lacking.rpartition(".")
    del (content[within] if within else content)[name]
    torch.save(content, path)
    with pytest.raises(CheckpointError, match="does not say where the training was"):
        Watching(tmp_path, model=net()).model.resume(str(path))


def test_a_bare_loader_in_mid_epoch_begins_the_epoch_again(tmp_path: Path) -> None:
    watching = saved(tmp_path)
    watching.script.ended_epochs = 2
    watching.asked("Checkpoint")
    other = Watching(tmp_path, model=net(), optimizer=None)
    assert other.model.resume(str(tmp_path / "checkpoints" / "script.pt")) == 2
    assert (other.script.epoch, other.script.step) == (3, 7)
    assert len([*other.model.remaining(loader(8))]) == 2
