"""Sentences for the user about recipes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.catalog import user_config, user_config_text
from engine.numbers import short
from engine.text import choices, harmless, nearest

# What other programs call a field.
SYNONYMS: Mapping[str, str] = {
    "learning_rate": "lr",
    "bs": "batch",
    "wd": "weight_decay",
    "l2": "weight_decay",
    "model": "arch",
    "network": "arch",
    "drop_path_rate": "drop_path",
    "stochastic_depth_prob": "drop_path",
    "imgsz": "size",
    "resolution": "size",
    "grad_accum": "accumulate",
    "accumulate_grad_batches": "accumulate",
    "drop_rate": "dropout",
    "amp": "precision",
    "dtype": "precision",
    "max_grad_norm": "clip",
    "early_stopping": "patience",
    "val_split": "holdout",
    "validation_split": "holdout",
}


def unknown_key(
    key: str, known: Iterable[str], where: str = "`cnn-tui recipes quick` shows all of them."
) -> str:
    if key in user_config.KEYS:
        return user_config_text.not_in_recipe(key)
    meant = SYNONYMS.get(key.lower().replace("-", "_"), "")
    hint = f"did you mean {meant}?" if meant else nearest(key, known, where)
    return f"there is no recipe field '{harmless(key)}': {hint}"


# Which field is meant by a value that another one refuses.
_MEANT = {"labels": "; a file with decisions on labels is named by decisions, or --labels FILE"}


def bad_value(key: str, value: object, allowed: str) -> str:
    shown = harmless(str(value))
    return f"{key} = {shown} is not possible: {key} must be {allowed}{_MEANT.get(key, '')}."


def not_a_setting(text: str) -> str:
    return f"--set takes KEY=VALUE, as in --set lr=0.1, not '{harmless(text)}'."


def unreadable_recipe(path: object, why: str) -> str:
    return f"the recipe {harmless(str(path))} cannot be read: {harmless(why)}."


def recipe_not_utf8(path: object) -> str:
    return (
        f"the recipe {harmless(str(path))} cannot be read, since it is not UTF-8: save it with "
        "that encoding."
    )


def no_recipe(run: str, program: str) -> str:
    return (
        f"{harmless(run)} was trained by {harmless(program)}, so it has no recipe that cnn-tui "
        f"could repeat: start {harmless(program)} again."
    )


def recipe_not_toml(path: object, why: str) -> str:
    return (
        f"the recipe {harmless(str(path))} cannot be read: {harmless(why)}; TOML writes numbers in "
        "full (0.01, 1.0), true and false in small letters, and words in quotes."
    )


def unknown_architecture(name: str, known: Iterable[str]) -> str:
    where = "`cnn-tui models` lists them."
    return f"there is no architecture '{harmless(name)}': {nearest(name, known, where)}"


def not_adjustable(field: str, arch: str, families: Iterable[str]) -> str:
    return (
        f"{field} cannot be set for {harmless(arch)}: leave it out, or use an architecture of the "
        f"family {choices(families)}."
    )


def input_too_small(arch: str, least: int, given: int) -> str:
    return (
        f"{arch} needs images of {least} pixels or more, not {given}: use --set size={least}, "
        "or another architecture."
    )


def no_pretrained(arch: str, families: Iterable[str]) -> str:
    return (
        f"there are no pretrained weights for {harmless(arch)}: leave pretrained out, or use "
        f"torchvision/NAME or an architecture of the family {choices(families)}."
    )


def bad_normalisation(value: str) -> str:
    return (
        f"normalise = {harmless(value)} is not possible: give one mean and one deviation or three "
        "of each, for pixels from 0 to 1, as 0.5,0.5,0.5/0.2,0.2,0.2."
    )


STEERED_NOTHING = "nothing to change: give a learning rate, a factor or a number of epochs."

NO_STEP_LEFT = "no step is left that would use this learning rate: give more epochs first."


def rate_far_above(rate: float, usual: float) -> str:
    return (
        f"the learning rate would be {short(rate)}, which is {rate / usual:,.0f} times the "
        f"recipe's {short(usual)}: if you mean that, enter it in the dialog (s) and confirm it "
        "there."
    )


def batch_not_shared(batch: int, parts: int, most: int) -> str:
    """`most` is the largest possible batch."""
    above = -(-batch // parts) * parts
    fits = above if above <= most else most // parts * parts
    shared = f"use --set batch={fits}, or another" if fits else "use another"
    return (
        f"{parts:,} processes cannot share a batch of {batch:,} images equally: {shared} number of "
        "processes with --gpus."
    )


BAD_LEVELS = (
    "levels are two numbers, that of black and a larger one of white, such as --set levels=0,4095."
)


def bad_bands(count: int) -> str:
    return (
        f"bands are one or three numbers of bands, and not {count}: use, for example, "
        "--set bands=4,3,2."
    )


BAD_CROP_RATIO = (
    "crop_ratio is two ratios of width to height, the smaller one first, such as "
    "--set crop_ratio=0.75,1.33."
)

TWO_CROPS = (
    "crop and crop_scale both move what is seen of an image: use --set crop=0 with random resized "
    "crops, or leave crop_scale out."
)

START_WITHOUT_CROPS = (
    "size_start needs random resized crops, which are made in any size: use it with, for example, "
    "--set crop_scale=0.25,1."
)

START_RESIDENT = (
    "loader = resident keeps images of one size in memory, which cannot grow: use "
    "--set size_start=0, or leave loader out."
)

START_WITHOUT_CANVAS = (
    "with canvas = 0 images are decoded to one size, so they cannot grow from size_start: leave "
    "one of the two out."
)

CANVAS_WITHOUT_CROPS = (
    "canvas is for random resized crops: use it with, for example, --set crop_scale=0.25,1, or "
    "leave it out."
)

CANVAS_RESIDENT = (
    "loader = resident keeps images of one size in memory, and no canvases: use --set canvas=0, or "
    "leave loader out."
)


def more_parts_than_images(parts: int, batch: int) -> str:
    return (
        f"accumulate = {parts} asks for more parts than the {batch:,} images that a step learns "
        f"from: use --set accumulate={batch} or less."
    )


def no_text(key: str) -> str:
    return f"{harmless(key)} has a character that no name and no path can have (NUL): leave it out."


STRENGTH_OF_RANDAUGMENT = (
    "num_ops and magnitude are those of RandAugment: use them with --set auto_augment=randaugment, "
    "or leave them out."
)


def bad_start(start: int, least: int, most: int) -> str:
    allowed = f"0 or a whole number from {least} to {most}"
    return bad_value("size_start", start, allowed)


def start_above_size(start: int, size: int) -> str:
    return (
        f"size_start = {start} is larger than the size of {size} to which images grow: use a "
        f"smaller size_start, or --set size={start} or more."
    )


def canvas_below_size(canvas: int, size: int) -> str:
    return (
        f"canvas = {canvas} is smaller than the size of {size} that the network sees: use "
        f"--set canvas={2 * size}, or leave canvas out."
    )


def needs_files(field: str, data: str) -> str:
    return (
        f"{field} needs image files of several sizes, and {harmless(data)} has arrays of one size: "
        f"leave {field} out."
    )
