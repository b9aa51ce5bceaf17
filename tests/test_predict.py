"""`cnn-tui predict`: its three forms, its exit codes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner, Result
from rich.console import Console

from engine.checkpoints import checkpoint
from engine.protocol.events import Picture
from engine.protocol.predicted import Judging, Message, Predicted
from engine.run.run_paths import RunDir
from engine.start import network_requests
from tests import linear_network, run_states
from tests.archived_images import picture, write_zip
from tests.forked_engines import new_run
from tests.nearby import Nearby
from tui.cli import prediction_report
from tui.cli.command_line import main
from tui.cli.prediction_report import Report

ODD = 'odd\x1b[31m "name", 飞机.png'
BYTES = os.fsdecode(b"bytes\xff.png")


@pytest.fixture
def nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_requests, "EngineRequest", Nearby)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three images, one of them with a name that is no text, and a file that is no image."""
    (tmp_path / "photos/deep").mkdir(parents=True)
    for value, name in enumerate(("deep/1.png", ODD, BYTES)):
        (tmp_path / "photos" / name).write_bytes(picture(50 * value))
    (tmp_path / "photos/none.png").write_text("no image")
    return Path("photos")


def predict(*arguments: object, content: bytes | None = None) -> Result:
    given = ["predict", "--device", "cpu", *map(str, arguments)]
    return CliRunner().invoke(main, given, input=content)


def test_a_process_predicts_and_a_broken_image_only_changes_the_exit_code(
    finished_run: RunDir, photos: Path
) -> None:
    done = predict(finished_run.path, photos, "--json")
    assert done.exit_code == 1
    assert done.stderr == "cnn-tui: photos/none.png cannot be read: not an image\n"
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["file"] for each in objects] == [
        f"photos/{BYTES}",
        "photos/deep/1.png",
        f"photos/{ODD}",
    ]
    first = objects[0]
    assert len(first["top"]) == 5
    assert first["top"][0] == {"class": first["class"], "probability": first["probability"]}
    assert first["class"] in "0123456789"


@pytest.mark.usefixtures("nearby")
def test_csv_can_be_read_back(finished_run: RunDir, photos: Path) -> None:
    done = predict(finished_run.path, photos, "--csv", "--top", 2)
    text = done.stdout_bytes.decode("utf-8", "surrogateescape")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.startswith("file,class,probability,class2,probability2\n")
    assert [row["file"] for row in rows] == [
        f"photos/{BYTES}",
        "photos/deep/1.png",
        f"photos/{ODD}",
    ]
    for row in rows:
        assert 0 < float(row["probability2"]) <= float(row["probability"]) < 1
        assert row["class"] != row["class2"]


@pytest.mark.usefixtures("nearby")
def test_a_folder_is_a_table_and_a_summary(finished_run: RunDir, photos: Path) -> None:
    done = predict(finished_run.path, photos)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f" {finished_run.label} after ")
    assert lines[2].split() == ["file", "class", "probability", "runner-up"]
    files = [line for line in lines if line.startswith(" photos/")]
    assert len(files) == 3
    assert r"odd\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout
    by_class = [line.split(".png")[1].split()[:2] for line in files]
    assert by_class == sorted(by_class, key=lambda each: (each[0], float(each[1])))
    assert lines[-1] == " 3 images; 1 more cannot be read"


@pytest.mark.usefixtures("nearby")
def test_an_image_is_a_card_also_through_a_pipe(finished_run: RunDir, photos: Path) -> None:
    done = predict(finished_run.checkpoints / "best.pt", "-", "--ascii", content=picture(0))
    assert done.exit_code == 0
    _, blank, name, *classes, end = done.stdout.splitlines()
    assert (blank, name, end) == ("", " -", "")
    assert len(classes) == 5
    assert "***" in classes[0]
    assert done.stdout.isascii()
    same = predict(finished_run.checkpoints / "best.pt", photos / "deep/1.png", "--ascii")
    assert same.stdout.splitlines()[3:] == [*classes, end]


@pytest.mark.usefixtures("nearby")
def test_only_unsure_images_are_listed(finished_run: RunDir, photos: Path) -> None:
    every = [
        json.loads(line)
        for line in predict(finished_run.path, photos, "--json").stdout.splitlines()
    ]
    least, *_, surest = sorted(every, key=lambda each: float(each["probability"]))
    threshold = (least["probability"] + surest["probability"]) / 2
    said = predict(finished_run.path, photos, "--json", "--unsure", threshold).stdout
    listed = [json.loads(line) for line in said.splitlines()]
    assert least in listed
    assert surest not in listed
    done = predict(finished_run.path, photos, "--unsure", threshold)
    assert f"{len(listed)} of 3 images" in done.stdout.splitlines()[-1]
    assert sum(line.startswith(" photos/") for line in done.stdout.splitlines()) == len(listed)
    in_percent = f"{100 * threshold}%"
    assert predict(finished_run.path, photos, "--json", "--unsure", in_percent).stdout == said
    done = predict(finished_run.path, photos, "--unsure", 0)
    assert done.stdout.splitlines()[-1] == " 0 of 3 images are below 0 %; 1 more cannot be read"


@pytest.mark.usefixtures("nearby")
def test_an_archive_and_an_image_in_one_command(finished_run: RunDir, photos: Path) -> None:
    write_zip(Path("a.zip"), {"x/1.png": picture(1), ".hidden": b""})
    done = predict(finished_run.path, "a.zip", photos / "deep/1.png", "--json")
    assert done.exit_code == 0
    files = [json.loads(line)["file"] for line in done.stdout.splitlines()]
    assert files == ["a.zip/x/1.png", "photos/deep/1.png"]
    assert done.stderr == "cnn-tui: left out in a.zip are hidden files and folders (1: .hidden).\n"


@pytest.mark.usefixtures("nearby")
def test_a_network_with_own_code_away_from_its_run(finished_run: RunDir, photos: Path) -> None:
    state = checkpoint.load(finished_run.checkpoints / "best.pt")
    assert state.description is not None
    weights = run_states.weights(
        **{"1.weight": torch.zeros(10, 1024), "1.bias": torch.arange(10.0)}
    )
    described = msgspec.structs.replace(
        state.description,
        architecture="/gone/net.py:make",
        recipe={**state.description.recipe, "arch": "/gone/net.py:make"},
    )
    training = msgspec.structs.replace(state.training, weights=weights)
    run_states.save(
        Path("own.pt"), msgspec.structs.replace(state, description=described, training=training)
    )
    done = predict("own.pt", photos / "deep/1.png", "--json")
    assert done.exit_code == 2
    assert "never run: add --arch FOLDER/net.py:make" in done.stderr
    Path("net.py").write_text(linear_network.SOURCE)
    done = predict("own.pt", photos / "deep/1.png", "--json", "--arch", "net.py:make")
    assert json.loads(done.stdout)["class"] == "9"


@pytest.mark.usefixtures("nearby")
@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["{run}", "gone.png"], "there is no image, folder or archive gone.png: check the path", 2),
        (["{run}"], "missing argument", 2),
        (["nonsense", "photos"], "no file nonsense", 1),
        (["long" * 100, "photos"], "no file longlong", 1),
        (["photos/none.png", "photos"], "photos/none.png is not a whole checkpoint", 1),
        (["1", "photos", "--runs-dir", "begun"], "has saved no checkpoint yet", 2),
        (["{run}", "empty"], "empty holds no image: name images", 2),
        (["{run}", "photos/none.png"], "photos/none.png cannot be read: not an image", 1),
        (["{run}", "photos", "--json", "--csv"], "choose one", 2),
        (["{run}", "photos", "--unsure", "60"], "--unsure is a share, and 60 is more than all", 2),
        (["{run}", "photos", "--unsure", "nan"], "--unsure is a share, not 'nan': write it as", 2),
        (["{run}", "photos", "--top", "0"], "0 is not in the range", 2),
        (["{run}", "-"], "standard input is empty", 2),
        (["photos", "{run}"], "the run comes first: `cnn-tui predict {run} photos`.", 2),
        (["photos/deep/1.png", "{run}"], "the run comes first: `cnn-tui", 2),
        (["photos/deep/1.png", "nowhere"], "there is no image, folder or archive nowhere", 2),
        (["photos/deep/1.png", "-"], "standard input is empty", 2),
        (["{run}", "pipe"], "pipe is neither a file nor a folder: let an image come", 2),
    ],
)
def test_wrong_input_is_said_in_a_sentence(
    finished_run: RunDir, photos: Path, arguments: list[str], sentence: str, code: int
) -> None:
    Path("empty").mkdir()
    os.mkfifo("pipe")
    new_run(Path("begun"), {"arch": "lenet5"})
    done = predict(*(argument.format(run=finished_run.path) for argument in arguments))
    assert sentence.format(run=finished_run.path) in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.exit_code == code


@pytest.mark.usefixtures("nearby")
def test_what_comes_through_a_pipe_may_be_too_much_or_no_image(
    finished_run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = predict(finished_run.path, "-", content=b"a.png\nb.png\n")
    assert done.exit_code == 1
    assert (
        "no image that can be read: not an image; for a list of paths, type `xargs" in done.stderr
    )
    monkeypatch.setattr("tui.cli.predict_command.MOST_BYTES", 10_000_000)
    done = predict(finished_run.path, "-", content=bytes(10_000_001))
    assert "standard input has more than 10 MB: save it, and name the file." in done.stderr
    done = predict(finished_run.path, "-", "--device", "gpu", content=b"x")
    assert done.exit_code == 2


def report(unsure: float | None, monkeypatch: pytest.MonkeyPatch) -> tuple[Report, io.StringIO]:
    """A report on a terminal of 80 by 24 cells with colours."""
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=True,
        width=80,
        height=24,
        color_system="truecolor",
        highlight=False,
    )
    monkeypatch.setattr("tui.cli.printed_rows.Console", lambda **_: console)
    return Report(unsure, ascii_only=False), out


def test_the_least_sure_images_have_pictures_and_the_others_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prediction_report, "MOST_PICTURES", 2)
    shown, out = report(0.9, monkeypatch)
    assert shown.shows_pictures
    shown.begin(Judging("3-x", ("cat", "dog"), 1, None, 5, False))
    black = Picture(1, 2, 2, "AAAAAA==")
    for name, share in (
        (b"0.8", 0.8),
        (b"0.95", 0.95),
        (b"0.6", 0.6),
        (b"0.5", 0.5),
        (b"0.7", 0.7),
    ):
        shown.take(Predicted(name, ((0, share), (1, 1 - share)), black))
    shown.end(0)
    names = [
        word for word in out.getvalue().split() if word in ("0.5", "0.6", "0.7", "0.8", "0.95")
    ]
    assert names == ["0.5", "0.6", "0.7", "0.8"]
    assert "2 more, without pictures:" in out.getvalue()
    assert "4 of 5 images are below 90 %" in out.getvalue()
    assert out.getvalue().count("48;2;") + out.getvalue().count("48;5;") >= 16


def test_ctrl_c_says_that_the_rest_was_not_predicted(
    finished_run: RunDir, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Nearby[Message]):
        def answers(self) -> Iterator[Message]:
            yield Judging("3-x", ("cat", "dog"), 1, None, 5, False)
            yield Predicted(b"a.png", ((0, 0.75), (1, 0.25)))
            raise KeyboardInterrupt

    monkeypatch.setattr(network_requests, "EngineRequest", Interrupted)
    done = predict(finished_run.path, photos, "--csv")
    assert done.exit_code == 130
    assert done.stdout.splitlines()[-1] == "a.png,cat,0.75,dog,0.25"
    assert done.stderr == "cnn-tui: stopped: the other images were not predicted\n"
