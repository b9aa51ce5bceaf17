"""What a person reads when a run is started or resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.text import harmless, in_epochs, nearest


def unknown_data(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no data set and no folder '{harmless(name)}': {nearest(name, known)} "
        "Or give the path of a folder with one subfolder of images a class."
    )


def no_weights_there(source: object) -> str:
    return (
        f"{harmless(str(source))} holds no checkpoint to begin with: name a run that has saved "
        "one, or a file of one."
    )


def no_file_either(source: str, no_run: str) -> str:
    return f"there is no file {harmless(source)}, and {no_run}"


def own_missing(file: object) -> str:
    return f"there is no file {harmless(str(file))} to make the model: check the path."


def already_done(name: str) -> str:
    return (
        f"{harmless(name)} is done: let it go on with `cnn-tui resume {harmless(name)} --epochs N`."
    )


def trained_already(name: str, epochs: int) -> str:
    return (
        f"{harmless(name)} has {in_epochs(epochs)} behind it: give --epochs {epochs + 1} or more."
    )


def _unlike(fields: Mapping[str, tuple[str, str]]) -> str:
    """`lr = 0.1 (and not 0.05)`: what a run has, and what a command line says."""
    return ", ".join(
        f"{key} = {harmless(has)} (and not {harmless(asked)})"
        for key, (has, asked) in fields.items()
    )


def another_run(name: str, fields: Mapping[str, tuple[str, str]]) -> str:
    return (
        f"{harmless(name)} is a run with {_unlike(fields)}: leave that out to go on with it, or "
        "begin another run with another --name."
    )


def goes_on_as_it_began(name: str, fields: Mapping[str, tuple[str, str]]) -> str:
    return (
        f"{harmless(name)} goes on as it began, with {_unlike(fields)}: for what this command line "
        "says begin another run with another --name."
    )


def intruder(module: str, found: object, expected: object) -> str:
    return (
        f"another module named {module!r} at {harmless(str(found))} hides cnn-tui's own in "
        f"{harmless(str(expected))}: start from another folder, or unset PYTHONPATH."
    )


def too_few_gpus(wanted: int, count: int) -> str:
    if not count:
        return "there is no usable GPU for --gpus: leave it out, or train with --device cpu."
    return f"there are {count} usable GPUs and not {wanted}: use --gpus {count} or fewer."


def gpus_and_number(device: str) -> str:
    return (
        f"--gpus takes the first GPUs and --device {device} is one: use --device cuda, and "
        "CUDA_VISIBLE_DEVICES to choose among them."
    )


NO_PREVIEW = "the preview ended without an answer: start the run to see more"
