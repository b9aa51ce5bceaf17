"""The fields of a recipe that augment images, as a list of them names these."""

from __future__ import annotations

from collections.abc import Iterator

from engine.recipes.recipe import Recipe

AUGMENTATIONS = (
    *("crop", "crop_scale", "flip", "rotate", "rot90", "shift", "zoom", "shear", "auto_augment"),
    *("brightness", "contrast", "saturation", "hue", "cutout", "erasing", "mixup", "cutmix"),
)


def augmentations(recipe: Recipe) -> Iterator[str]:
    """The fields that augment the images of a recipe; a policy by its own name."""
    for name in AUGMENTATIONS:
        value = getattr(recipe, name)
        if value and value != "none":
            yield value if name == "auto_augment" else name
