"""Every sentence that the engine, or the command line on its behalf, says to a person.

Only wording stands here; who says what, and when, stands where it happens.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable


def harmless(text: str) -> str:
    """The text with control, format and unpaired surrogate characters shown as `\\xNN`."""
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else _escape(c)
        for c in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def choices(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def nearest(word: str, names: Iterable[str]) -> str:
    """` did you mean X?`, where X is close, else the valid names."""
    known = list(names)
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"choose {choices(known)}."


def si(count: float) -> str:
    """Four characters or so for a count: 831k, 11.2M, 1.3G."""
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= bound:
            value = count / bound
            return f"{value:.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}"
    return f"{count:.0f}"


def size(count: float) -> str:
    """Bytes in decimal units: 90 MB, 4.1 GB."""
    for bound, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= bound:
            value = count / bound
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{count:.0f} B"


def duration(seconds: float) -> str:
    """9.8 s, 3:12, 2:05:00, 3 d 4 h."""
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours}:{minutes % 60:02d}:{whole % 60:02d}"
    return f"{minutes}:{whole % 60:02d}"


# Recipes


def unknown_key(key: str, known: Iterable[str]) -> str:
    return f"there is no recipe field '{harmless(key)}': {nearest(key, known)}"


def bad_value(key: str, value: object, allowed: str) -> str:
    return f"{key} = {harmless(str(value))} is not possible: {key} is {allowed}."


def not_a_setting(text: str) -> str:
    return f"--set takes KEY=VALUE, as in --set lr=0.1, and not '{harmless(text)}'."


def unreadable_recipe(path: object, why: str) -> str:
    return f"the recipe {harmless(str(path))} cannot be read: {harmless(why)}."


def unknown_preset(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no recipe '{harmless(name)}', neither by that name nor as a TOML file: "
        f"{nearest(name, known)}"
    )


def unknown_architecture(name: str, known: Iterable[str]) -> str:
    return f"there is no architecture '{harmless(name)}': {nearest(name, known)}"


# Data


def unknown_data(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no data set and no folder '{harmless(name)}': {nearest(name, known)} "
        "Or give the path of a folder with one subfolder of images a class."
    )


def data_not_on_disk(title: str, where: Iterable[object], source: str) -> str:
    looked = ", ".join(harmless(str(place)) for place in where)
    return (
        f"{title} is not on this disk (looked in {looked}): unpack {source} into one of these, "
        "or say where it is with --data-dir."
    )


def data_damaged(title: str, file: object, why: str, source: str) -> str:
    return f"{title} is damaged ({harmless(str(file))}: {harmless(why)}): unpack {source} again."


WRONG_CHECKSUM = "its checksum is wrong"


def folder_missing(path: object) -> str:
    return f"the data folder {harmless(str(path))} does not exist: check the path."


def folder_unreadable(path: object, why: str) -> str:
    return f"the data folder {harmless(str(path))} cannot be read: {harmless(why)}."


def folder_empty(path: object) -> str:
    return (
        f"the data folder {harmless(str(path))} holds no images: it needs one subfolder a class, "
        "with images inside, or such subfolders under train/ and val/ or test/."
    )


def folder_one_class(path: object, name: str) -> str:
    return (
        f"the data folder {harmless(str(path))} holds only the class '{harmless(name)}': "
        "a classifier needs two or more subfolders of images."
    )


def folder_class_mismatch(path: object, names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"{harmless(str(path))} holds classes that train/ does not: {shown}; rename or add them."


def too_many_broken(count: int, total: int, path: object, first: object, why: str) -> str:
    return (
        f"{count:,} of {total:,} images in {harmless(str(path))} cannot be read, "
        f"{harmless(str(first))} first ({harmless(why)}): repair or delete them."
    )


def some_broken(count: int, total: int, first: object, why: str) -> str:
    return (
        f"{count:,} of {total:,} images cannot be read and are left out, "
        f"{harmless(str(first))} first ({harmless(why)})."
    )


NOT_AN_IMAGE = "not an image"


def too_few_images(path: object, count: int) -> str:
    return (
        f"the data folder {harmless(str(path))} holds {count} readable training images: "
        "add more, at least two a class."
    )


def data_too_large(images: int, needed: float, free: float) -> str:
    return (
        f"{images:,} images need {size(needed)} of memory and {size(free)} are free: "
        "choose smaller images with --set size=32, or fewer of them."
    )


def input_too_small(arch: str, least: int, given: int) -> str:
    return (
        f"{arch} needs images of {least} pixels or more, not {given}: use --set size={least}, "
        "or another architecture."
    )


VALIDATION_IS_TEST = (
    "validation is the test split: the best epoch is chosen on it, so its accuracy flatters"
)
VALIDATION_HELD_OUT = "validation is a share held out of the training images"


# Runs


def no_run(selector: str, runs_dir: object) -> str:
    return (
        f"there is no run '{harmless(selector)}' in {harmless(str(runs_dir))}: "
        "`cnn-tui runs` lists them."
    )


def no_runs(runs_dir: object) -> str:
    return f"there are no runs in {harmless(str(runs_dir))} yet: start one with `cnn-tui`."


def several_runs(selector: str, names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"'{harmless(selector)}' fits several runs ({shown}): give a number or more of the name."


def none_live() -> str:
    return "no run is live: name one, or see `cnn-tui runs`."


def several_live(names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"several runs are live ({shown}): say which."


def not_running(name: str) -> str:
    return f"{harmless(name)} is not running."


def already_running(name: str) -> str:
    return f"{harmless(name)} is already running: watch it with `cnn-tui attach`."


def bad_name(name: str) -> str:
    return (
        f"'{harmless(name)}' cannot name a run: use letters, digits, dots, dashes and underscores, "
        "beginning with a letter or digit, 100 at most."
    )


def cannot_write(path: object, why: str) -> str:
    return (
        f"{harmless(str(path))} cannot be written: {harmless(why)}; free some room, or choose "
        "another place with --runs-dir."
    )


def intruder(module: str, found: object, expected: object) -> str:
    return (
        f"another module named {module!r} at {harmless(str(found))} hides cnn-tui's own in "
        f"{harmless(str(expected))}: start from another folder, or unset PYTHONPATH."
    )


def engine_died(name: str, last: str) -> str:
    why = f": {harmless(last)}" if last else ""
    return f"the engine of {harmless(name)} ended without a word{why}; see its engine.log."


# The machine


def no_cuda(device: str) -> str:
    return f"there is no usable GPU for --device {device}: use --device cpu or auto."


def no_such_gpu(device: str, count: int) -> str:
    return f"there is no {device}: this machine has {count} usable, numbered from 0."


def gpu_unusable(why: str) -> str:
    return (
        f"a GPU is here but PyTorch cannot use it, so the run is on the processor "
        f"({harmless(why)}): install a PyTorch build for its driver."
    )


def out_of_memory(batch: int) -> str:
    return f"the device ran out of memory with batch {batch}: try --set batch={max(1, batch // 2)}."


# What happens in a run


def loss_not_finite(step: int) -> str:
    return (
        f"the loss is not a number since step {step}: stop, and try a lower learning rate "
        "or --set precision=float32."
    )


def crashed(error: str) -> str:
    return f"the training stopped on an error of the program: {harmless(error)} (see engine.log)."


def journal_failed(why: str) -> str:
    return (
        f"the journal cannot be written: {harmless(why)}; free some room, then start the run again."
    )


def save_failed(file: str, why: str) -> str:
    return (
        f"{file} was not saved: {harmless(why)}; free some room: the checkpoint before it "
        "is still whole."
    )


def command_ignored(file: str, why: str) -> str:
    return f"the command {harmless(file)} was ignored: {harmless(why)}."


COMMAND_NOT_OURS = "it is not a plain file of this user"
COMMAND_TOO_LARGE = "it is too large"


def bad_checkpoint(path: object) -> str:
    return f"{harmless(str(path))} is not a whole checkpoint of this program: use another file."


def nothing_to_save(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to save."
