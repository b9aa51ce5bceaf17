"""Trainings side by side: settings, seeds, curves, tests of pairs, and their tables."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from engine.comparison import comparison_tables, comparison_text
from engine.comparison.class_accuracies import ClassAccuracies, class_accuracies
from engine.comparison.class_differences import ClassDifference
from engine.comparison.compared_pairs import compared_pairs, pair_images
from engine.comparison.compared_training import ComparedTraining, compared
from engine.comparison.comparison import comparison
from engine.comparison.differing_settings import DifferingSetting, differing
from engine.comparison.mean_curve import MOST_POINTS, MeanPoint, mean_curve
from engine.comparison.seed_groups import Spread, family, seed_groups, spread
from engine.errors import UsageError
from engine.run import image_names, predictions_file
from engine.run.history import History
from engine.run.image_names import ImageNames, joined
from engine.run.judgements import LEFT_OUT
from engine.run.run_paths import RunDir
from tests import judged_runs, scripted
from tests.judged_runs import run, training
from tui.cli.comparison_lines import print_comparison

HALF = [True, False] * 20
ALL = [True] * 40
MOST = [True] * 37 + [False] * 3


def trainings(folder: Path, **hits: list[bool]) -> list[ComparedTraining]:
    return [
        training(run(folder, f"{i}-{name}", right))
        for i, (name, right) in enumerate(hits.items(), 1)
    ]


# Settings and seeds


def test_only_settings_that_differ_are_told() -> None:
    told = [{"lr": 0.1, "seed": 0, "arch": "a"}, {"lr": 0.2, "seed": 0, "arch": "a"}, {}]
    assert differing(told) == (DifferingSetting("lr", (0.1, 0.2, None)),)
    assert differing([{"lr": 0.1}, {"lr": 0.1, "ema": None}]) == (
        DifferingSetting("ema", (None, None)),
    ), "one has it, and the other does not know it"
    assert differing([{}, {}]) == ()


def test_runs_that_differ_in_the_seed_are_one_group_and_the_same_run_again_is_not() -> None:
    def settings(lr: float, seed: int, preset: str = "quick") -> dict[str, object]:
        return {"lr": lr, "seed": seed, "preset": preset}

    told = [settings(0.1, 0), settings(0.2, 0), settings(0.1, 1), settings(0.1, 0, "a"), {}, {}]
    assert seed_groups(told) == ((0, 2), (1,), (3,), (4,), (5,))
    assert seed_groups([{"lr": 0.1}, {"lr": 0.1}]) == ((0,), (1,)), "no seed is known"


def test_the_deviation_divides_by_one_less_and_one_value_has_none() -> None:
    assert spread([1.0, None, 3.0]) == Spread(2, 2.0, math.sqrt(2), 1.0, 3.0)
    assert spread([0.5]) == Spread(1, 0.5, None, 0.5, 0.5)
    assert spread([None]) is None


# Curves


def test_curves_with_the_same_places_have_their_mean_and_deviation_there() -> None:
    assert mean_curve([[(1, 0.0), (2, 4.0)], [(1, 2.0), (2, 4.0)]]) == [
        MeanPoint(1, 1.0, math.sqrt(2)),
        MeanPoint(2, 4.0, 0.0),
    ]


def test_a_mean_is_only_where_all_curves_are() -> None:
    points = mean_curve([[(0, 0.0), (10, 10.0)], [(4, 4.0), (6, 6.0), (20, 6.0)]])
    assert [(p.x, p.mean) for p in points] == [(4, 4.0), (6, 6.0), (10, 8.0)]
    assert mean_curve([[(0, 1.0)], [(1, 1.0)]]) == []
    assert mean_curve([[(0, 1.0)], []]) == []


def test_a_broken_value_breaks_the_mean_and_nothing_else() -> None:
    broken, whole = [(1, 1.0), (2, math.nan), (3, 3.0)], [(1, 1.0), (2, 2.0), (3, 3.0)]
    means = [point.mean for point in mean_curve([broken, whole])]
    assert [math.isnan(mean) for mean in means] == [False, True, False]


def test_many_points_become_few_that_span_the_same_range() -> None:
    long = [[(i + shift, 2.0 * (i + shift)) for i in range(5000)] for shift in (0.0, 0.5)]
    points = mean_curve(long)
    assert len(points) == MOST_POINTS
    assert (points[0].x, points[-1].x) == (0.5, 4999.0)
    assert all(point.mean == pytest.approx(2 * point.x) for point in points)


# Tests of pairs


def test_a_pair_is_tested_on_the_images_that_both_could_read(tmp_path: Path) -> None:
    a, b = trainings(tmp_path, a=ALL, b=MOST)
    assert b.predictions is not None
    b.predictions.labels[0] = b.predictions.predicted[0] = LEFT_OUT
    [pair] = compared_pairs([a, b])
    assert pair.paired is not None
    assert (pair.paired.images, pair.paired.only_a, pair.paired.p) == (39, 3, 0.25)
    assert pair.adjusted == 0.25, "one test alone"


def test_images_and_classes_that_one_has_right_are_named(tmp_path: Path) -> None:
    found = pair_images(*trainings(tmp_path, a=HALF, b=MOST))
    assert found.only_a == (38,)
    assert found.only_b == tuple(range(1, 37, 2))
    assert found.classes == (
        ClassDifference(1, "dog", 20, 0, 0, 18),
        ClassDifference(0, "cat", 20, 19, 1, 0),
    )
    assert [one.difference for one in found.classes] == [-0.9, 0.05]


def refusal(a: ComparedTraining, b: ComparedTraining) -> str:
    with pytest.raises(UsageError) as caught:
        pair_images(a, b)
    [pair] = compared_pairs([a, b])
    assert (pair.paired, pair.adjusted, pair.words) == (None, None, str(caught.value))
    return pair.words


def test_networks_of_other_images_or_classes_are_not_tested(tmp_path: Path) -> None:
    a = training(run(tmp_path, "1-a", ALL))
    others = training(run(tmp_path, "2-b", ALL, digest="other", seed=1, holdout=0.1))
    assert "were validated on other images" in refusal(a, others)
    assert "the same seed" in refusal(a, others)
    longer = training(run(tmp_path, "3-c", [*ALL, True]))
    assert "other images" in refusal(a, longer)
    named = training(run(tmp_path, "4-d", ALL, classes=("cat", "fox")))
    assert refusal(a, named) == "1-a and 4-d learn other classes, so there is no paired test."
    turned = training(run(tmp_path, "5-e", ALL))
    assert turned.predictions is not None
    turned.predictions.labels[:] = 1 - turned.predictions.labels
    assert "could read no image that has the same label in both" in refusal(a, turned)


def relabelled(made: ComparedTraining, *images: int) -> ComparedTraining:
    """The training after a person has turned the labels of these images, of two classes."""
    assert made.predictions is not None
    labels = made.predictions.labels
    labels[[*images]] = 1 - labels[[*images]]
    return made


def named(made: RunDir, digest: str, images: Iterable[int]) -> RunDir:
    """The run, which has kept that its validation images are `0.png` and so on."""
    names = joined(f"{i}.png" for i in images)
    kept = ImageNames(training_digest="", training=b"", validation_digest=digest, validation=names)
    image_names.keep(made, kept)
    return made


def test_a_pair_is_tested_on_the_images_that_have_the_same_label_in_both(tmp_path: Path) -> None:
    a, b = trainings(tmp_path, a=ALL, b=MOST)
    relabelled(b, 0, 1, 39)
    [pair] = compared_pairs([a, b])
    assert pair.paired is not None
    assert (pair.paired.images, pair.paired.left_out) == (37, 3)
    assert (pair.paired.only_a, pair.paired.difference) == (2, 2 / 37)
    assert pair.words.endswith(" This is on the 37 of 40 images that have the same label in both.")
    found = pair_images(a, b)
    assert (found.only_a, found.only_b) == ((37, 38), ())
    assert sum(one.images for one in found.classes) == 37


def without_some(folder: Path, **fields: Any) -> tuple[ComparedTraining, ComparedTraining]:
    """Two trainings on images 0 to 39: the first drops 39, the second 0 and 2."""
    left = [1, *range(3, 40)]
    runs = (
        named(run(folder, "1-a", ALL[1:], digest="a"), "a", range(39)),
        named(run(folder, "2-b", MOST[2:], digest="b", **fields), "b", left),
    )
    a, b = map(training, runs)
    assert b.predictions is not None
    labels = b.predictions.labels
    hits = labels == b.predictions.predicted
    labels[:] = [at % 2 for at in left]
    b.predictions.predicted[:] = np.where(hits, labels, 1 - labels)
    return a, b


def test_a_pair_is_tested_on_the_images_that_neither_drops(tmp_path: Path) -> None:
    """Those that only one network has right have the index by which the other one knows them."""
    a, b = without_some(tmp_path)
    relabelled(a, 5)
    [pair] = compared_pairs([a, b])
    assert pair.paired is not None
    assert (pair.paired.images, pair.paired.only_a, pair.paired.only_b) == (36, 2, 0)
    assert "on the 36 of 40 images that have the same label in both" in pair.words
    assert pair_images(a, b).only_a == (35, 36), "37 and 38, after two that are not there"
    assert pair_images(b, a).only_b == (35, 36)
    turned = pair_images(*[relabelled(one, at) for one, at in ((b, 35), (a, 37))])
    assert turned.only_a == (37,), "both call it a cat now, as only the second network does"


@pytest.mark.parametrize("field", [{"seed": 1}, {"holdout": 0.1}, {"data": "mnist"}])
def test_the_same_names_of_other_data_or_by_another_choice_are_other_images(
    tmp_path: Path, field: dict[str, Any]
) -> None:
    assert "other images" in refusal(*without_some(tmp_path, **field))


def test_images_without_names_that_can_be_read_are_not_matched(tmp_path: Path) -> None:
    a, b = without_some(tmp_path / "1")
    assert a.run is not None
    a.run.image_names.unlink()
    assert "other images" in refusal(a, b)
    a, b = without_some(tmp_path / "2")
    assert b.run is not None
    b.run.image_names.write_bytes(b"damaged")
    assert "is not whole" in refusal(a, b)
    a, b = without_some(tmp_path / "3")
    assert b.run is not None
    named(b.run, "c", range(38))
    assert "other images" in refusal(a, b), "they are the names of another list"
    named(b.run, "b", range(7))
    assert "other images" in refusal(a, training(b.run)), "they are too few"


def test_what_is_compared_on_a_part_of_the_images_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b, c = trainings(tmp_path, a=ALL, b=HALF, c=ALL)
    whole, part = comparison([a, c]), comparison([a, relabelled(b, 0, 1), c])
    for found, images in ((whole, ()), (part, ("38", "40", "38"))):
        table = comparison_tables.pairs_table(found)
        assert table is not None
        at = [head.title for head in table.columns].index("Images") if images else 0
        assert tuple(row[at] for row in table.rows if images) == images
        print_comparison(found)
        said = capsys.readouterr().out
        assert said.count(comparison_text.OWN_LABELS) == bool(images)
        assert said.count("Images") == bool(images) + 1, "the speed is another column"
    [first, *_] = part.pairs
    assert first.paired is not None
    said = comparison_text.verdict("a", "b", first.paired, first.adjusted)
    assert said == "a is better than b by 50.0 points on 38 images (p < 0.001)."


def test_all_pairs_of_other_images_are_one_sentence(tmp_path: Path) -> None:
    made = [run(tmp_path, f"{i}-x", ALL, digest=f"{i}", seed=i) for i in range(1, 4)]
    made.append(run(tmp_path, "4-d", ALL, classes=("cat", "fox")))
    every, *others = comparison_tables.untested(comparison([*map(training, made)]))
    assert every.startswith(
        "3 pairs were validated on other images, such as 1-x and 2-x, so they have no paired test"
    )
    assert [said.split(" learn ")[0] for said in others] == [f"{i}-x and 4-d" for i in (1, 2, 3)]
    two = comparison([*map(training, made[:2])])
    assert comparison_tables.untested(two) == [two.pairs[0].words]


def test_the_verdict_is_on_the_best_pair_of_recipes_that_has_a_test(tmp_path: Path) -> None:
    """The higher the seed, the higher is the accuracy of a made-up run."""
    tests = (("a", HALF, 0.1), ("a", ALL, 0.2), ("a", MOST, 0.3), ("b", ALL, 0.4))
    made = [
        training(run(tmp_path, f"{i}-x", hits, digest=digest, lr=lr, seed=i))
        for i, (digest, hits, lr) in enumerate(tests, 1)
    ]
    best = comparison(made).best_tested
    assert best is not None
    assert (best.a, best.b) == (1, 2)
    assert comparison(made[2:]).best_tested is None
    seeds = [
        training(run(tmp_path, f"{i}-y", HALF, lr=lr, seed=seed))
        for i, (lr, seed) in enumerate(((0.1, 5), (0.1, 6), (0.2, 5)), 5)
    ]
    best = comparison(seeds).best_tested
    assert best is not None
    assert (best.a, best.b) == (0, 2), "not the seeds of one recipe, which are the best two"


def test_a_verdict_is_short(tmp_path: Path) -> None:
    [pair] = compared_pairs(trainings(tmp_path / "1", a=HALF, b=ALL))
    assert pair.paired is not None
    said = comparison_text.verdict("a", "b", pair.paired, pair.adjusted)
    assert said == "b is better than a by 50.0 points (p < 0.001)."
    [pair] = compared_pairs(trainings(tmp_path / "2", a=MOST, b=ALL))
    assert pair.paired is not None
    said = comparison_text.verdict("a", "b", pair.paired, pair.adjusted)
    assert said == "No difference shows between a and b (p = 0.25)."


def test_a_training_without_judgements_of_its_best_epoch_is_not_tested(tmp_path: Path) -> None:
    a = training(run(tmp_path, "1-a", ALL))
    assert "2-b has not kept" in refusal(a, training(run(tmp_path, "2-b")))
    log = compared("metrics.csv", History(), None)
    assert refusal(a, log).startswith("metrics.csv is the log of another program")
    empty = training(scripted.run_dir(tmp_path / "new"))
    assert "no epoch of 1-lenet5-digits has ended" in refusal(a, empty)
    old = run(tmp_path, "3-c", ALL)
    older = judged_runs.predictions(ALL)
    predictions_file.write(old.predictions, dataclasses.replace(older, epoch=1))
    assert "judgements of epoch 1, and its best epoch is 2" in refusal(a, training(old))
    old.predictions.write_bytes(b"damaged")
    assert "is not a whole file" in refusal(a, training(old))


def test_accuracies_of_classes_are_told_where_they_are_known(tmp_path: Path) -> None:
    made = [run(tmp_path, "1-a", HALF), run(tmp_path, "2-b", MOST), run(tmp_path, "3-c")]
    foxes = run(tmp_path, "4-d", ALL, classes=("cat", "fox"))
    found = class_accuracies([*map(training, [*made, foxes])])
    assert found == (
        ClassAccuracies(1, "dog", (0.0, 0.9, None, None)),
        ClassAccuracies(0, "cat", (1.0, 0.95, None, None)),
    )
    assert class_accuracies([training(made[2])]) == ()


# Words, tables and JSON


def words_of(folder: Path, **hits: list[bool]) -> list[str]:
    return [pair.words for pair in compared_pairs(trainings(folder, **hits))]


def test_the_words_say_what_so_many_images_could_show(tmp_path: Path) -> None:
    assert words_of(tmp_path / "1", a=ALL, b=HALF) == [
        "1-a is better than 2-b by 50.0 points (95 %: 31.1 to 64.1): 20 that only 1-a has right, "
        "0 only 2-b; p < 0.001."
    ]
    assert words_of(tmp_path / "2", a=MOST, b=ALL) == [
        "No difference that 40 images could show between 1-a and 2-b: 0 that only 1-a has right, "
        "3 only 2-b; p = 0.25. To show, a difference must be at least 15.0 points."
    ]
    assert words_of(tmp_path / "3", a=MOST, b=MOST) == [
        "1-a and 2-b are right on the same images: no difference that 40 images could show."
    ]


def test_of_many_pairs_one_must_differ_by_more(tmp_path: Path) -> None:
    six = [True] * 34 + [False] * 6
    alone, *_ = words_of(tmp_path / "1", a=ALL, b=six)
    assert alone.startswith("1-a is better than 2-b by 15.0 points")
    among_three, *_ = words_of(tmp_path / "2", a=ALL, b=six, c=ALL)
    assert among_three.startswith("No difference that 40 images could show between 1-a and 2-b")
    assert "p = 0.031, and 0.094 for all 3 pairs of recipes together" in among_three
    assert among_three.endswith("at least 17.5 points, since 3 pairs are tested together.")


def test_so_few_images_show_nothing(tmp_path: Path) -> None:
    (words,) = words_of(tmp_path, a=[True] * 4, b=[False] * 4)
    assert words.endswith("p = 0.12. The images are too few to show any difference.")


def compare_seeds(folder: Path) -> list[ComparedTraining]:
    """Two rates with two seeds each, and a run that has not begun."""
    made = [
        run(folder, f"{i}-x", HALF if lr == 0.1 else ALL, lr=lr, seed=seed)
        for i, (lr, seed) in enumerate(((0.1, 0), (0.1, 1), (0.01, 0), (0.01, 1)), 1)
    ]
    waiting = RunDir(folder / "5-x")
    waiting.path.mkdir()
    waiting.recipe.write_text(made[0].recipe.read_text().replace("seed = 0", "seed = 7"))
    return [*map(training, [*made, waiting])]


def test_seeds_are_folded_and_a_run_without_an_epoch_has_no_numbers(tmp_path: Path) -> None:
    found = comparison(compare_seeds(tmp_path))
    assert [(one.name, one.members) for one in found.groups] == [
        ("lr=0.1 (3 seeds)", (0, 1, 4)),
        ("lr=0.01 (2 seeds)", (2, 3)),
    ]
    top1 = found.groups[0].top1
    assert top1 is not None
    assert top1.values == 2
    assert top1.mean == pytest.approx(0.905)
    last = found.trainings[-1]
    assert (last.top1, last.best_epoch, last.epoch, last.parameters) == (None, None, 0, None)
    assert json.loads(json.dumps(msgspec.to_builtins(found))), "it is plain values"
    table = comparison_tables.groups_table(found)
    assert table is not None
    assert table.rows[0][:3] == ("lr=0.1 (3 seeds)", "3", "90.5 ± 0.7 (2 of 3)")


def test_a_comparison_of_two_is_printed_with_classes_and_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [run(tmp_path, "1-a", HALF, lr=0.1), run(tmp_path, "2-b", MOST, lr=0.2)]
    print_comparison(comparison([*map(training, made)]))
    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines()]
    assert ["1-a", "0.1", "90.0", "0.450", "2", "2/2"] in [row[:6] for row in rows]
    assert ["dog", "20", "0.0", "90.0", "-90.0", "0", "18"] in rows
    assert (
        "only 2-b has right, by index in 1-a: 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23 and 6"
        in said
    )
    assert "2-b is better than 1-a" in said


def test_many_pairs_are_a_matrix_and_the_best_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [
        run(tmp_path, f"{i}-x", ALL if i == 3 else HALF, lr=i / 10, seed=i) for i in range(1, 8)
    ]
    print_comparison(comparison([*map(training, made)]))
    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines()]
    assert ["3-x", "3", *["+50.0*"] * 2, *["+50.0*"] * 4] in rows
    assert ["1-x", "1", "0.0", "-50.0*", *["0.0"] * 4] in rows
    assert said.count("7-x") == 3 + 5 + 2, (
        "the pairs of the best one, the seventh, are told in words"
    )


def test_the_folders_of_this_machine_are_in_no_table(tmp_path: Path) -> None:
    made = [
        run(tmp_path, f"{i}-x", data=f"/home/ann/{name}", init_from=f"/home/ann/{name}.pt")
        for i, name in enumerate(("cats", "dogs"))
    ]
    found = comparison([*map(training, made)])
    written = str(comparison_tables.results_table(found))
    assert "cats.pt" in written
    assert "ann" not in written
    assert [one.name for one in found.groups] == ["0-x", "1-x"]


def test_labels_are_shown_without_control_characters() -> None:
    history = History()
    found = comparison([compared("a\x1b[31m", history, None), compared("b", history, None)])
    assert "\x1b" not in str(comparison_tables.results_table(found))
    assert not any("\x1b" in pair.words for pair in found.pairs)
    assert np.all([one.top1 is None for one in found.trainings])


# What counts as a question


def test_only_pairs_of_recipes_with_one_seed_share_a_correction() -> None:
    told: list[dict[str, object]] = [{"lr": lr, "seed": seed} for lr in (1, 2) for seed in (0, 1)]
    every = [*itertools.combinations(range(4), 2)]
    assert family(told, every) == [(0, 2), (1, 3)]
    assert family(told[:2], [(0, 1)]) == [], "one recipe"
    assert family([told[0], told[3]], [(0, 1)]) == [(0, 1)], "no pair has one seed"
    assert family([{"lr": 1}, {"lr": 2}], [(0, 1)]) == [(0, 1)], "no seed is known"


def test_seeds_of_a_recipe_drown_no_difference_of_recipes(tmp_path: Path) -> None:
    """Six pairs, of which two ask about recipes: their p is doubled at most."""
    runs = [
        training(run(tmp_path, f"{i}-x", hits, lr=lr, seed=seed))
        for i, (hits, lr, seed) in enumerate(
            [(HALF, 0.1, 0), (HALF, 0.1, 1), (ALL, 0.2, 0), (MOST, 0.2, 1)], 1
        )
    ]
    pairs = {(pair.a, pair.b): pair for pair in compared_pairs(runs)}
    counted = [pair for pair, one in pairs.items() if one.adjusted is not None]
    assert counted == [(0, 2), (1, 3)]
    assert "for all 2 pairs of recipes together" in pairs[0, 2].words
    assert "of this pair alone" in pairs[2, 3].words


def test_the_seeds_of_the_best_recipes_are_told(tmp_path: Path) -> None:
    runs = [
        training(run(tmp_path, f"{i}-x", lr=lr, seed=seed))
        for i, (lr, seed) in enumerate([(0.1, 0), (0.1, 2), (0.2, 1), (0.2, 3)], 1)
    ]
    said = comparison_tables.told_recipes(comparison(runs))
    assert said.startswith("Best of the recipes with several seeds: lr=0.2 (2 seeds), ")
    assert "the next overlaps, lr=0.1 (2 seeds)" in said
    assert comparison_tables.told_recipes(comparison(runs[:3])) == ""
