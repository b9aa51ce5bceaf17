"""Words and sentences of a report, and about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.comparison import comparison_text
from engine.numbers import count, percent, share, significant, whole_share
from engine.text import examples, harmless, in_epochs

if TYPE_CHECKING:
    from engine.comparison.comparison import Comparison, SeedGroup
    from engine.comparison.training_results import TrainingResult
    from engine.protocol.commands import ImageSplit
    from engine.protocol.events import EpochEnded, Resumed, RunEnded, RunStarted, Steered
    from engine.report.confusions import Pair
    from engine.report.image_figures import ImageMaps
    from engine.report.run_facts import RunFacts
    from engine.run.kept_tests import TestedSplit
    from engine.run.measures import Calibration

# Stages
READING, DRAWING, WRITING_FIGURES = "reading the journal", "drawing", "writing the figures"

MADE = "Made by cnn-tui from the files of the run."
MADE_OF_SEVERAL = "Made by cnn-tui from the files of the runs."

# Figures
ACCURACY, LOSS, RATE = "Accuracy", "Loss", "Learning rate"
TRAINING, VALIDATION, PLAN = "training", "validation", "planned"
EPOCH, STEP, PREDICTED, TRUE = "epoch", "step", "predicted class", "true class"
VALIDATION_ACCURACY, VALIDATION_LOSS = "Validation accuracy", "Validation loss"
TRAINING_LOSS = "Training loss"
MARKS: Mapping[str, str] = {
    "checkpoint": "checkpoint",
    "steer": "steered",
    "pause": "paused",
    "resume": "resumed",
    "alert": "warning",
}
INPUT_IMAGE = "The input"
RIGHT, IMAGES, CONFIDENCE = "right", "images", "probability of the predicted class"


def unit(facts: RunFacts) -> str:
    """What the curves are drawn over."""
    return STEP if facts.history.counts_steps else EPOCH


def curves_caption(facts: RunFacts) -> str:
    history = facts.history
    measured = "Accuracy and loss" if history.has_top1 else "The loss"
    words = f"{measured} by {unit(facts)}, of training and validation images."
    if facts.history.run is not None and facts.history.run.validation_is_test:
        words += " The validation images are the test split of the data."
    return f"{words} The light band is the range of the reports within an epoch."


def overlay_caption(found: Comparison, *, by_step: bool) -> str:
    words = f"The curves of all runs by {STEP if by_step else EPOCH}."
    if all(len(group.members) == 1 for group in found.groups):
        return words
    return (
        f"{words} Runs that differ only in their seed are one curve: their mean, in a band of one "
        "standard deviation (n - 1). Where a seed has ended, the others go on as thin lines."
    )


def best_value(value: str, epoch: int) -> str:
    return f"{value} in epoch {epoch}, the best one"


def rate_caption(facts: RunFacts) -> str:
    recipe = facts.recipe
    words = f"The learning rate by {unit(facts)}"
    if recipe is not None:
        words += f": {harmless(recipe.schedule)}"
    if recipe is not None and recipe.warmup:
        words += f" after a warm-up of {recipe.warmup:g} epochs"
    return f"{words}."


def confusion_caption(*, numbered: bool) -> str:
    numbers = "numbers count images" if numbered else "numbers count the images of mistakes"
    return (
        "Confusion matrix of the validation images: a row is a true class, a column what it was "
        f"taken for; colours show shares of the row, {numbers}."
    )


def density_caption(classes: int, shared: int) -> str:
    """`shared` is the most classes that a row of the picture stands for."""
    joined = f" Up to {shared} neighbouring classes share a row." if shared > 1 else ""
    return (
        f"Confusion matrix of all {classes:,} classes, in their order: a row is a true class, a "
        f"column what it was taken for; colours show shares of the row.{joined}"
    )


def group_caption(classes: int) -> str:
    return f"The {classes} classes of the most frequent mistakes alone; numbers count images."


def true_class(name: str) -> str:
    return f"is {name}"


def predicted_class(name: str, likely: float | None) -> str:
    return f"taken for {name} ({whole_share(likely)})"


def maps_title(layer: str, shown: int, channels: int) -> str:
    return f"{layer}: {shown} of {channels:,} channels" if shown < channels else layer


def maps_caption(maps: ImageMaps) -> str:
    layers = " and ".join(harmless(layer.layer) for layer in maps.layers)
    return (
        f"What {layers} give for one validation image of the class {harmless(maps.true)}: each "
        "small picture is a channel, dark for its lowest value and yellow for its highest."
    )


def pair_label(true: str, predicted: str, pair: Pair) -> str:
    return f"{true}\n→ {predicted}\n{pair.images:,} of {pair.of:,}"


def mistakes_caption() -> str:
    return (
        "Validation images of the most frequent mistakes, with the probability of the class that "
        "they were taken for."
    )


def calibration_caption(calibration: Calibration, split: TestedSplit) -> str:
    return (
        f"Reliability on the {split} images: a bar shows how many of the images in a bin were "
        "classified correctly, a dot their mean probability; of a perfectly calibrated network, "
        "all dots are on the diagonal. Pale bars stand for few images. Expected calibration error "
        f"(ECE): {percent(calibration.error)} points; a perfectly calibrated one would have "
        f"{percent(calibration.by_chance)} by chance."
    )


# Doubtful labels


def labelled(name: str) -> str:
    return f"labelled {name}"


def first_of(shown: int, listed: int, split: ImageSplit) -> str:
    option = " --validation" if split == "validation" else ""
    return f"Shown are the first {shown} of {listed:,} that `cnn-tui suspects{option}` lists."


NOBODY_LOOKED = (
    "Nobody has looked for images that stand in two classes or in two splits: `cnn-tui suspects` "
    "names the command that does."
)


def more_repeated(count: int) -> str:
    return f"and {count:,} more, which `cnn-tui inspect-data --list` names"


# The summary


def arch_on_data(arch: str, data: str) -> str:
    return f"{arch} on {data}"


def learned(started: RunStarted, arch: str, data: str) -> str:
    return (
        f"{arch} ({count(started.parameters)} parameters) learned the "
        f"{len(started.classes):,} classes of {data} from {started.train_images:,} training images."
    )


def trained_by(words: Sequence[str], started: RunStarted) -> str:
    """`words` name the program, and what it trained with."""
    size = f" of {count(started.parameters)} parameters" if started.parameters else ""
    return f"{' with '.join(words)} trained a network{size}; this report tells what it said."


def best_result(best: EpochEnded, planned: int | None, started: RunStarted) -> str:
    images = started.validation_images - best.left_out
    of = f"{images:,} validation images" if images else "the validation images"
    return (
        f"In epoch {epoch_of(best.epoch, planned)} it classified {share(best.top1)} of {of} "
        "correctly."
    )


VALIDATION_IS_TEST = (
    "The validation images are the test split of the data. They chose the best epoch, so expect a "
    "little less on new images."
)


def labels_decided(counts: str) -> str:
    """`counts` begins with the name of a file."""
    return f"A person has decided on labels of images, in {counts}."


def test_result(top1: float) -> str:
    return f"Of the test images, which chose nothing, it classified {share(top1)} correctly."


NO_RESULT = "No epoch has ended yet, so there is no result."
NOT_STARTED = "The run ended before its training began."
STILL_TRAINING = "still training"
UNFINISHED = "ended without saying why"


def epoch_of(epoch: int, planned: int | None) -> str:
    return f"{epoch}" if planned is None else f"{epoch} of {planned}"


def status(ended: RunEnded | None, *, live: bool, epoch: int, planned: int | None) -> str:
    """`epoch` is 0 before the run has started."""
    if ended is None:
        words = STILL_TRAINING if live else UNFINISHED
        return f"{words}, in epoch {epoch_of(epoch, planned)}"
    if ended.reason == "done":
        return "done"
    where = f"in epoch {epoch_of(epoch, planned)}" if epoch else "before its training began"
    return f"{ended.reason} {where}"


def taken_as_it_is(name: str) -> str:
    return f"{harmless(name)} is still training: the report shows it as it is now."


def steered(event: Steered) -> str:
    total = f", of {in_epochs(event.epochs)}" if event.epochs else ""
    return f"Steered: the learning rate is {significant(event.lr)}{total}."


def resumed(event: Resumed) -> str:
    return f"Resumed in epoch {event.epoch}."


def unknown_classes(unknown: Sequence[tuple[str, int]]) -> str:
    if not unknown:
        return ""
    images = sum(count for _, count in unknown)
    names = examples(name for name, _ in unknown)
    return f"{images:,} images of classes that it does not know ({names}) were left out"


PLACES_LEFT_OUT = (
    "PATH/TO stands for folders of the machine that trained, which this report leaves out."
)
CHANGED_PLAN = "The plan of the run was changed on the way, which this command does not repeat."


# Several runs


def comparison_of(runs: int) -> str:
    return f"Comparison of {runs} runs"


def several_on_data(archs: Iterable[str], data: Iterable[str]) -> str:
    return arch_on_data(examples(archs), examples(data))


def best_run(best: TrainingResult) -> str:
    assert best.top1 is not None
    assert best.best_epoch is not None
    return (
        f"The highest validation accuracy is that of {harmless(best.label)}: {share(best.top1)}, "
        f"in epoch {epoch_of(best.best_epoch, best.epochs)}."
    )


def best_recipe(group: SeedGroup) -> str:
    assert group.top1 is not None
    return (
        f"On average over seeds, the highest is that of {harmless(group.name)}: "
        f"{comparison_text.spread(group.top1, percent, len(group.members))} %."
    )


# What is lacking

NO_PREDICTIONS = (
    "The run has not kept what its best network says about each image: the confusion matrix comes "
    "from the journal."
)
NO_CONFUSION = "The journal has no confusion matrix of an epoch up to the best one."
NO_IMAGES_WANTED = "Images were left out, as was asked for (--no-images)."
MAPS_OF_JOURNAL = "The feature maps are those that the run recorded while it trained."
MISSING_GLYPHS = "Boxes in the figures stand for characters that no installed font had."
OTHER_VALIDATION = "The validation images are not those of the kept predictions."
OTHER_TRAINING = (
    "The training images are not those that the run learned from, so those whose label is doubtful "
    "have no pictures."
)


NO_CALIBRATION = "Calibration is missing: `cnn-tui test` of this run measures it for a new report."


def no_pictures(why: str) -> str:
    return f"Images are missing: {why}"


def characters_without_font(characters: str, package: str) -> str:
    shown = harmless(characters[:12]) + ("…" if len(characters) > 12 else "")
    return (
        f"no installed font has the characters {shown}, so the figures show boxes for them: "
        f"install one, on Debian and Ubuntu with `apt install {package}`, and repeat the command."
    )


# Errors


def nothing_said(name: str) -> str:
    return (
        f"the journal of {harmless(name)} is empty, so there is nothing to report: start the run."
    )


def same_place(path: object) -> str:
    return f"{harmless(str(path))} is named for the report and for its pictures: name another one."


def pictures_exist(folder: object) -> str:
    return (
        f"{harmless(str(folder))} exists already, and is not empty: add --force to replace figures "
        "in it, or name another folder."
    )
