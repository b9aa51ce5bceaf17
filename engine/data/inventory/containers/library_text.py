"""Sentences for the user about data sets of libraries, in tables and shards, and of the user."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence

from engine.text import PIP, examples, harmless

# How the classes and splits were found, in words.
TORCHVISION = "a data set of torchvision"
TABLES = "rows of tables"
SHARDS = "samples in shards of WebDataset"
OWN = "a data set in Python"


def too_old(package: str, version: str, least: int) -> str:
    return (
        f"the package {package} has version {harmless(version)}, and data sets of Hugging Face "
        f"need {least} or later: type `{PIP} install --upgrade {package}`."
    )


def not_in_torchvision(name: str, what: str, known: Sequence[str]) -> str:
    shown = f"torchvision/{harmless(name)}"
    if what:
        return (
            f"{shown} holds {what}, and a classifier needs one class for each image: those that "
            f"work are {examples(known)}, as in --data torchvision/{known[0]}."
        )
    near = difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(
        name.lower(), {each.lower(): each for each in known}, n=1
    )
    right = next((each for each in known if near and each.lower() == near[0].lower()), known[0])
    return (
        f"torchvision has no data set {harmless(name)} that classifies images, it has "
        f"{examples(known)}: type --data torchvision/{right}."
    )


def other_variant(name: str, variant: str, values: Sequence[str]) -> str:
    if not values:
        return (
            f"torchvision/{name} has no variants, so '{harmless(variant)}' is none: type --data "
            f"torchvision/{name}."
        )
    return (
        f"torchvision/{name} has no variant {harmless(variant)}, it has {examples(values)}: type "
        f"--data torchvision/{name}:{values[0]}."
    )


def not_on_disk(name: str, searched: Iterable[object]) -> str:
    folders = ", ".join(harmless(str(folder)) for folder in searched)
    return (
        f"{name} is not on this disk (searched in {folders}): start a run, which lets torchvision "
        "download it, or name its folder with --data-dir."
    )


def not_downloaded(name: str, why: str, root: object) -> str:
    return (
        f"torchvision cannot download {name} ({harmless(why)}): download it yourself to where "
        f"torchvision looks for it below {harmless(str(root))}, or name another folder with "
        "--data-dir."
    )


def damaged_set(name: str, root: object, why: str) -> str:
    return (
        f"torchvision cannot read {name} below {harmless(str(root))} ({harmless(why)}): delete "
        "its files there, and the next start downloads them again."
    )


def not_loaded(name: str, why: str) -> str:
    return (
        f"hf/{harmless(name)} cannot be loaded ({harmless(why)}): check the name at "
        "huggingface.co/datasets and the connection, or name a folder of its Parquet files with "
        "--data."
    )


def folder_instead(name: str) -> str:
    shown = harmless(name)
    return (
        f"hf/{shown} is a data set of Hugging Face, and its library would take the folder {shown} "
        f"here instead: type --data {harmless(shlex.quote(f'./{name}'))} for that, or rename it."
    )


def reader_of_files(name: str) -> str:
    return (
        f"hf/{name} is no data set of Hugging Face, but what its library calls a reader of files: "
        "name the folder of the files with --data."
    )


def name_a_subset(name: str, variant: str, subsets: Sequence[str]) -> str:
    asked = f"no subset {harmless(variant)}" if variant else "several subsets"
    first = harmless(shlex.quote(f"hf/{name}:{subsets[0] if subsets else 'SUBSET'}"))
    there = examples(subsets) or "nothing"
    return f"hf/{harmless(name)} has {asked}, it has {there}: type --data {first}."


def several_subsets(folder: object, subsets: Sequence[str]) -> str:
    named = [each for each in subsets if each]
    first = harmless(shlex.quote(f"{folder}/{named[0]}"))
    return (
        f"{harmless(str(folder))} holds several data sets ({examples(named)}): name the folder of "
        f"one of them, as in --data {first}."
    )


def no_training_split(place: object, splits: Sequence[str]) -> str:
    there = examples(splits) or "nothing"
    return (
        f"{harmless(str(place))} has no split for training, it has {there}: rename the one to "
        "train on to train, or name another data set with --data."
    )


def unclear_column(
    place: object, field: str, asked: str, found: Sequence[str], there: Sequence[str]
) -> str:
    what = field.replace("_column", "s")
    shown, has = harmless(str(place)), examples(there) or "nothing"
    if asked:
        near = found[0] if found else "NAME"
        return (
            f"{shown} has no column {harmless(asked)} of {what}, it has {has}: type --set "
            f"{field}={harmless(shlex.quote(near))}."
        )
    if not found:
        return f"{shown} has no column of {what}, it has {has}: name another data set with --data."
    return (
        f"{shown} has several columns that may hold the {what} ({examples(found)}): type --set "
        f"{field}={harmless(shlex.quote(found[0]))}, or another one."
    )


def unreadable_table(place: object, why: str) -> str:
    return (
        f"{harmless(str(place))} cannot be read ({harmless(why)}): copy or download it again, or "
        "name another data set with --data."
    )


def too_few_classes(place: str, names: Sequence[str]) -> str:
    only = f"only the class {harmless(names[0])}" if names else "no classes"
    return (
        f"the training images of {harmless(place)} have {only}, and a classifier needs two: name "
        "another data set with --data."
    )


def unknown_labels(place: str, split: str, labels: Sequence[str]) -> str:
    return (
        f"the {split} images of {harmless(place)} have labels that no training image has "
        f"({examples(labels)}): remove these images, or add some to the training images."
    )


def unused_split(what: str) -> str:
    return (
        f"{harmless(what)} is not used, because the recipe holds out a share of the training "
        "images: leave holdout at 0 to validate on it."
    )


def no_data_set(named: str, what: str) -> str:
    return (
        f"{harmless(named)} returns {harmless(what)}, and not a data set with items and a length: "
        "return a torch.utils.data.Dataset of (image, int), or a tuple of two for training and "
        "validation."
    )


def wrong_items(named: str, why: str) -> str:
    return f"the items of {harmless(named)} cannot be trained on: {harmless(why)}."


def draws_at_random(named: str) -> str:
    return (
        f"{harmless(named)} changes its images at random, and each image keeps its first change "
        "for ever: leave these transforms out, and augment by the recipe, as in --set flip=true."
    )


def file_missing(file: object) -> str:
    return f"the Python file {harmless(str(file))} does not exist: check the path."


def name_the_function(file: str, functions: Sequence[str]) -> str:
    if not functions:
        return (
            f"{harmless(file)} needs the name of a function that returns a data set, and defines "
            f"none: add one, as in --data {harmless(file)}:make."
        )
    return (
        f"{harmless(file)} needs the name of the function that returns the data set, it has "
        f"{examples(functions)}: type --data {harmless(file)}:{harmless(functions[0])}."
    )
