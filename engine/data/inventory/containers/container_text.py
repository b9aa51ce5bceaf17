"""Sentences for the user about arrays and tables of pixels."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from engine.text import examples, harmless

# How the data were found, in words.
ARRAYS = "arrays by the names of their splits"
CIFAR = "batches of CIFAR"
PIXEL_TABLE = "a table of pixels"

# Why arrays are left out.
OTHER_ARRAYS = "arrays that are not used"

# What is wrong with a file.
OTHER_FORMAT = "it has another format"
UNKNOWN_VERSION = "its version is not known"


# Arrays


def needs_pickle(path: object, name: str) -> str:
    return (
        f"the array {harmless(name)} in {harmless(str(path))} holds Python objects, which are not "
        "read since they could run code: save it anew with "
        f"`numpy.save(NAME, numpy.array({harmless(name)}.tolist()))`."
    )


def array_missing(place: object, content: str, names: Sequence[str]) -> str:
    wanted = (
        "x_train, train_images, images" if content == "images" else "y_train, train_labels, labels"
    )
    there = examples(names) if names else "no array"
    return (
        f"{harmless(str(place))} has no array named as training {content} are ({wanted}), but "
        f"{there}: rename the array that has them."
    )


def name_says_nothing(name: str) -> str:
    return (
        f"the name of {harmless(name)} does not say what the array holds: rename it to x_train.npy "
        "or y_train.npy, say, and put both into one folder."
    )


def twice(place: object, first: str, second: str) -> str:
    return (
        f"{harmless(first)} and {harmless(second)} in {harmless(str(place))} mean the same: rename "
        "the one that is not to be used."
    )


def several_sets(place: object, names: Sequence[str]) -> str:
    return (
        f"{harmless(str(place))} has the images of several data sets ({examples(names)}): name the "
        f"file of one, as in --data {harmless(shlex.quote(f'{place}/{names[0]}'))}."
    )


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(f'{length:,}' for length in shape)})"


def ambiguous_axes(path: object, name: str, shape: Sequence[int]) -> str:
    return (
        f"nobody can tell which axis of {harmless(name)} {_shape(shape)} in {harmless(str(path))} "
        "has the colours: save it as (images, rows, columns) or (images, rows, columns, 3)."
    )


def no_images(path: object, name: str, shape: Sequence[int], kind: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} holds no images but values of type {kind} in "
        f"the shape {_shape(shape)}: save numbers as (images, rows, columns) or (images, rows, "
        "columns, 3)."
    )


def no_pixels(path: object, name: str, low: float, high: float) -> str:
    return (
        f"the values of {harmless(name)} in {harmless(str(path))} go from {low:g} to {high:g}: "
        "save fractions from 0 to 1, or whole numbers from 0 to 255, 4095 or 65535."
    )


def other_white(path: object, name: str, high: float, white: int) -> str:
    return (
        f"the values of {harmless(name)} in {harmless(str(path))} go up to {high:g}, and those of "
        f"the training images up to {white}: save both with the same range of values."
    )


def no_labels(path: object, name: str, shape: Sequence[int]) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} has the shape {_shape(shape)} or values that "
        "are no classes: save one whole number, one word or one one-hot row for each image."
    )


def several_labels(path: object, name: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} gives some images several classes or none: a "
        "classifier needs one for each, so save the number of that one."
    )


def not_whole(path: object, name: str) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} has fractions, which are no classes: save "
        "whole numbers or words."
    )


def other_count(path: object, name: str, labels: int, images: int) -> str:
    return (
        f"{harmless(name)} in {harmless(str(path))} has {labels:,} labels for {images:,} images: "
        "save one for each."
    )


def too_few_labels(place: object, names: Sequence[str]) -> str:
    there = f"only the label {examples(names)}" if names else "no labels"
    return (
        f"the training images of {harmless(str(place))} have {there}: a classifier needs two "
        "classes at least, so add labels."
    )


def unknown_labels(place: object, name: str, labels: Iterable[str]) -> str:
    return (
        f"{harmless(name)} in {harmless(str(place))} has labels that no training image has: "
        f"{examples(labels)}; relabel those images, or add them to the training images."
    )


def forbidden_name(name: str) -> str:
    return f"it names {name}, which could run code"


# Tables of pixels


def other_columns(path: object, row: int, columns: int) -> str:
    return (
        f"row {row:,} of {harmless(str(path))} does not have {columns:,} columns, as the first "
        "does: repair or delete that row."
    )


def other_pixels(path: object, row: int, pixels: int) -> str:
    return (
        f"row {row:,} of {harmless(str(path))} does not have {pixels:,} pixels, as the first does: "
        "repair or delete that row."
    )


def no_pixel_row(path: object, row: int) -> str:
    return (
        f"row {row:,} of {harmless(str(path))} holds something else than whole numbers from 0 to "
        "255: repair or delete that row."
    )


def row_without_label(path: object, row: int) -> str:
    return f"row {row:,} of {harmless(str(path))} has no label: add it, or delete that row."


def no_label_column(path: object) -> str:
    return (
        f"{harmless(str(path))} has pixels but no column with the classes: call it label, class, "
        "target or emotion, or name the table with the training images."
    )


def unknown_usage(path: object, words: Sequence[str], known: Sequence[str]) -> str:
    return (
        f"the column Usage of {harmless(str(path))} has {examples(words)}, which name no split: "
        f"write {examples(known)}."
    )


def unused_validation(place: object) -> str:
    return (
        f"the validation images of {harmless(str(place))} are not used, because the recipe holds "
        "out a share of the training images: leave holdout at 0 to validate on them."
    )
