"""Going on with a run: what it has behind it, on which device, and by which command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.errors import DataError, RunError, UsageError
from engine.machine import nvml
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields, to_toml
from engine.run import run_liveness, run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import device_request, launch, requeue, resume
from engine.start.requeue import Requeued
from engine.start.resume import ResumeRequest
from tests import scripted
from tests.listings import spread
from tests.test_folder_listing import tree

if TYPE_CHECKING:
    from engine.checkpoints.saver import SaveReason

ON_GPU = Resolved(
    device="cuda",
    precision="bf16",
    memory_format="channels-last",
    threads=16,
    size=64,
    compile="on",
    cuda_graph="on",
)
DONE = events.RunEnded("done")


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sign of a GPU on this machine."""
    monkeypatch.setattr(nvml, "gpus", tuple)
    monkeypatch.setattr(device_request, "GPU_SIGNS", ())


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(events.Gpu(n, "H100", False, 0.0, 0, 1, cuda=n) for n in (0, 1))
    monkeypatch.setattr(nvml, "gpus", lambda: found)


def stopped(
    folder: Path, said: list[Event], resolved: Resolved | None = None, **flags: object
) -> RunDir:
    """A run that has saved what its journal says."""
    run = scripted.run_dir(folder / "runs", said)
    chosen = build_recipe(flags={"epochs": 4, "size": "auto", **flags})
    run.recipe.write_text(to_toml(chosen, resolved))
    (run.checkpoints / "last.pt").touch()
    return run


def resumed(
    run: RunDir,
    epochs: int | None = None,
    gpus: int | None = None,
    device: str | None = None,
) -> tuple[Recipe, Recipe]:
    """The recipe that a resume goes on with, and the one that the run then has."""
    claim, chosen = resume.resume(run, ResumeRequest(epochs, gpus, device))
    os.close(claim.lock)
    return chosen, build_recipe(file=read_fields(run.recipe))


def saved(epoch: int, why: SaveReason, file: str = "last.pt") -> events.Checkpointed:
    return events.Checkpointed(file, epoch, 9, 0.1, why, step=epoch * 10)


def steered(epochs: int, step: int) -> events.Steered:
    return events.Steered(1.0, epochs, 0.1, step=step)


@pytest.mark.parametrize(
    ("said", "least"),
    [
        ([], 1),
        ([saved(1, "epoch"), saved(2, "epoch")], 3),
        ([saved(2, "epoch"), saved(3, "stop")], 3),
        ([saved(1, "epoch"), saved(2, "epoch", "epoch-0002.pt")], 2),
        ([saved(2, "epoch"), events.Resumed("a2", 0, 1, step=0)], 1),
    ],
)
def test_a_run_cannot_end_before_what_it_has_saved(
    tmp_path: Path, said: list[Event], least: int
) -> None:
    run = stopped(tmp_path, [scripted.started(), *said])
    assert resume.least_epochs(run) == least
    (run.checkpoints / "last.pt").unlink()
    assert resume.least_epochs(run) == 1


def test_a_save_long_ago_still_counts(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started(), saved(2, "epoch")])
    journal = Journal(run.journal)
    for _ in range(8_000):
        journal.append(events.Alert("info", "code", "x" * 200))
    journal.append(saved(2, "best", "best.pt"))
    assert resume.least_epochs(run) == 3


def test_as_many_epochs_as_are_trained_are_refused_at_once(tmp_path: Path) -> None:
    done = events.RunEnded("done", 1, 0.9, seconds=75.0)
    run = stopped(tmp_path, [scripted.started(), saved(1, "epoch"), done])
    with pytest.raises(UsageError, match="has already trained 1 epoch: give --epochs 2 or more"):
        resumed(run, 1)
    with pytest.raises(UsageError, match="at most 1,000,000 epochs"):
        resumed(run, 1_000_001)
    with pytest.raises(RunError, match="is done"):
        resumed(run)
    resumed(run, 2)


def test_a_run_stays_on_the_device_that_it_goes_on_on(tmp_path: Path) -> None:
    run = stopped(tmp_path, [], ON_GPU)
    chosen, kept = resumed(run, device="cpu")
    assert chosen == kept
    assert (kept.device, kept.precision, kept.compile, kept.cuda_graph, kept.threads) == (
        *("cpu", "auto", "auto", "auto", "auto"),
    )
    assert kept.size == 64, "as the weights were trained"
    assert "[resolved]" not in run.recipe.read_text(), "which is for the engine to write"
    assert resumed(run)[0].device == "cpu"


@pytest.mark.parametrize("device", [None, "cuda"])
def test_on_the_same_device_all_stays_as_it_was_resolved(
    tmp_path: Path, device: str | None
) -> None:
    run = stopped(tmp_path, [], ON_GPU)
    before = run.recipe.read_text()
    chosen, _ = resumed(run, device=device)
    assert (chosen.device, chosen.precision, chosen.threads) == ("cuda", "bf16", 16)
    assert run.recipe.read_text() == before


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "gpu"])
def test_a_run_does_not_move_to_what_is_not_there(tmp_path: Path, device: str) -> None:
    run = stopped(tmp_path, [])
    before = run.recipe.read_text()
    with pytest.raises(UsageError):
        resumed(run, device=device)
    assert run.recipe.read_text() == before


@pytest.mark.usefixtures("nowhere")
def test_a_run_of_a_gpu_that_is_gone_does_not_start_to_fail(tmp_path: Path) -> None:
    claim, chosen = resume.resume(stopped(tmp_path, [], ON_GPU), ResumeRequest())
    with pytest.raises(UsageError, match="no usable GPU"):
        launch.spawn(claim, chosen)
    assert not run_liveness.is_live(claim.run)


@pytest.mark.usefixtures("two_gpus")
def test_a_run_that_moves_to_one_gpu_stays_there(tmp_path: Path) -> None:
    run = stopped(tmp_path, [], ON_GPU, gpus=2)
    assert resumed(run)[0].gpus == 2
    chosen, kept = resumed(run, gpus=1, device="cuda:1")
    assert chosen == kept
    assert (kept.device, kept.gpus) == ("cuda:1", 1)
    assert resumed(run)[0] == kept


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("gpus", [2, "all"])
@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_on_another_device_one_process_trains(tmp_path: Path, gpus: object, device: str) -> None:
    chosen, kept = resumed(stopped(tmp_path, [], ON_GPU, gpus=gpus), device=device)
    assert (chosen.gpus, kept.gpus) == (1, 1)


@pytest.mark.usefixtures("two_gpus")
def test_so_many_processes_as_are_said_train_there(tmp_path: Path) -> None:
    chosen, kept = resumed(stopped(tmp_path, [], ON_GPU, batch=128), gpus=2, device="cpu")
    assert (chosen.gpus, kept.gpus) == (2, 2)


# What may change


def test_what_may_not_change_is_refused_with_what_may(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started()])
    before = run.recipe.read_text()
    sentence = "lr, batch cannot change in a run that has begun, only epochs, patience, on_nan, "
    with pytest.raises(UsageError, match=sentence):
        resume.resume_request(run, {"lr": 0.1, "patience": 3, "batch": 4})
    with pytest.raises(UsageError, match="no recipe field 'epoch': did you mean epochs"):
        resume.resume_request(run, {"epoch": 3, "lr": 0.1})
    with pytest.raises(UsageError, match="no recipe field 'leer': a resume can change epochs, "):
        resume.resume_request(run, {"leer": 0.1})
    with pytest.raises(UsageError, match="patience must be a whole number from 0"):
        resume.resume_request(run, {"patience": -1})
    with pytest.raises(DataError, match="does not exist"):
        resume.resume_request(run, {"data": "/no/such/folder"})
    assert run.recipe.read_text() == before


def test_data_elsewhere_are_understood_as_the_run_understands_them(tmp_path: Path) -> None:
    folder = tree(tmp_path / "set", *spread("{}.{}.jpg", "cat dog", "1 2 3"))
    run = stopped(tmp_path, [scripted.started()], data=str(tmp_path / "gone"), labels="prefix")
    assert resume.resume_request(run, {"data": str(folder)}).settings == {"data": str(folder)}
    plain = stopped(tmp_path / "plain", [scripted.started()], data=str(tmp_path / "gone"))
    with pytest.raises(DataError, match="type --set labels=prefix"):
        resume.resume_request(plain, {"data": str(folder)})


def test_a_change_is_written_once_and_keeps_the_rest_of_the_recipe(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started(), saved(3, "epoch")], ON_GPU)
    before = run.recipe.read_text()
    request = resume.resume_request(run, {"save_every": "5m", "patience": 0}, force=True)
    for _ in range(2):
        claim, chosen = resume.resume(run, request)
        os.close(claim.lock)
        assert (chosen.save_every, chosen.threads) == ("5m", 16)
    note, *lines = run.recipe.read_text().splitlines()
    assert note == '# Changed after epoch 3: save_every = "5m" (before: "")'
    changed = {now for now, was in zip(lines, before.splitlines(), strict=True) if now != was}
    assert len(changed) == 1
    assert request.engine_options == ("--force",)


def test_a_change_that_is_impossible_is_not_written(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started()], ON_GPU, batch=8)
    before = run.recipe.read_text()
    request = resume.resume_request(run, {"accumulate": 100})
    with pytest.raises(UsageError, match="use --set accumulate=8 or less"):
        resume.resume(run, request)
    assert run.recipe.read_text() == before


def test_decoded_images_can_be_kept_elsewhere_or_no_more(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started()], ON_GPU)
    for asked, kept in (("off", "off"), ("~/kept", str(Path.home() / "kept"))):
        claim, chosen = resume.resume(run, resume.resume_request(run, {"cache": asked}))
        os.close(claim.lock)
        assert chosen.cache == build_recipe(file=read_fields(run.recipe)).cache == kept


def test_a_field_that_an_older_recipe_lacks_is_added_before_its_table(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started()], ON_GPU)
    lines = run.recipe.read_text().splitlines()
    run.recipe.write_text("\n".join(line for line in lines if not line.startswith("keep")))
    claim, _ = resume.resume(run, resume.resume_request(run, {"keep": 2}))
    os.close(claim.lock)
    assert build_recipe(file=read_fields(run.recipe)).keep == 2


def test_a_note_survives_a_move_to_another_device(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started()], ON_GPU)
    for request in (ResumeRequest(settings={"keep": 2}), ResumeRequest(device="cpu")):
        claim, _ = resume.resume(run, request)
        os.close(claim.lock)
    assert run.recipe.read_text().startswith("# Changed after epoch 0: keep = 2 (before: 0)\n")


def test_data_that_is_gone_can_be_named_anew(tmp_path: Path) -> None:
    run = stopped(tmp_path, [scripted.started()], data=str(tmp_path / "images"))
    with pytest.raises(RunError, match=r"is gone: .* `cnn-tui resume 1 --set data="):
        resume.resume(run, ResumeRequest())


def test_what_to_type_selects_this_run_and_no_other_of_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "my other"
    done: list[Event] = [scripted.started(), events.RunEnded("done")]
    run = stopped(folder, done, data=str(tmp_path / "images"))
    with pytest.raises(RunError, match=f"`cnn-tui resume '{run.path}' --epochs N`"):
        resume.resume(run, ResumeRequest())
    with pytest.raises(UsageError, match=f"--init-from '{run.path}'"):
        resume.resume_request(run, {"lr": 0.1})
    with pytest.raises(RunError, match=f"`cnn-tui resume '{run.path}' --set data=FOLDER`"):
        resume.resume(run, ResumeRequest(5))
    claim = run_lock.acquire(run)
    with pytest.raises(RunError, match=f"`cnn-tui attach '{run.path}'`"):
        run_lock.acquire(run)
    os.close(claim)


# The same command line again and again


def requeued(run: RunDir, **said: object) -> Requeued:
    """What a command line with these flags makes of a run."""
    chosen = build_recipe(flags=said)
    found = requeue.resume_or_create(chosen, said.keys(), run.path.parent, run.name)
    if found.claim is not None:
        os.close(found.claim.lock)
    return found


def test_where_there_is_no_run_of_that_name_one_begins(tmp_path: Path) -> None:
    found = requeued(RunDir(tmp_path / "runs" / "1-new"), epochs=7)
    assert found.run.label == "1-new"
    assert build_recipe(file=read_fields(found.run.recipe)) == found.recipe
    assert (found.recipe.epochs, found.request.epochs, found.ignored) == (7, None, "")


@pytest.mark.parametrize(("said", "expected"), [("auto", "cuda"), ("cpu", "cpu")])
def test_a_requeued_run_moves_where_its_command_line_says_so(
    tmp_path: Path, said: str, expected: str
) -> None:
    found = requeued(stopped(tmp_path, [], ON_GPU), device=said)
    assert (found.recipe.device, found.ignored) == (expected, "")


@pytest.mark.usefixtures("two_gpus")
def test_what_is_not_said_stays(tmp_path: Path) -> None:
    run = stopped(tmp_path, [], ON_GPU, gpus=2, lr=0.02, arch="resnet20", data="cifar10")
    found = requeued(run)
    assert (found.recipe.gpus, found.recipe.lr, found.recipe.arch) == (2, 0.02, "resnet20")
    assert found.ignored == ""
    assert requeued(run, gpus=1).recipe.gpus == 1


def test_the_same_said_again_is_silent(tmp_path: Path) -> None:
    run = stopped(tmp_path, [], ON_GPU, lr=0.02)
    assert requeued(run, epochs=4, lr=0.02, precision="auto", threads=16).ignored == ""


def test_what_is_left_to_the_start_is_silent_where_a_start_resolved_it(tmp_path: Path) -> None:
    run = stopped(tmp_path, [], ON_GPU, on_nan="rollback")
    found = requeued(run, on_nan="auto", compile="auto", size="auto")
    assert "with: on_nan = rollback (not auto); to use" in found.ignored


def test_a_folder_means_the_same_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imgs").mkdir()
    run = stopped(tmp_path, [], data="imgs", data_dir="sets")
    said = {"data": str(tmp_path / "imgs"), "data_dir": str(tmp_path / "sets")}
    assert requeued(run, **said).ignored == ""
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match="is a run with data = "):
        requeued(run, data=str(tmp_path / "other"))
    (tmp_path / "imgs").rmdir()
    with pytest.raises(UsageError, match="is a run with data = imgs"):
        requeued(run, data=str(tmp_path / "other"))


def test_what_a_run_does_not_take_over_is_told(tmp_path: Path) -> None:
    found = requeued(stopped(tmp_path, [], ON_GPU), lr=0.02, epochs=3, precision="float32")
    assert "1-lenet5-digits keeps the settings that it began with" in found.ignored
    assert (
        "epochs = 4 (not 3), lr = 0.05 (not 0.02), precision = bf16 (not float32)" in found.ignored
    )
    assert (found.request.epochs, found.recipe.lr, found.recipe.epochs) == (None, 0.05, 4)


def test_another_architecture_or_data_is_another_run(tmp_path: Path) -> None:
    run = stopped(tmp_path, [])
    with pytest.raises(UsageError, match=r"arch = lenet5 \(not resnet20\): leave that out"):
        requeued(run, arch="resnet20", lr=0.02)
    with pytest.raises(UsageError, match=r"data = digits \(not mnist\)"):
        requeued(run, data="mnist")


def test_more_epochs_in_all_are_trained_once(tmp_path: Path) -> None:
    """They are said at each start, until they are saved."""
    run = stopped(tmp_path, [scripted.started(), saved(4, "epoch"), DONE])
    assert requeued(run, epochs=4).claim is None
    for _ in range(2):
        found = requeued(run, epochs=6)
        assert found.claim is not None
        assert (found.request.epochs, found.ignored) == (6, "")
    scripted.write(run, [steered(6, 40), saved(6, "epoch"), DONE])
    found = requeued(run, epochs=6)
    assert (found.claim, found.ignored) == (None, "")


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ([steered(60, 10), saved(2, "epoch"), steered(200, 20), saved(3, "epoch")], 60),
        ([steered(60, 10), saved(2, "epoch"), steered(15, 20), saved(3, "epoch")], 60),
        ([steered(60, 10), saved(9, "epoch")], 60),
        ([steered(2, 10), saved(2, "epoch")], 4),
        ([steered(60, 20), saved(2, "stop"), steered(60, 20)], 60),
    ],
)
def test_what_a_person_made_of_the_total_stands(
    tmp_path: Path, said: list[Event], asked: int
) -> None:
    run = stopped(tmp_path, [scripted.started(), *said])
    found = requeued(run, epochs=asked)
    assert found.claim is not None
    assert (found.request.epochs, found.ignored) == (None, "")
    scripted.write(run, [DONE])
    found = requeued(run, epochs=asked)
    assert (found.claim, found.ignored) == (None, "")


@pytest.mark.parametrize(
    "said",
    [
        [saved(2, "epoch"), steered(60, 20)],
        [saved(2, "epoch"), steered(60, 25), saved(2, "epoch")],
        [steered(30, 10), saved(2, "epoch"), steered(15, 20), saved(3, "epoch"), DONE],
        [
            saved(2, "epoch"),
            steered(60, 25),
            saved(3, "epoch"),
            events.Resumed("a2", 2, 3, step=20),
        ],
    ],
)
def test_more_than_was_ever_planned_is_trained(tmp_path: Path, said: list[Event]) -> None:
    """What was not yet saved does not count, for it is taken back; nor what was."""
    run = stopped(tmp_path, [scripted.started(), *said])
    assert requeued(run, epochs=60).request.epochs == 60
