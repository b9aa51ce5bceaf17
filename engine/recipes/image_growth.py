"""How large the training images of an epoch are, where they grow from `size_start` to `size`.

Howard 2018, "Training Imagenet in 3 hours for $25" ("progressive resizing"); Tan & Le 2021,
"EfficientNetV2: smaller models and faster training" ("progressive learning").
"""

from __future__ import annotations

from engine.recipes.recipe import Recipe

# Images grow in steps of so many pixels: a network of five strides of 2 then has whole maps.
STEP = 32
# After this share of the epochs, and at any rate in the last one, images have their full size.
GROWING = 0.75


def side(recipe: Recipe, size: int, epoch: int, epochs: int) -> int:
    """Height and width in pixels of the training images of this of so many planned epochs.

    `size` is that of the last epochs, which is also that of evaluations. Epochs count from 1.
    """
    growing = min(GROWING * epochs, epochs - 1)
    grown = epoch - 1
    if not recipe.size_start or grown >= growing:
        return size
    pixels = (size - recipe.size_start) * grown / growing
    return recipe.size_start + int(pixels // STEP) * STEP
