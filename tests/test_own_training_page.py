"""What `docs/own-training.md` says: its snippets run as they stand, and are watched."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from msgspec import UNSET
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.run_search import find

PAGE = Path(__file__).parents[1] / "docs" / "own-training.md"
CLASSES = ("cat", "dog")


def snippets(title: str) -> list[str]:
    """The Python below this heading, up to the next heading of any level."""
    part = re.split(r"^#+ .*\n", PAGE.read_text().partition(f"# {title}\n")[2], flags=re.MULTILINE)
    return re.findall(r"```python\n(.*?)```", part[0], re.DOTALL)


def own_script() -> dict[str, Any]:
    """The names that a snippet takes from the script around it: a tiny training."""
    torch.manual_seed(0)
    images = TensorDataset(torch.rand(40, 3, 8, 8), torch.randint(0, 2, (40,)))
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 2))
    return {
        "F": F,
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), 0.01),
        "train_loader": DataLoader(images, 10, shuffle=True),
        "val_loader": DataLoader(images, 20),
        "names": CLASSES,
    }


def followed(runs: Path, name: str) -> History:
    history = History()
    for part in JournalReader(find(runs, name).journal).slices():
        history.fold(part.events)
    return history


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def test_three_lines_show_a_training_with_its_model(runs: Path) -> None:
    three_lines, _ = snippets("Three lines in a script")
    exec(three_lines, own_script())
    history = followed(runs, "mine")
    assert history.ended is not None
    assert history.ended.reason == "done"
    assert (history.step, len(history.epochs), history.classes) == (8, 2, CLASSES)
    assert history.run is not None
    assert [layer.kind for layer in history.run.layers] == ["Conv2d", "Flatten", "Linear"]
    assert history.confusion is not None
    assert "gradient_norm" in history.scalars
    assert history.epochs[-1].top1 is not UNSET


def test_an_own_evaluation_and_own_numbers_are_told(runs: Path) -> None:
    _, own_evaluation = snippets("Three lines in a script")
    exec(own_evaluation, own_script())
    history = followed(runs, "own-evaluation")
    assert [(ended.loss, ended.top1) for ended in history.epochs] == [(0.3, 0.9)] * 2
    assert {"size/mean", "spread"} <= history.scalars.keys()
    assert history.confusion is not None
    assert history.confusion.counts == ((45, 5), (5, 45))


def test_a_script_goes_on_in_the_same_run(runs: Path) -> None:
    (resuming,) = snippets("Going on after a stop")
    began, again = own_script(), own_script()
    exec(resuming.replace("epochs=4", "epochs=2"), began)
    exec(resuming, again)
    assert (began["first"], again["first"]) == (0, 2)
    history = followed(runs, "mine")
    assert [ended.epoch for ended in history.epochs] == [1, 2, 3, 4]
    assert len(list(runs.glob("*-mine"))) == 1


def test_the_whole_script_is_watched(tmp_path: Path, runs: Path) -> None:
    for split, count in (("train", 8), ("val", 4)):
        for color, name in enumerate(CLASSES):
            folder = tmp_path / "images" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                shade = (255 * color, 30 * number, 100)
                Image.new("RGB", (32, 32), shade).save(folder / f"{number}.png")
    script = PAGE.parent / "examples" / "plain_pytorch.py"
    arguments = [sys.executable, str(script), "images", "--epochs", "2", "--batch", "8"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    history = followed(runs, "plain")
    assert (history.step, len(history.epochs), history.classes) == (4, 2, CLASSES)
    assert history.watched is not None
    assert history.watched.settings["batch"] == 8


def test_the_page_names_every_argument_of_watch() -> None:
    from cnn_tui import watch

    assert watch.__kwdefaults__ is not None
    page = PAGE.read_text()
    missing = [name for name in watch.__kwdefaults__ if not re.search(rf"\b{name}\b", page)]
    assert not missing
