"""What the page of several runs says, before anything is drawn."""

from __future__ import annotations

from pathlib import Path

from engine.comparison.comparison import comparison
from engine.report import comparison_values
from engine.run.run_paths import RunDir
from tests import scripted
from tests.judged_runs import run, training

HALF, ALL = [True, False] * 20, [True] * 40


def summary(*runs: RunDir) -> list[str]:
    trainings = [*map(training, runs)]
    return [*comparison_values.summary(comparison(trainings), trainings)]


def test_the_best_run_is_compared_with_the_best_of_another_recipe(tmp_path: Path) -> None:
    found = summary(
        run(tmp_path, "1-a", ALL, seed=2),
        run(tmp_path, "2-b", ALL, seed=3),
        run(tmp_path, "3-c", HALF, lr=0.2, seed=0),
        run(tmp_path, "4-d", HALF, lr=0.2, seed=1),
    )
    best, average, tested = found
    assert best == "The highest validation accuracy is that of 2-b: 93.0 %, in epoch 2 of 2."
    assert average == (
        "On average over seeds, the highest is that of lr=0.05 (2 seeds): 92.5 ± 0.7 %."
    )
    assert tested.startswith("2-b is better than 4-d by 50.0 points")


def test_a_single_recipe_is_compared_with_no_other(tmp_path: Path) -> None:
    found = summary(run(tmp_path, "1-a", ALL, seed=0), run(tmp_path, "2-b", HALF, seed=1))
    assert len(found) == 2
    assert not any("better" in sentence for sentence in found)


def test_runs_without_an_epoch_have_no_result(tmp_path: Path) -> None:
    waiting = [scripted.run_dir(tmp_path, name=f"{i}-x") for i in (1, 2)]
    assert summary(*waiting) == ["No epoch has ended yet, so there is no result."]


def test_the_head_counts_runs_recipes_and_images(tmp_path: Path) -> None:
    trainings = [training(run(tmp_path, f"{seed}-x", seed=seed)) for seed in (0, 1)]
    facts = dict(comparison_values.head(comparison(trainings), trainings))
    assert (facts["Runs"], facts["Recipes"], facts["Classes"]) == ("2", "1", "2")
    assert (facts["Training images"], facts["Validation images"]) == ("640", "100")
    assert facts["Device"] == "cpu Test"


def test_neither_names_nor_commands_nor_sentences_tell_where_files_lie(tmp_path: Path) -> None:
    data, arch = "/home/ann/my cats", "/home/ann/net.py:wide"
    made = [run(tmp_path, f"{seed}-x", seed=seed, data=data, arch=arch) for seed in (0, 1)]
    trainings = [*map(training, made)]
    assert comparison_values.what(trainings) == "net-wide on my cats"
    commands = [one.value for one in comparison_values.repeats(trainings)]
    assert "PATH/TO/net.py:wide" in commands[0]
    assert "/home" not in "".join(commands)
    said = ["testhost has no /home/ann/my cats/a.png"]
    assert comparison_values.without_folders(said, trainings) == [
        "this machine has no my cats/a.png"
    ]
