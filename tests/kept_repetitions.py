"""What `inspect-data` has found twice in the data of a run, for tests that show it."""

from __future__ import annotations

from engine.recipes.recipe_building import read_recipe
from engine.run import image_names
from engine.run.run_paths import RunDir
from engine.suspicion import repeated_images
from engine.suspicion.repeated_images import Lists, Repeated, RepeatedImage, RepeatedImages


def keep_found(run: RunDir, found: RepeatedImages) -> None:
    """Keep what was found of the images of a run, as if they lay in no files."""
    names = image_names.read(run)
    assert names is not None
    lists = Lists(read_recipe(run.recipe).data, names.training, names.validation, names.labels)
    files = {image.name: "" for group in found.repeated for image in group.images}
    repeated_images.keep(lists, found, files)


def keep_repeated(run: RunDir, place: str = "", groups: int = 1, more: int = 0) -> None:
    """Keep so many groups of a training and a test image, which lie below this folder."""
    image = RepeatedImage(f"{place}train/1.png", "7", "train")
    leaked = RepeatedImage(f"{place}test/4.png", "7", "test")
    group = Repeated(kind="two splits", images=(image, leaked), count=2)
    keep_found(run, RepeatedImages(repeated=(group,) * groups, more=more))
