"""Folders of runs with doubtful labels, as an engine would leave them."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event, Example, Neighbours, Picture
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import image_names, predictions_file, sightings_file
from engine.run.image_names import ImageNames
from engine.run.predictions_file import Predictions
from engine.run.run_paths import RunDir
from tests import scripted
from tests.kept_sightings import EPOCHS, contradicted, sighted

CLASSES = ("cat", "dog", "cow", "hen")
# The images with wrong labels, which come first.
WRONG = 8
IMAGES, VALIDATION = 1000, 100


def journal(classes: Sequence[str] = CLASSES, epochs: int = EPOCHS) -> list[Event]:
    """The events of a run with so many epochs, of which it has trained all."""
    started = replace(scripted.started(tuple(classes), epochs), train_images=IMAGES)
    said: list[Event] = [started]
    for epoch in range(1, epochs + 1):
        said += [scripted.steps(10 * epoch), scripted.ended_epoch(epoch, 0.9)]
    return said


def write_run(
    folder: Path,
    *,
    classes: Sequence[str] = CLASSES,
    images: int = IMAGES,
    wrong: int = WRONG,
    stem: str = "train/",
    suffix: str = ".png",
    data: str = "",
) -> RunDir:
    """A run in this folder, of which no engine lives; its data is a folder, here `pets`."""
    run = RunDir(folder / "1-lenet5-pets")
    run.commands.mkdir(parents=True)
    run.checkpoints.mkdir()
    flags = {"epochs": EPOCHS, "data": data or str(folder.absolute() / "pets")}
    run.recipe.write_text(to_toml(build_recipe(flags=flags)))
    scripted.write(run, journal(classes))
    see(run, images, len(classes), wrong)
    keep_names(run, images, stem, suffix)
    predictions_file.write(run.predictions, judged(len(classes)))
    return run


def see(
    run: RunDir, images: int = IMAGES, classes: int = 4, wrong: int = WRONG, epoch: int = EPOCHS
) -> None:
    """Write what the network has said until this epoch.

    Of the first images, which are `wrong`, the very first is the most doubtful; after `EPOCHS` it
    is the least doubtful one.
    """
    kept = contradicted(sighted(images, classes, epoch=epoch), wrong)
    assert kept.logits is not None
    strengths = np.linspace(30, 12, wrong) if epoch <= EPOCHS else np.linspace(12, 30, wrong)
    kept.logits[:wrong] = strengths[:, None] * np.eye(classes)[np.arange(wrong) % classes]
    sightings_file.write(run.sightings, kept)


def keep_names(
    run: RunDir, images: int = IMAGES, stem: str = "train/", suffix: str = ".png"
) -> None:
    names = (f"{stem}{number:04}{suffix}" for number in range(images))
    held_out = (f"val/{number:04}.png" for number in range(VALIDATION))
    kept = ImageNames(
        training_digest=sighted(4, 4).digest,
        training=image_names.joined(names),
        validation_digest="ab12",
        validation=image_names.joined(held_out),
    )
    image_names.keep(run, kept)


def judged(classes: int) -> Predictions:
    """Judgements of the validation images, of which every tenth is taken for the next class."""
    labels = (np.arange(VALIDATION) % classes).astype(np.int32)
    wrong = np.arange(VALIDATION) % 10 == 0
    return Predictions(
        epoch=EPOCHS,
        step=10 * EPOCHS,
        digest="ab12",
        labels=labels,
        predicted=np.where(wrong, (labels + 1) % classes, labels).astype(np.int32),
        probability=np.linspace(0.95, 0.6, VALIDATION).astype(np.float32),
        label_probability=np.full(VALIDATION, 0.04, np.float32),
        among_five=np.ones(VALIDATION, np.bool_),
    )


def picture(shade: int = 128, side: int = 8) -> Picture:
    """A ramp of greys."""
    pixels = bytes((shade + 4 * i) % 256 for i in range(side * side))
    return Picture(1, side, side, base64.b64encode(pixels).decode())


def examples(number: int) -> events.Examples:
    """The reply to a request for a picture."""
    return events.Examples((Example(number, picture(), 0, ((1, 0.9),)),), step=200)


def neighbours(number: int, count: int = 8, stem: str = "train/") -> Neighbours:
    """The reply to a request for neighbours, each with a picture of its own."""
    given, held = (
        tuple(
            Example(at, picture(7 * at, 16), label, (), f"{stem}{at:04}.png")
            for at in range(first, first + count)
        )
        for label, first in ((0, 100), (1, 300))
    )
    return Neighbours(Example(number, picture(side=16), 0, ()), given, held, step=200)


def see_other_images(run: RunDir) -> None:
    """Write what the network says of as many images with other names, which the data has now."""
    kept = contradicted(sighted(IMAGES, digest="77aa", epoch=EPOCHS + 1), WRONG)
    sightings_file.write(run.sightings, kept)
    names = image_names.joined(f"train/n{number:04}.png" for number in range(IMAGES))
    known = image_names.read(run)
    assert known is not None
    image_names.keep(run, dataclasses.replace(known, training_digest="77aa", training=names))
