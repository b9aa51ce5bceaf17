"""Looking into a run that no engine trains: `python -m engine RUN --look`."""

from __future__ import annotations

import base64
import dataclasses
import math
import os
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from PIL import Image

from cnn_tui.evaluated_cells import EvaluatedCells
from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import weights_of
from engine.devices import device as devices
from engine.errors import RunError
from engine.inspection import candidates
from engine.inspection.neighbours import NEIGHBOURS
from engine.models import registry
from engine.process import inspected_model, inspection_server
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import lock_owner, replies, run_liveness, run_lock, sightings_file, spool
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir
from tests import run_states, scripted
from tests.forked_engines import ForkServer, new_run
from tests.processes import start_process, wait_for
from tests.scripted import Clock
from tests.test_resume_checks import Trained

IMAGE = 12


def trained(fork_server: ForkServer) -> RunDir:
    """A real run of one epoch of digits that is over."""
    flags = {"arch": "lenet5", "data": "digits", "epochs": 1, "threads": 1}
    run = new_run(Path("runs"), flags)
    assert fork_server.start(run).wait() == 0
    return run


def contents(run: RunDir) -> dict[str, bytes]:
    """Every file of the run but those that a look may write."""
    ours = {run.inspection_lock, run.log}
    paths = (path for path in run.path.rglob("*") if path.is_file())
    return {
        str(path.relative_to(run.path)): path.read_bytes()
        for path in paths
        if path not in ours and path.parent != run.replies
    }


def answer(run: RunDir, question: str) -> Event:
    wait_for(lambda: replies.read_reply(run, question) is not None)
    found = replies.read_reply(run, question)
    assert found is not None
    return found


def test_a_run_that_is_over_answers_from_its_best_checkpoint_and_stays_as_it_is(
    fork_server: ForkServer,
) -> None:
    run = trained(fork_server)
    before = contents(run)
    process = start_process(sys.executable, "-m", "engine", str(run.path), "--look")
    wait_for(lambda: lock_owner.read_owner(run, run.inspection_lock) is not None, process)
    asked = [
        spool.send(run, commands.Inspect, kind="maps", layer="conv2", images=(IMAGE,)),
        spool.send(run, commands.Inspect, kind="images", images=(IMAGE,)),
        spool.send(run, commands.Inspect, kind="maps", layer="fc1"),
        spool.send(run, commands.Inspect, kind="images", images=(), cell=(1, 1), epoch=1),
        spool.send(run, commands.Inspect, kind="images", images=(), cell=(1, 1), epoch=2),
        spool.send(run, commands.Inspect, kind="images", images=(IMAGE,), split="training"),
        spool.send(
            run, commands.Inspect, kind="neighbours", images=(IMAGE,), split="training", cell=(3, 8)
        ),
    ]
    maps, images, refused, right, unknown, stored, near = (
        answer(run, question) for question in asked
    )
    process.kill()
    process.wait()
    assert isinstance(maps, events.FeatureMaps)
    assert (maps.layer, maps.shape, len(maps.maps)) == ("conv2", (16, 10, 10), 16)
    best = checkpoint.load(run.checkpoints / "best.pt")
    assert maps.step == best.training.step
    assert isinstance(images, events.Examples)
    [example] = images.examples
    assert (example.picture, example.true, example.top) == (maps.picture, maps.true, maps.top)
    assert isinstance(refused, events.Alert)
    assert isinstance(right, events.Examples)
    matrix = next(newest_first(run.journal, events.Confusion))
    assert len(right.examples) == matrix.counts[1][1]
    assert {(one.true, one.top[0][0]) for one in right.examples} == {(1, 1)}
    assert isinstance(unknown, events.Alert)
    assert "epoch 2" in unknown.text
    assert isinstance(stored, events.Examples)
    [example] = stored.examples
    assert isinstance(near, events.Neighbours)
    assert (near.image.image, near.image.top) == (IMAGE, example.top)
    assert [one.true for one in (*near.given, *near.held)] == [3] * NEIGHBOURS + [8] * NEIGHBOURS
    assert IMAGE not in {one.image for one in (*near.given, *near.held)}
    assert contents(run) == before
    assert not run_liveness.is_live(run, run.inspection_lock)


def endless() -> Generator[None, None, Any]:
    """A validation that does not come to an end."""
    while True:
        yield None


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run without an engine, whose model answers everything with one event."""

    class Same:
        evaluated = None

        def reply(self, request: commands.Inspect, epoch: int, step: int) -> Event:
            return events.Augmented(epoch, (), 32, step=step)

    subject = inspected_model.InspectedModel(Same(), 3, 70, endless)  # type: ignore[arg-type]
    monkeypatch.setattr(inspected_model, "load_inspected_model", lambda run: subject)
    monkeypatch.setattr(inspection_server, "POLL_SECONDS", 0.001)
    return scripted.run_dir(tmp_path, scripted.half_a_run())


class Looking:
    """A look in a thread, with a clock that is moved by hand."""

    def __init__(self, run: RunDir) -> None:
        self.clock = Clock()
        self.code: int | None = None
        self._run = run
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        # The lock is signed a moment after it is taken.
        wait_for(lambda: lock_owner.read_owner(run, run.inspection_lock) is not None)

    def _look(self) -> None:
        self.code = inspection_server.serve(self._run, self.clock)

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()


def test_a_validation_that_takes_too_long_is_given_up_once() -> None:
    clock = Clock(0.0)

    class Slow:
        evaluated: EvaluatedCells | None = None
        batches = 0

        def validation(self) -> Generator[None, None, Any]:
            while True:
                self.batches += 1
                clock.now += 1
                yield None

        def reply(self, request: commands.Inspect, epoch: int, step: int) -> Event:
            return events.Augmented(epoch, (), 32, step=step)

    slow = Slow()
    model = inspected_model.InspectedModel(slow, 3, 70, slow.validation)  # type: ignore[arg-type]
    question = commands.Inspect(id="q", attempt="a", kind="images", cell=(1, 2), epoch=3)
    for _ in range(2):
        assert model.reply(question, clock) == events.Augmented(3, (), 32, step=70)
    assert slow.batches == inspected_model.VALIDATION_SECONDS
    assert slow.evaluated is not None
    assert slow.evaluated.epoch == 0, "its cells are those of no epoch"


def ask(run: RunDir) -> Event:
    return answer(run, spool.send(run, commands.Inspect, kind="augmented"))


def test_it_leaves_when_nobody_has_asked_for_a_while(run: RunDir) -> None:
    looking = Looking(run)
    assert ask(run) == events.Augmented(3, (), 32, step=70)
    looking.clock.now += inspection_server.IDLE_SECONDS - 1
    assert ask(run) == events.Augmented(3, (), 32, step=70)
    looking.clock.now += inspection_server.IDLE_SECONDS - 1
    assert ask(run) == events.Augmented(3, (), 32, step=70), "each question keeps it"
    looking.clock.now += inspection_server.IDLE_SECONDS + 1
    wait_for(lambda: looking.over)
    assert looking.code == 0


def test_it_leaves_when_an_engine_takes_the_run(run: RunDir) -> None:
    looking = Looking(run)
    lock = run_lock.acquire(run)
    wait_for(lambda: looking.over)
    assert looking.code == 0
    assert not run_liveness.is_live(run, run.inspection_lock)
    os.close(lock)


def test_one_look_at_a_time(run: RunDir) -> None:
    lock = run_lock.acquire(run, run.inspection_lock)
    with pytest.raises(RunError, match="is already running"):
        inspection_server.serve(run)
    os.close(lock)


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_images_are_numbered_as_the_run_numbered_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loader: Literal["resident", "streaming"],
) -> None:
    """The next image takes the place of a broken one, in memory and of files."""
    monkeypatch.setattr(devices, "room", lambda device: 0.0 if loader == "resident" else math.inf)
    run = scripted.run_dir(tmp_path / "runs")
    chosen = build_recipe(flags={"arch": "lenet5", "data": str(images(tmp_path / "images"))})
    resolved = Resolved(
        device="cpu",
        precision="float32",
        memory_format="contiguous",
        threads=1,
        size=32,
        loader=loader,
    )
    run.recipe.write_text(to_toml(chosen, resolved))
    model = registry.build("lenet5", 3, 32, 2)
    state = run_states.state(weights=weights_of(model), ended_epochs=4, step=9)
    run_states.save(run.checkpoints / "last.pt", replace(state, description=None))
    subject = inspected_model.load_inspected_model(run)
    assert (subject.epoch, subject.step) == (4, 9)
    question = commands.Inspect(id="q", attempt="a", kind="images", images=(1,))
    found = subject.inspector.reply(question, 4, 9)
    assert isinstance(found, events.Examples)
    assert base64.b64decode(found.examples[0].picture.data)[0] == 2


def images(folder: Path) -> Path:
    """Two classes of 200 images; the image of number i is of the colour i, the second broken."""
    for split, count in (("train", 200), ("val", 200)):
        for name in ("a", "b"):
            (folder / split / name).mkdir(parents=True)
            for i in range(count):
                path = folder / split / name / f"{i:03d}.png"
                Image.new("RGB", (32, 32), (i, 0, 0)).save(path)
    (folder / "val" / "a" / "001.png").write_bytes(b"no image")
    return folder


# The training images


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run of two epochs that is done, on 8 images of each of two classes."""
    torch.set_num_threads(1)
    made = Trained(tmp_path_factory.mktemp("done"))
    made.train()
    return made


def near(run: RunDir, split: commands.ImageSplit = "training", image: int = 0) -> Event:
    question = commands.Inspect("neighbours", "", (image,), (0, 1), 0, split, id="q", attempt="a")
    return inspected_model.load_inspected_model(run).reply(question, Clock())


def test_images_are_compared_that_the_run_held_for_the_same(
    done: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the run has kept nothing of these images, an even spread is compared."""
    monkeypatch.setattr(candidates, "CANDIDATES", 2)
    run = done.copied(tmp_path).run

    def compared() -> tuple[set[int], set[int]]:
        found = near(run)
        assert isinstance(found, events.Neighbours)
        return {one.image for one in found.given}, {one.image for one in found.held}

    kept = sightings_file.read(run.sightings, 2)
    assert kept is not None
    logits = np.full((16, 2), 9.0, np.float32)
    logits[[0, 3, 6, 9, 10]] = 1.0
    said = dataclasses.replace(kept, logits=logits, sightings=np.ones(16, np.int32))
    sightings_file.write(run.sightings, said)
    assert compared() == ({3, 6}, {9, 10})
    sightings_file.write(run.sightings, dataclasses.replace(said, digest="another"))
    spread = {1, 4}, {8, 12}
    assert compared() == spread
    run.sightings.unlink()
    assert compared() == spread


@pytest.mark.parametrize("split", ["training", "validation"])
def test_neighbours_are_not_sought_among_other_training_images(
    done: Trained, tmp_path: Path, split: commands.ImageSplit
) -> None:
    trained = done.copied(tmp_path)
    assert isinstance(near(trained.run, split), events.Neighbours)
    (trained.images / "train" / "bee" / "7.png").unlink()
    refused = near(trained.run, split)
    assert isinstance(refused, events.Alert)
    assert "was trained on (15 training images, not 16)" in refused.text
    subject = inspected_model.load_inspected_model(trained.run)
    for asked, kind in (("training", events.Alert), ("validation", events.Examples)):
        question = commands.Inspect(id="q", attempt="a", kind="images", split=asked)  # type: ignore[arg-type]
        assert isinstance(subject.reply(question, Clock()), kind)


def test_neighbours_are_not_sought_among_images_of_other_labels(
    done: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table beside the images may have changed, and no name of theirs."""
    monkeypatch.setattr(inspected_model, "labels_digest", lambda labels: "another")
    refused = near(done.run)
    assert isinstance(refused, events.Alert)
    assert "was trained on (training images with other labels)" in refused.text


def test_the_classes_of_neighbours_are_no_reason_to_validate(done: Trained) -> None:
    def validation() -> Generator[None, None, Any]:
        pytest.fail("it validates")

    subject = inspected_model.load_inspected_model(done.run)._replace(validation=validation)
    question = commands.Inspect("neighbours", cell=(0, 1), epoch=subject.epoch, id="q", attempt="a")
    assert isinstance(subject.reply(question, Clock()), events.Neighbours)


def test_a_run_without_a_checkpoint_cannot_be_looked_at(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    with pytest.raises(RunError, match="has no checkpoint yet"):
        inspection_server.serve(run)
