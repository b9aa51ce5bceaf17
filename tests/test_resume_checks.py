"""A resume is the same run, or refused, or what differs is said."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from PIL import Image

from engine.checkpoints import checkpoint
from engine.distributed.rank import Rank
from engine.errors import RunError
from engine.process import inspected_model
from engine.process.session import AS_USUAL, AttemptOptions, Session
from engine.process.worker import Worker
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.recipes.schedule import Asked, Steering
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from engine.start.resume import ResumeRequest
from tests import run_states
from tests.processes import events_of

FORCE = AttemptOptions(force=True)
MORE = "the run goes on with epochs = 3 (before: 2)."
COLOURS = {"ant": (200, 0, 0), "bee": (0, 200, 0)}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def picture(folder: Path, name: str, colour: tuple[int, int, int] = (90, 90, 90)) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 32), colour).save(folder / f"{name}.png")


class Trained:
    """A run on 16 coloured images, in batches of 4, and 8 validation images."""

    def __init__(self, folder: Path, **flags: object) -> None:
        self.run = RunDir(folder / "runs" / "1-lenet5-images")
        self.images = folder / "images"
        for name, colour in COLOURS.items():
            for i in range(8):
                picture(self.images / "train" / name, f"{i}", (*colour[:2], 9 * i))
            for i in range(4):
                picture(self.images / "val" / name, f"{i}", (*colour[:2], 9 * i))
        usual = {"arch": "lenet5", "data": str(self.images), "epochs": 2, "batch": 4, "threads": 1}
        claim = launch.create(build_recipe(flags={**usual, **flags}), folder / "runs")
        os.close(claim.lock)

    def copied(self, folder: Path) -> Trained:
        """The same run on the same images, in another folder."""
        copy = Trained.__new__(Trained)
        copy.run, copy.images = RunDir(folder / "runs" / self.run.label), folder / "images"
        shutil.copytree(self.run.path, copy.run.path)
        shutil.copytree(self.images, copy.images)
        toml = copy.run.recipe.read_text()
        copy.run.recipe.write_text(toml.replace(str(self.images), str(copy.images)))
        return copy

    @property
    def last(self) -> Path:
        return self.run.checkpoints / "last.pt"

    def train(self, options: AttemptOptions = AS_USUAL, stop_at: int = 0) -> list[Event]:
        """One attempt; its events. It stops and saves after so many steps, if that is not 0."""
        said: list[Event] = []
        journal = Journal(self.run.journal)
        rank = Rank()
        session = Session(self.run, read_recipe(self.run.recipe), "a", journal, journal.append)

        def append(event: Event) -> None:
            said.append(journal.append(event))
            if stop_at and session.step >= stop_at:
                rank.send(commands.Stop(id="", attempt=""))

        stream = session.stream(options)
        Worker(session, stream, rank, append).run()
        journal.close()
        return said

    def refused(self, options: AttemptOptions = AS_USUAL) -> str:
        """The sentence with which an attempt ends that neither saves nor begins."""
        before = self.last.read_bytes()
        said = self.train(options)
        assert not [e for e in said if isinstance(e, events.RunStarted | events.Resumed)]
        assert self.last.read_bytes() == before
        assert isinstance(said[-1], events.RunEnded)
        assert said[-1].reason == "failed"
        return said[-1].error


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run of two epochs that is done."""
    torch.set_num_threads(1)
    made = Trained(tmp_path_factory.mktemp("done"))
    made.train()
    return made


@pytest.fixture
def trained(done: Trained, tmp_path: Path) -> Trained:
    return done.copied(tmp_path)


def alerts(said: list[Event], code: str) -> list[str]:
    return [e.text for e in said if isinstance(e, events.Alert) and e.code == code]


def epochs(said: list[Event]) -> list[int]:
    return [e.epoch for e in said if isinstance(e, events.EpochEnded)]


def renamed(folder: Path, new: str) -> None:
    for split in ("train", "val"):
        (folder / split / "bee").rename(folder / split / new)


@pytest.mark.parametrize("options", [AS_USUAL, FORCE, AttemptOptions(epochs=4, force=True)])
def test_a_renamed_class_is_refused_and_named(trained: Trained, options: AttemptOptions) -> None:
    """Labels were permuted: 100 % became 0 %."""
    renamed(trained.images, "aardvark")
    sentence = trained.refused(options)
    assert "(new: aardvark; gone: bee): put the data back as it was" in sentence


def test_a_change_that_only_an_engine_can_refuse_is_taken_back(tmp_path: Path) -> None:
    trained = Trained(tmp_path, batch=64, epochs=1)  # of 16 images
    trained.train()
    run, before = trained.run, trained.run.recipe.read_text()
    for parts, recipe in ((32, before), (2, None)):
        claim, _ = resume.resume(run, resume.resume_request(run, {"accumulate": parts}, 2))
        os.close(claim.lock)
        asked = run.recipe.read_text()
        assert f"accumulate = {parts}" in asked
        if recipe is not None:
            assert "use --set accumulate=16 or less" in trained.refused(AttemptOptions(epochs=2))
        else:
            assert epochs(trained.train(AttemptOptions(epochs=2))) == [2]
        assert run.recipe.read_text() == (recipe or asked)
        assert not run.former_recipe.exists()


def test_a_rehearsal_keeps_no_decoded_images(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    trained = Trained(tmp_path, cache=str(kept))
    assert any(isinstance(e, events.RunStarted) for e in trained.train(AttemptOptions(dry=True)))
    assert not kept.exists()
    trained.train()
    assert kept.exists()


def test_the_command_line_refuses_it_before_an_engine_starts(trained: Trained) -> None:
    renamed(trained.images, "aardvark")
    before = trained.run.journal.read_bytes(), trained.run.recipe.read_bytes()
    for request in (ResumeRequest(4), ResumeRequest(4, settings={"keep": 3}, force=True)):
        with pytest.raises(RunError, match="new: aardvark; gone: bee"):
            resume.resume(trained.run, request)
    assert (trained.run.journal.read_bytes(), trained.run.recipe.read_bytes()) == before


def test_a_class_that_is_renamed_in_place_is_refused_too(trained: Trained) -> None:
    renamed(trained.images, "boa")
    assert "new: boa; gone: bee" in trained.refused()


def grey(trained: Trained) -> None:
    for path in trained.images.rglob("*.png"):
        Image.open(path).convert("L").save(path)


def smaller(trained: Trained) -> None:
    toml = trained.run.recipe.read_text()
    trained.run.recipe.write_text(toml.replace("\nsize = 32", "\nsize = 28"))


@pytest.mark.parametrize(("change", "shape"), [(grey, "1×32×32"), (smaller, "3×28×28")])
def test_other_channels_and_another_size_are_refused(
    trained: Trained, change: Callable[[Trained], None], shape: str
) -> None:
    change(trained)
    expected = f"the images are {shape}, and 1-lenet5-images was trained on 3×32×32"
    assert expected in trained.refused(FORCE)


def test_other_files_are_refused_with_the_counts(trained: Trained) -> None:
    picture(trained.images / "train" / "bee", "new")
    assert "(17 training images, not 16)" in trained.refused()
    (trained.images / "train" / "bee" / "0.png").unlink()
    assert "(other training images)" in trained.refused()
    picture(trained.images / "val" / "bee", "new")
    sentence = trained.refused()
    assert "(other training images, 9 validation images, not 8)" in sentence
    assert "use `cnn-tui resume 1 --force`" in sentence


def exchanged(folder: Path) -> None:
    """Exchange the names of two classes: each label now means the other one's images."""
    (folder / "ant").rename(folder / "aside")
    (folder / "bee").rename(folder / "ant")
    (folder / "aside").rename(folder / "bee")


def test_classes_whose_names_were_exchanged_are_refused(trained: Trained) -> None:
    """Names, counts and the statistics of all pixels stay the same."""
    for split in ("train", "val"):
        exchanged(trained.images / split)
    sentence = trained.refused()
    expected = "(training images with other content, validation images with other content)"
    assert expected in sentence
    said = trained.train(AttemptOptions(epochs=3, force=True))
    assert "the best epoch so far is forgotten" in alerts(said, "resume")[0]


def test_a_validation_image_that_was_replaced_is_refused(trained: Trained) -> None:
    picture(trained.images / "val" / "bee", "2", (255, 255, 255))
    assert "(validation images with other content)" in trained.refused()
    with pytest.raises(RunError, match="validation images with other content"):
        inspected_model.load_inspected_model(trained.run)


def relabelled(images: Path, shift: int) -> None:
    """A table that says the classes of 16 images in one folder."""
    lines = [f"{i:02},{'ab'[(i + shift) % 2]}" for i in range(16)]
    (images / "labels.csv").write_text("\n".join(["id,label", *lines]))


def test_other_labels_in_a_table_are_refused(tmp_path: Path) -> None:
    """Names and pictures stay, and each class means the images of the other."""
    run = Trained(tmp_path)
    shutil.rmtree(run.images)
    for i in range(16):
        picture(run.images / "all", f"{i:02}", (9 * i, 90, 90))
    relabelled(run.images, 0)
    run.train()
    relabelled(run.images, 1)
    sentence = run.refused()
    assert "(training images with other labels, validation images with other labels)" in sentence
    relabelled(run.images, 0)
    assert epochs(run.train(AttemptOptions(epochs=3))) == [3]


@pytest.fixture
def tested(tmp_path: Path) -> Trained:
    """A run that is done, with test images besides those of training and validation."""
    run = Trained(tmp_path)
    for name in COLOURS:
        picture(run.images / "test" / name, "0")
    run.train()
    return run


def test_other_test_images_are_refused(tested: Trained) -> None:
    picture(tested.images / "test" / "bee", "0", (255, 255, 255))
    assert "trained on (test images with other content)" in tested.refused()
    picture(tested.images / "test" / "bee", "1")
    assert "trained on (3 test images, not 2)" in tested.refused()
    shutil.rmtree(tested.images / "test")
    assert "trained on (0 test images, not 2)" in tested.refused()
    said = tested.train(AttemptOptions(epochs=3, force=True))
    sentence, more = alerts(said, "resume")
    assert more == MORE
    assert "(0 test images, not 2)" in sentence
    assert "forgotten" not in sentence, "the validation images are the same"


def test_test_images_that_a_checkpoint_does_not_know_are_not_compared(tested: Trained) -> None:
    """As in one of an older version."""
    state = checkpoint.load(tested.last)
    assert state.description is not None
    run_states.save(tested.last, replace(state, description=replace(state.description, test=None)))
    picture(tested.images / "test" / "bee", "1")
    said = tested.train(AttemptOptions(epochs=3))
    assert (epochs(said), alerts(said, "resume")) == ([3], [MORE])


def test_without_known_contents_other_pixels_are_refused(trained: Trained) -> None:
    """A checkpoint of an older version has the means and deviations alone."""
    state = checkpoint.load(trained.last)
    assert state.description is not None
    lists = [
        replace(each, contents="")
        for each in (state.description.train, state.description.validation)
    ]
    described = replace(state.description, train=lists[0], validation=lists[1])
    run_states.save(trained.last, replace(state, description=described))
    assert epochs(trained.train(AttemptOptions(epochs=3))) == [3]
    run_states.save(trained.last, replace(state, description=described))
    for i in range(8):
        picture(trained.images / "train" / "bee", f"{i}", (255, 255, 255))
    assert "(the same files with other pixels)" in trained.refused()


def test_by_force_a_run_goes_on_from_the_next_epoch(tmp_path: Path) -> None:
    """Its second epoch, which it left in the middle, is evaluated as it is."""
    run = Trained(tmp_path, epochs=4)
    run.train(stop_at=6)
    for i in range(4):
        picture(run.images / "train" / "bee", f"new{i}")
    said = run.train(FORCE)
    [resumed] = [e for e in said if isinstance(e, events.Resumed)]
    assert (resumed.step, resumed.epoch) == (2 * 5, 2), "its epochs have 5 steps now, not 4"
    [sentence] = alerts(said, "resume")
    assert sentence.startswith("not bit-exact: the run goes on from the next epoch with other")
    assert epochs(said) == [2, 3, 4]
    assert epochs(events_of(run.run)) == [1, 2, 3, 4]
    assert checkpoint.load(run.last).training.step == 4 * 5
    more = "the run goes on with epochs = 5 (before: 4)."
    assert alerts(run.train(AttemptOptions(epochs=5)), "resume") == [more], "it is the run's now"


def test_other_validation_images_forget_the_best_epoch(trained: Trained) -> None:
    for name in COLOURS:
        picture(trained.images / "val" / name, "new")
    said = trained.train(AttemptOptions(epochs=3, force=True))
    assert "the best epoch so far is forgotten" in alerts(said, "resume")[0]
    [ended] = [e for e in said if isinstance(e, events.EpochEnded)]
    assert (ended.epoch, ended.best) == (3, True)


def test_an_evaluation_that_is_pending_is_not_made_on_other_images(tmp_path: Path) -> None:
    run = Trained(tmp_path)
    run.train(stop_at=4)
    assert checkpoint.load(run.last).training.ended_epochs == 0, "the first epoch is not evaluated"
    picture(run.images / "val" / "ant", "new")
    assert "(9 validation images, not 8)" in run.refused()
    assert epochs(run.train(FORCE)) == [1, 2]


def test_a_rate_that_was_asked_for_holds_where_epochs_have_other_steps(tmp_path: Path) -> None:
    run = Trained(tmp_path, epochs=4)
    run.train(stop_at=8)
    state = checkpoint.load(run.last)
    steering = Steering(epochs=4, asked=Asked(step=8, rate=0.004))
    training = replace(state.training, steering=steering)
    run_states.save(run.last, replace(state, training=training))
    for i in range(4):
        picture(run.images / "train" / "bee", f"new{i}")
    said = run.train(FORCE)
    [steered] = [e for e in said if isinstance(e, events.Steered)]
    assert steered.asked is not None
    assert steered.asked.step == 10
    assert steered.lr == pytest.approx(0.004)


def test_moved_data_is_the_same_data(trained: Trained, tmp_path: Path) -> None:
    trained.images.rename(tmp_path / "elsewhere")
    request = resume.resume_request(trained.run, {"data": str(tmp_path / "elsewhere"), "epochs": 3})
    claim, _ = resume.resume(trained.run, request)
    os.close(claim.lock)
    said = trained.train(AttemptOptions(epochs=3))
    assert (epochs(said), alerts(said, "resume")) == ([3], [MORE])


@pytest.mark.parametrize("loaders", [("resident", "streaming"), ("streaming", "resident")])
def test_images_are_the_same_in_memory_and_streamed_though_some_are_broken(
    tmp_path: Path, loaders: tuple[str, str]
) -> None:
    """The last training image is broken, of which the first takes the place."""
    run = Trained(tmp_path, loader=loaders[0], batch=100)
    for i in range(8, 100):
        picture(run.images / "train" / "ant", f"{i}", (i, 2 * i, 90))
    (run.images / "train" / "bee" / "7.png").write_bytes(b"no image")
    run.train()
    toml = run.run.recipe.read_text()
    now, then = (f'loader = "{each}"' for each in reversed(loaders))
    run.run.recipe.write_text(toml.replace(then, now))
    said = run.train(AttemptOptions(epochs=3))
    assert (epochs(said), alerts(said, "resume")) == ([3], [MORE])
    [started] = [e for e in said if isinstance(e, events.RunStarted)]
    assert started.resolved is not None
    assert started.resolved.loader == loaders[1]


def test_a_run_that_goes_on_tells_the_recipe_that_was_asked_for(tmp_path: Path) -> None:
    """Else its comparison with a run that nobody stopped would show two recipes."""
    run = Trained(tmp_path)
    said = [*run.train(), *run.train(AttemptOptions(epochs=3))]
    first, then = (e.recipe for e in said if isinstance(e, events.RunStarted))
    assert first is not None
    assert (first.device, first.size) == ("auto", "auto")
    assert then == first


def test_an_old_checkpoint_is_compared_with_the_journal(trained: Trained) -> None:
    state = replace(checkpoint.load(trained.last), description=None)
    run_states.save(trained.last, state)
    assert epochs(trained.train(AttemptOptions(epochs=3))) == [3]
    run_states.save(trained.last, state)
    renamed(trained.images, "aardvark")
    assert "new: aardvark; gone: bee" in trained.refused(FORCE)


def test_images_that_have_changed_are_not_shown_as_those_of_the_run(trained: Trained) -> None:
    picture(trained.images / "train" / "bee", "new")
    inspected_model.load_inspected_model(trained.run)
    picture(trained.images / "val" / "ant", "!first")
    with pytest.raises(RunError, match=r"\(9 validation images, not 8\), so they cannot"):
        inspected_model.load_inspected_model(trained.run)
    renamed(trained.images, "aardvark")
    with pytest.raises(RunError, match="new: aardvark; gone: bee"):
        inspected_model.load_inspected_model(trained.run)


# Settings


def test_a_recipe_that_was_edited_by_hand_is_said(trained: Trained) -> None:
    toml = trained.run.recipe.read_text()
    trained.run.recipe.write_text(toml.replace("\nlr = 0.05 ", "\nlr = 0.2 "))
    more, sentence = alerts(trained.train(AttemptOptions(epochs=3)), "resume")
    assert more == MORE
    assert sentence.startswith("not bit-exact: recipe.toml was edited, and the run goes on with")
    assert "lr = 0.2 (before: 0.05)" in sentence


def test_a_model_that_was_edited_is_not_called_a_broken_file(trained: Trained) -> None:
    toml = trained.run.recipe.read_text()
    trained.run.recipe.write_text(toml.replace('"sgd"', '"adam"'))
    said = trained.train(AttemptOptions(epochs=3))
    assert isinstance(said[-1], events.RunEnded)
    assert "last.pt does not fit the model and the optimiser of this run" in said[-1].error


def settled(run: Trained, epochs: int | None = None, **settings: object) -> list[Event]:
    """What `cnn-tui resume --set …` makes of a run."""
    request = resume.resume_request(run.run, settings, epochs)
    claim, _ = resume.resume(run.run, request)
    os.close(claim.lock)
    return run.train(AttemptOptions(epochs=request.epochs))


def test_another_total_of_epochs_is_in_the_recipe(trained: Trained) -> None:
    said = settled(trained, 3)
    assert epochs(said) == [3]
    assert alerts(said, "resume") == [MORE]
    toml = trained.run.recipe.read_text()
    assert toml.startswith("# Changed after epoch 2: epochs = 3 (before: 2)\n")
    assert read_recipe(trained.run.recipe).epochs == 3
    assert "[resolved]" in toml
    trained.train()
    assert epochs(events_of(trained.run)) == [1, 2, 3], "the total is said once"
    assert trained.run.recipe.read_text() == toml


def test_a_total_that_was_asked_for_before_a_crash_is_trained(trained: Trained) -> None:
    """The engine died between the change of the recipe and its first save."""
    claim, _ = resume.resume(trained.run, ResumeRequest(4))
    os.close(claim.lock)
    said = trained.train(stop_at=10)
    assert [e.epochs for e in said if isinstance(e, events.Steered)] == [4]
    assert epochs(trained.train()) == [3, 4]


def test_a_total_below_what_is_trained_changes_nothing(trained: Trained) -> None:
    toml = trained.run.recipe.read_text()
    trained.run.recipe.write_text(toml.replace("\nepochs = 2 ", "\nepochs = 1 "))
    said = trained.train()
    assert not [e for e in said if isinstance(e, events.Steered)]
    assert not alerts(said, "resume")
    assert isinstance(said[-1], events.RunEnded)
    assert said[-1].reason == "done"


@pytest.fixture(scope="module")
def ended_early(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that patience has ended after its third epoch."""
    torch.set_num_threads(1)
    run = Trained(tmp_path_factory.mktemp("impatient"), epochs=7, patience=2, lr=1e-9)
    said = run.train()
    assert epochs(said) == [1, 2, 3]
    [sentence] = alerts(said, "patience")
    assert sentence.startswith("2 epochs brought no better validation accuracy than epoch 1")
    assert "--epochs 7`, and add --set patience=0 to train all epochs" in sentence
    return run


@pytest.fixture
def impatient(ended_early: Trained, tmp_path: Path) -> Trained:
    return ended_early.copied(tmp_path)


def test_what_is_advised_when_patience_ends_a_run_works(impatient: Trained) -> None:
    with pytest.raises(RunError, match=r"is done: train it further with `cnn-tui resume 1 --epo"):
        settled(impatient)
    assert epochs(settled(impatient, 7)) == [4, 5], "patience counts anew"
    assert epochs(settled(impatient, 7, patience=0)) == [6, 7]
    with pytest.raises(RunError, match="is done"):
        settled(impatient, patience=3)


def test_other_patience_alone_trains_on_and_is_recorded(impatient: Trained) -> None:
    said = settled(impatient, patience=3)
    assert epochs(said) == [4, 5, 6]
    assert alerts(said, "resume") == ["the run goes on with patience = 3 (before: 2)."]
    toml = impatient.run.recipe.read_text()
    assert toml.startswith("# Changed after epoch 3: patience = 3 (before: 2)\narch = ")
    assert read_recipe(impatient.run.recipe).patience == 3
    settled(impatient, patience=0, keep=1)
    assert toml.splitlines()[0] in impatient.run.recipe.read_text().splitlines()[0]
    assert "# Changed after epoch 6: patience = 0 (before: 3), keep = 1 (before: 0)\n" in (
        impatient.run.recipe.read_text()
    )
    assert "[resolved]" in impatient.run.recipe.read_text()
    assert (impatient.run.checkpoints / "epoch-0007.pt").exists()


def test_an_interrupted_run_keeps_the_patience_that_it_was_given(impatient: Trained) -> None:
    request = resume.resume_request(impatient.run, {"epochs": 7})
    impatient.train(AttemptOptions(epochs=request.epochs), stop_at=14)
    assert checkpoint.load(impatient.last).training.patient_since == 3
    assert epochs(events_of(impatient.run))[-1] == 3
    assert epochs(impatient.train()) == [4, 5]


def test_the_total_of_a_resume_is_told_in_one_sentence(trained: Trained) -> None:
    said = trained.train(AttemptOptions(epochs=3))
    [steered] = [e for e in said if isinstance(e, events.Steered)]
    assert steered.command == commands.RESUME
    assert alerts(said, "resume") == [MORE]


def test_a_dry_run_of_a_resume_says_from_where(trained: Trained) -> None:
    said = trained.train(AttemptOptions(dry=True, epochs=3))
    [resumed] = [e for e in said if isinstance(e, events.Resumed)]
    assert (resumed.step, resumed.epoch) == (checkpoint.load(trained.last).training.step, 3)


def test_what_a_start_says_carries_the_step_at_which_the_run_goes_on(trained: Trained) -> None:
    said = trained.train(AttemptOptions(epochs=3))
    [resumed] = [e for e in said if isinstance(e, events.Resumed)]
    told = [e for e in said if isinstance(e, events.Alert) and e.code in ("images", "loader")]
    assert (resumed.step, [e.step for e in told]) == (8, [8, 8])
    assert said.index(resumed) < said.index(told[0])


def advice(said: list[Event]) -> list[str]:
    told = (e for e in said if isinstance(e, events.Alert) and e.level == "warning")
    return [e.text for e in told if e.code == "recipe"]


def test_a_resume_repeats_no_advice_that_it_would_refuse(tmp_path: Path) -> None:
    run = Trained(tmp_path, batch=8)
    [sentence] = advice(run.train())
    assert "a smaller batch (--set batch=N)" in sentence
    assert advice(run.train(AttemptOptions(epochs=3))) == []
