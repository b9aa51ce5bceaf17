"""Scripts that people write around `cnn_tui.watch`, each a process with the real recorder."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import cnn_tui
from cnn_tui.watching import program
from cnn_tui.watching.hello import hello
from engine.protocol import events
from engine.run import run_liveness
from engine.run.run_paths import RunDir
from tests.fake_recorder import told_in
from tests.processes import TIMEOUT, events_of, start_process, wait_for

HEAD = """
import sys
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import cnn_tui

images = TensorDataset(torch.randn(16, 1, 8, 8), torch.arange(16) % 2)
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

def train(run, loader):
    for batch, labels in run.batches(loader):
        logits = model(batch)
        loss = nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.step(loss=loss, logits=logits, labels=labels)
"""

LINEAR = torch.nn.Linear(2, 2)
OPTIMIZER = torch.optim.SGD(LINEAR.parameters(), lr=0.1)


def run_script(folder: Path, body: str, name: str = "train.py") -> subprocess.Popen[str]:
    """Run this after `HEAD` in a folder, to its end."""
    script = folder / name
    script.write_text(HEAD + textwrap.dedent(body))
    process = start_process(
        *(sys.executable, str(script)), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.wait(TIMEOUT)
    return process


def error_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()


def told(folder: Path, name: str = "1-train") -> list[Any]:
    """The events of a run once its recorder has ended."""
    run = RunDir(folder / "runs" / name)
    wait_for(lambda: not run_liveness.is_live(run))
    return events_of(run)


def test_a_script_with_an_engine_of_its_own_is_watched_in_three_lines(tmp_path: Path) -> None:
    for module in ("engine", "tui", "msgspec"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('the module of the project')")
    process = run_script(
        tmp_path,
        """
        with cnn_tui.watch(model, optimizer, epochs=2, data=DataLoader(images, 4),
                           classes=["cat", "dog"], settings={"lr": 0.1, "augment": None}) as run:
            for epoch in run.epochs():
                train(run, DataLoader(images, 4, shuffle=True))
                run.evaluate(model, DataLoader(images, 8))
        """,
    )
    assert error_of(process) == "cnn-tui: watched as 1-train: cnn-tui attach 1\n"
    said = told(tmp_path)
    (started,) = (event for event in said if isinstance(event, events.RunStarted))
    assert started.watched is not None
    assert started.watched.program == "train.py"
    assert started.watched.settings == {"lr": 0.1, "augment": None}
    assert started.watched.epochs == 2
    assert (started.classes, started.steps_per_epoch) == (("cat", "dog"), 4)
    assert (started.train_images, started.validation_images) == (16, 16)
    assert [layer.kind for layer in started.layers] == ["Conv2d", "Flatten", "Linear"]
    epochs = [event for event in said if isinstance(event, events.EpochEnded)]
    assert [(event.epoch, event.step) for event in epochs] == [(1, 4), (2, 8)]
    assert all(isinstance(event.loss, float) for event in epochs)
    assert all(isinstance(event.train_top1, float) for event in epochs)
    assert all(event.lr == 0.1 for event in epochs)
    assert any(isinstance(event, events.Confusion) for event in said)
    assert said[-1].reason == "done"


def test_forked_workers_of_a_loader_hold_nothing_of_the_run(tmp_path: Path) -> None:
    process = run_script(
        tmp_path,
        """
        run = cnn_tui.watch(model, optimizer, epochs=2)
        loader = DataLoader(images, 4, num_workers=2, persistent_workers=True,
                            multiprocessing_context="fork")
        for epoch in run.epochs():
            train(run, loader)
        raise ValueError("the loader is gone")
        """,
    )
    assert process.returncode == 1
    said = told(tmp_path)
    assert said[-1].reason == "failed"
    assert said[-1].error == "ValueError: the loader is gone"
    assert len([event for event in said if isinstance(event, events.EpochEnded)]) == 2


def test_spawned_workers_that_import_the_script_again_start_no_run(tmp_path: Path) -> None:
    process = run_script(
        tmp_path,
        """
        run = cnn_tui.watch(model, optimizer, epochs=1)
        run.log(started=1.0)
        if __name__ == "__main__":
            loader = DataLoader(images, 4, num_workers=1, multiprocessing_context="spawn")
            for epoch in run.epochs():
                train(run, loader)
            run.close()
        """,
    )
    assert told_in(error_of(process)) == []
    assert [folder.name for folder in (tmp_path / "runs").glob("[0-9]*")] == ["1-train"]
    assert told(tmp_path)[-1].step == 4


def test_two_runs_of_a_script_are_two(tmp_path: Path) -> None:
    process = run_script(
        tmp_path,
        """
        first = cnn_tui.watch(name="teacher")
        second = cnn_tui.watch(name="student/small")
        for step in range(3):
            first.step(loss=1.0)
            second.step(loss=2.0)
        """,
    )
    assert told_in(error_of(process)) == []
    runs = sorted(folder.name for folder in (tmp_path / "runs").glob("[0-9]*"))
    assert len(runs) == 2
    losses = [
        {event.loss for event in told(tmp_path, run) if isinstance(event, events.Steps)}
        for run in runs
    ]
    assert losses in ([{1.0}, {2.0}], [{2.0}, {1.0}])


def test_a_folder_that_cannot_be_written_costs_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    process = run_script(
        tmp_path,
        """
        with cnn_tui.watch(model, optimizer, epochs=1, runs_dir="file/runs") as run:
            for epoch in run.epochs():
                train(run, DataLoader(images, 4))
                run.epoch(val_loss=1.0)
            assert run.resume() == 1
        print("trained", flush=True)
        """,
    )
    assert process.stdout is not None
    assert process.stdout.read() == "trained\n"
    (line,) = error_of(process).splitlines()
    assert line.startswith("cnn-tui: ")
    assert line.endswith("The training goes on without being watched.")


def test_the_program_is_named_as_a_person_calls_it(tmp_path: Path) -> None:
    package = str(tmp_path / "segment" / "__main__.py")
    names = [["/home/a/train.py", "--lr"], [package], ["-c"], [""], []]
    found = [program.program_name(arguments) for arguments in names]
    assert found == ["train.py", "segment", "python", "python", "python"]
    assert program.run_name("train.py") == "train"


def test_settings_are_plain_and_flat() -> None:
    given = {"lr": 0.1, "model": {"depth": 3, "act": nn.ReLU()}, "path": Path("a"), "seed": None}
    assert program.plain_settings(given) == {
        "lr": 0.1,
        "model.depth": 3,
        "model.act": "ReLU()",
        "path": "a",
        "seed": None,
    }
    assert program.plain_settings(argparse.Namespace(batch=64)) == {"batch": 64}
    assert program.plain_settings(None) == {}


class Unprintable:
    def __str__(self) -> str:
        raise ValueError


@dataclass
class Slotted:
    __slots__ = ("lr",)
    lr: float


def test_settings_of_any_make_do_not_end_a_script() -> None:
    circle: dict[str, Any] = {"lr": 0.1}
    circle["self"] = circle
    assert program.plain_settings(circle)["lr"] == 0.1
    assert program.plain_settings({"a": Unprintable()}) == {"a": "Unprintable"}
    assert program.plain_settings(Slotted(0.1)) == {"lr": 0.1}
    with pytest.raises(TypeError, match=r"^settings= takes a mapping.*not a str"):
        program.plain_settings("lr=0.1")


@pytest.mark.parametrize("epochs", ["2", 2.5, float("inf")])
def test_epochs_are_whole(epochs: Any) -> None:
    with pytest.raises(ValueError, match=r"^epochs= is a whole number, not "):
        cnn_tui.watch(epochs=epochs)


def test_the_folder_of_runs_may_be_in_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    said = [hello("", "train.py", folder, {})["runs_dir"] for folder in ("~/runs", "", None)]
    assert said == ["/home/ada/runs", "", ""]


def test_another_reduction_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match='reduce is None or "mean"'):
        cnn_tui.watch(reduce="sum")


def test_ranks_that_are_not_connected_are_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="init_process_group before"):
        cnn_tui.watch(reduce="mean")
    with cnn_tui.watch() as run:
        run.step(loss=torch.ones(()))
        with pytest.raises(ValueError, match="init_process_group before"):
            run.resume()


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"model": OPTIMIZER, "optimizer": LINEAR}, TypeError, "call cnn_tui.watch(model, optim"),
        ({"optimizer": LINEAR}, TypeError, "takes the model first"),
        ({"model": "resnet18"}, TypeError, "model= is a torch.nn.Module, not a str"),
        ({"on_checkpoint": 5}, TypeError, "on_checkpoint= is a function of a path, not a int"),
        ({"epochs": 0}, ValueError, "epochs= is a whole number, not 0, and at least 1"),
        ({"epochs": "3"}, ValueError, "epochs= is a whole number, not '3'"),
        ({"classes": "abc"}, TypeError, "classes= are the names of the classes in their order"),
        ({"classes": 10}, TypeError, "pass a list such as ['cat', 'dog']"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(
    given: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        cnn_tui.watch(**given)
