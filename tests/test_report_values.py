"""What a report says, before anything is drawn."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.errors import RunError
from engine.protocol import events
from engine.recipes import watched_recipe
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.report import page_values
from engine.report.confusions import Cell, Pair, cells_of, measures_of, worst_pairs
from engine.report.doubtful_sheets import DoubtfulSection, DoubtfulSheet, Pictures, doubtful_section
from engine.report.private_words import places_of, shared_folders, shown_recipe, without_places
from engine.report.run_facts import Happening, RunFacts, read_facts
from engine.run import image_names, kept_tests, predictions_file, sightings_file
from engine.run.image_names import ImageNames, joined
from engine.run.measures import Calibration, ClassMeasures, ConfidenceBin, Measures
from engine.run.predictions_file import Predictions
from engine.run.run_paths import RunDir
from engine.run.sightings_file import SightingsFile
from tests import judged_runs, scripted
from tests.kept_repetitions import keep_repeated
from tests.kept_sightings import contradicted, sighted, with_margins

CELLS = [Cell(0, 0, 8), Cell(0, 1, 2), Cell(1, 1, 5), Cell(1, 0, 4), Cell(1, 2, 1)]


def facts_of(run: RunDir) -> RunFacts:
    *_, facts = read_facts(run)
    assert isinstance(facts, RunFacts)
    return facts


def after_start(folder: Path, started: events.RunStarted) -> RunDir:
    """Half a run that began with these facts."""
    _, _, *others = scripted.half_a_run()
    return scripted.run_dir(folder, [started, *others])


def test_the_most_frequent_mistakes_come_first() -> None:
    assert worst_pairs(CELLS) == [Pair(1, 0, 4, 10), Pair(0, 1, 2, 10), Pair(1, 2, 1, 10)]


def test_classes_have_precision_and_recall_where_these_are_defined() -> None:
    cat, dog, bird, fish = measures_of(CELLS, 4)
    assert cat == ClassMeasures(10, 8 / 12, 0.8, 16 / 22)
    assert dog == ClassMeasures(10, 5 / 7, 0.5, 10 / 17)
    assert bird == ClassMeasures(0, 0.0, None, 0.0), "one is taken for a bird, and none is one"
    assert fish == ClassMeasures(0, None, None, None)


def test_a_dense_matrix_and_a_sparse_one_have_the_same_cells() -> None:
    dense = events.Confusion(1, ((8, 2, 0), (4, 5, 1), (0, 0, 0)))
    sparse = events.Confusion(1, sparse=((0, 0, 8), (0, 1, 2), (1, 0, 4), (1, 1, 5), (1, 2, 1)))
    assert sorted(cells_of(dense, 3)) == sorted(cells_of(sparse, 3)) == sorted(CELLS)
    assert cells_of(sparse, 1) == CELLS[:1], "a journal may name classes that there are not"


def test_a_run_in_its_middle_is_told_in_sentences(tmp_path: Path) -> None:
    facts = facts_of(scripted.run_dir(tmp_path, scripted.half_a_run()))
    assert page_values.summary(facts) == [
        "lenet5 (6.58k parameters) learned the 10 classes of digits from 640 training images.",
        "In epoch 2 of 4 it classified 90.0 % of 100 validation images correctly.",
    ]
    assert page_values.status(facts) == "ended without saying why, in epoch 3 of 4"
    assert (facts.judged, len(facts.cells)) == (2, 20), "the matrix is that of the best epoch"
    assert any("has not kept" in sentence for sentence in facts.lacking)


def test_decisions_on_labels_are_told(tmp_path: Path) -> None:
    counted = events.Alert("info", events.DECIDED, "l.toml: 2 dropped, 0 relabelled, 0 kept")
    facts = facts_of(scripted.run_dir(tmp_path, [*scripted.half_a_run(), counted]))
    assert page_values.summary(facts)[1] == (
        "A person has decided on labels of images, in l.toml: 2 dropped, 0 relabelled, 0 kept."
    )


def test_a_run_that_failed_before_its_training_says_why(tmp_path: Path) -> None:
    ended = events.RunEnded("failed", error="the folder /home/ann/cats is empty: fill it.")
    facts = facts_of(scripted.run_dir(tmp_path, [ended]))
    assert page_values.summary(facts) == ["The run ended before its training began."]
    assert page_values.status(facts) == "failed before its training began"
    assert [one.said for one in page_values.told(facts)] == ["the folder cats is empty: fill it."]
    assert not [*page_values.layer_lines(facts), *page_values.class_lines(facts)]


def test_a_script_that_failed_before_its_first_step_says_why(tmp_path: Path) -> None:
    ended = events.RunEnded("failed", error="train.py ended without a word.")
    run = scripted.run_dir(tmp_path, [events.Phase("starting"), ended])
    run.recipe.write_text(watched_recipe.to_toml("train.py", "", {}))
    facts = facts_of(run)
    assert page_values.summary(facts) == ["The run ended before its training began."]
    assert page_values.status(facts) == "failed before its training began"


def test_an_empty_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"journal of 1-lenet5-digits is empty.*start the run\.$"):
        facts_of(scripted.run_dir(tmp_path))


def test_what_happened_is_marked_at_its_step(tmp_path: Path) -> None:
    said: list[events.Event] = [
        *scripted.half_a_run(),
        events.Steered(0.5, 5, 0.02, "c1", step=25),
        events.Phase("paused", step=26),
        events.Alert("warning", "x", "on testhost in /data/ann/x.png", step=27),
        events.Resumed("a2", 99, 3, step=28),
    ]
    facts = facts_of(scripted.run_dir(tmp_path, said))
    kinds = ("steer", "pause", "alert", "resume")
    assert facts.happenings == tuple(map(Happening, range(25, 29), kinds))
    assert [(one.epoch, one.said) for one in page_values.told(facts)] == [
        ("2.5", "Steered: the learning rate is 0.0200, of 5 epochs."),
        ("2.7", "on this machine in x.png"),
        ("2.8", "Resumed in epoch 3."),
    ]


def test_health_stands_beside_its_layer(tmp_path: Path) -> None:
    health = events.LayerHealth((events.Health("conv2", 0.5, 1e-3, 0.1, 1.0, 0.9),), step=25)
    facts = facts_of(scripted.run_dir(tmp_path, [*scripted.half_a_run(), health]))
    lines = {line.name: line for line in page_values.layer_lines(facts)}
    assert lines["conv2"][5:] == ("240k", "0.50", "0.0010", "0.10 ± 1.0", "90 %", "dead")
    assert lines["conv1"][5:] == ("118k", "", "", "", "", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/runs/4-x/checkpoints/best.pt is old", "best.pt is old"),
        ("see ~/cats/a.png, or `/mnt/b`", "see a.png, or `b`"),
        ("3/4 of it, and/or torchvision/resnet18", "3/4 of it, and/or torchvision/resnet18"),
        ("box7 is slow, inbox7 is not", "this machine is slow, inbox7 is not"),
    ],
)
def test_places_of_this_machine_are_left_out(text: str, shown: str) -> None:
    assert without_places(text, "box7") == shown


def test_a_recipe_is_shown_without_folders_and_repeats_the_run() -> None:
    recipe = Recipe(
        arch="/home/ann/net.py:wide", data="/home/ann/cats", data_dir="/home/ann/data",
        init_from="/home/ann/runs/3-x", class_names="/home/ann/names.txt",
        decisions="/home/ann/labels.toml",
    )  # fmt: skip
    shown = shown_recipe(recipe)
    assert "ann" not in str(msgspec.to_builtins(shown))
    assert (shown.arch, shown.data, shown.init_from) == ("net.py:wide", "cats", "3-x")
    library = Recipe(arch="torchvision/resnet18", data="hf/someone/cats")
    assert shown_recipe(library) == library


def data_test(*, own: bool, epoch: int = 2) -> kept_tests.DataTest:
    """A result of `cnn-tui test` with an ECE of 3.1 %."""
    calibration = Calibration(0.031, 0.01, (ConfidenceBin(0.0, 1.0, 90, 0.8, 0.8),))
    measures = Measures(90, 0, 0.5, 0.8, None, 0.75, (), (), calibration)
    return kept_tests.DataTest(
        time=scripted.START, source="4", checkpoint="best.pt", epoch=epoch, step=20, data="cats",
        place="/home/ann/cats", own=own, split="test", digest="", classes=("a",),
        unknown=(("tiger", 3),), device="cpu", versions={}, measures=measures,
    )  # fmt: skip


def test_tests_of_the_network_are_told_without_the_place_of_their_data(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    kept_tests.keep(run, data_test(own=False))
    [line] = page_values.test_lines(facts_of(run))
    assert line[:8] == ("2023-11-14", "cats", "test", "2", "90", "80.0", "75.0", "3.1")
    assert line.unknown == "3 images of classes that it does not know (tiger) were left out"


def test_places_with_blanks_are_shown_by_their_last_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/max muster")
    data = "/mnt/max muster (work)/pics"
    recipe = Recipe(data=data, arch="/mnt/max muster/net.py:make")
    said = f"{data}/c/1.png, /mnt/max muster/net.py, /home/max muster/a, {data}."
    assert without_places(said, places=places_of(recipe)) == "pics/c/1.png, net.py, a, pics."


@pytest.mark.parametrize(("own", "epoch"), [(True, 2), (True, 1), (False, 2)])
def test_calibration_comes_from_a_test_of_the_best_epoch_on_the_own_images(
    own: bool, epoch: int, tmp_path: Path
) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run())
    kept_tests.keep(run, data_test(own=own, epoch=epoch))
    facts = facts_of(run)
    how = "Calibration is missing: `cnn-tui test` of this run measures it for a new report."
    assert ("ECE", "3.1 points") in page_values.head_facts(facts) or how in facts.lacking
    assert (how not in facts.lacking) == (own and epoch == 2)


def test_validation_images_that_are_the_test_split_are_called_so(tmp_path: Path) -> None:
    started = msgspec.structs.replace(scripted.started(), validation_is_test=True)
    said = page_values.summary(facts_of(after_start(tmp_path, started)))
    assert said[1:] == [
        "In epoch 2 of 4 it classified 90.0 % of 100 validation images correctly.",
        "The validation images are the test split of the data. They chose the best epoch, so "
        "expect a little less on new images.",
    ]


def test_the_command_that_repeats_a_run_says_where_paths_are_left_out(tmp_path: Path) -> None:
    recipe = build_recipe(flags={"arch": "/home/ann/net.py:wide", "data": "/home/ann/cats"})
    started = msgspec.structs.replace(scripted.started(), recipe=recipe)
    facts = facts_of(after_start(tmp_path, started))
    assert page_values.repeats(facts).startswith(
        "cnn-tui --arch PATH/TO/net.py:wide --data PATH/TO/cats --recipe "
    )


# Doubtful labels

SIGHTED = contradicted(sighted(classes=10), 30, agreed=5)
RIGHT = [True] * 90 + [False] * 10


def doubted(
    folder: Path,
    kept: SightingsFile | None = SIGHTED,
    judged: Predictions | None = None,
    recipe: Recipe | None = None,
) -> RunDir:
    """Half a run that has kept this of its images."""
    started = scripted.started()
    if recipe is not None:
        started = msgspec.structs.replace(started, recipe=recipe)
    run = after_start(folder, started)
    if kept is not None:
        sightings_file.write(run.sightings, kept)
    if judged is not None:
        predictions_file.write(run.predictions, judged)
    return run


def keep_names(run: RunDir, place: str = "") -> None:
    """Let the run keep the names of its images, which lie below this folder."""
    training = joined(f"{place}train/{number}.png" for number in range(len(SIGHTED.labels)))
    validation = joined(f"{place}val/{number}.png" for number in range(len(RIGHT)))
    names = ImageNames(
        training_digest="5d41",
        training=training,
        validation_digest="5d41",
        validation=validation,
    )
    image_names.keep(run, names)


def section(run: RunDir, pictures: Pictures | None = None) -> DoubtfulSection:
    facts = facts_of(run)
    return doubtful_section(facts.label, facts.doubtful, pictures or {})


def sheets(run: RunDir, pictures: Pictures | None = None) -> tuple[DoubtfulSheet, ...]:
    return section(run, pictures).sheets


def test_doubtful_labels_are_told_the_most_doubtful_first(tmp_path: Path) -> None:
    run = doubted(tmp_path)
    keep_names(run)
    [training] = sheets(run, {("training", number): f"data:{number}" for number in range(30)})
    assert training.said == (
        "Some stand out: 30 of 1,000 images, of which the network stayed sure that they show "
        "another class.",
        "By what 1-lenet5-digits said of its training images in epochs 1 to 20.",
        "Shown are the first 24 of 30 that `cnn-tui suspects` lists.",
        "Look at these: this is no verdict, and a hard image with a right label is here, too.",
    )
    assert len(training.images) == 24
    for image in training.images:
        number = int(Path(image.name).stem)
        assert image == (
            f"train/{number}.png",
            f"labelled {(number - 1) % 10}",
            f"held for {number % 10} (100 %)",
            "since epoch 6",
            f"data:{number}",
        )


def test_of_many_doubtful_labels_the_first_are_shown(tmp_path: Path) -> None:
    kept = contradicted(sighted(images=9000, classes=10), 100)
    judged = judged_runs.predictions([False] * 9000)
    training, validation = sheets(doubted(tmp_path, kept, judged))
    assert (len(training.images), len(validation.images)) == (24, 8)
    assert "Shown are the first 24 of 100 that `cnn-tui suspects` lists." in training.said
    assert validation.said == (
        "Validation images that 1-lenet5-digits took most surely for another class after epoch 2.",
        "Shown are the first 8 of 90 that `cnn-tui suspects --validation` lists.",
    )
    assert validation.images[0][1:] == ("labelled 0", "held for 1 (75 %)", "", "")


def test_without_logits_a_sheet_says_how_far_ahead_the_other_class_is(tmp_path: Path) -> None:
    [training] = sheets(doubted(tmp_path, with_margins(SIGHTED, -0.75, wrong=30)))
    assert training.images[0].held.endswith(", ahead by 75 %")


def test_images_without_names_are_told_by_their_numbers(tmp_path: Path) -> None:
    run = doubted(tmp_path)
    [training] = sheets(run)
    assert {image.name for image in training.images} <= {f"#{number}" for number in range(30)}
    run.image_names.write_bytes(b"damaged")
    facts = facts_of(run)
    assert sheets(run) == (training,)
    assert any(run.image_names.name in sentence for sentence in facts.lacking)


def test_names_of_images_are_told_without_the_folders_that_all_lie_in(tmp_path: Path) -> None:
    run = doubted(tmp_path, judged=judged_runs.predictions(RIGHT))
    keep_names(run, "home/ann/cats/")
    for sheet in sheets(run):
        for image in sheet.images:
            assert image.name.startswith({"training": "train/", "validation": "val/"}[sheet.split])


def test_what_stands_twice_is_told_first(tmp_path: Path) -> None:
    run = doubted(tmp_path)
    keep_names(run)
    keep_repeated(run, groups=12, more=3)
    twice, groups, _ = section(run)
    assert twice == "15 images stand in two classes or in two splits, as inspect-data found:"
    *shown, more = groups
    assert shown == ["train/1.png (train) = test/4.png (test)"] * 10
    assert more == "and 5 more, which `cnn-tui inspect-data --list` names"


@pytest.mark.parametrize("place", ["home/ann/cats/", "home/ann/dogs/"])
def test_images_that_stand_twice_are_named_without_the_folders_of_all(
    place: str, tmp_path: Path
) -> None:
    run = doubted(tmp_path)
    keep_names(run, "home/ann/cats/")
    keep_repeated(run, place)
    told = section(run)
    assert "ann" not in str(told)
    assert told.groups == (
        "train/1.png (train) = test/4.png (test)"
        if place.endswith("cats/")
        else "dogs/train/1.png (train) = dogs/test/4.png (test)",
    )


def test_where_nobody_has_looked_for_what_stands_twice_a_sentence_names_the_command(
    tmp_path: Path,
) -> None:
    run = doubted(tmp_path)
    assert section(run).twice == "", "nobody knows the images of such a run"
    keep_names(run)
    assert section(run).twice == (
        "Nobody has looked for images that stand in two classes or in two splits: `cnn-tui "
        "suspects` names the command that does."
    )
    keep_repeated(run, groups=0)
    assert section(run).twice == ""


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (("home/ann/train/1.png", "home/ann/test/1.png"), "home/ann/"),
        (("home/ann/cat/1.png", "home/anna/cat/1.png"), "home/"),
        (("cat/1.png", "dog/1.png"), ""),
        (("train/17",), "train/"),
        ((), ""),
    ],
)
def test_the_folders_that_all_images_lie_in_are_found(names: tuple[str, ...], shared: str) -> None:
    assert shared_folders(names) == shared


@pytest.mark.parametrize(("suspects", "said"), [("on", True), ("off", False)])
def test_a_run_that_kept_nothing_of_its_images_says_so_unless_it_was_asked_to(
    suspects: str, said: bool, tmp_path: Path
) -> None:
    recipe = build_recipe(flags={"suspects": suspects})
    facts = facts_of(doubted(tmp_path, None, judged_runs.predictions(RIGHT), recipe))
    assert facts.doubtful.splits == ()
    assert any("kept nothing of its training" in sentence for sentence in facts.lacking) == said


def test_a_run_whose_first_epoch_goes_on_lacks_no_doubtful_labels(tmp_path: Path) -> None:
    first_half = [e for e in scripted.half_a_run() if not isinstance(e, events.EpochEnded)]
    assert facts_of(scripted.run_dir(tmp_path, first_half)).lacking == ()
