"""Sentences for the user when a run is started or resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.recipes.recipe_toml import toml_value
from engine.run import run_text
from engine.text import choices, examples, harmless, in_epochs, nearest, typed

# How many functions of a file a sentence names.
MOST_FUNCTIONS = 4


def unknown_data(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no data set and no folder '{harmless(name)}': {nearest(name, known)} "
        "Or give the path of a folder that has one subfolder of images for each class."
    )


def model_file_missing(file: object) -> str:
    return f"there is no file {harmless(str(file))} to build the model from: check the path."


def name_the_function(file: str, functions: Sequence[str]) -> str:
    if not functions:
        return (
            f"{harmless(file)} defines no function that could make a model: write one that takes "
            f"classes and returns a torch.nn.Module, and name it as in {harmless(file)}:make."
        )
    names = choices(harmless(f"{file}:{function}") for function in functions[:MOST_FUNCTIONS])
    return f"name also the function that makes the model: --arch {names}."


def already_done(name: str, selector: str) -> str:
    return (
        f"{harmless(name)} is done: train it further with `cnn-tui resume {typed(selector)} "
        "--epochs N`, where N is the new total of epochs."
    )


def can_change(changeable: Iterable[str]) -> str:
    return f"a resume can change {choices(changeable)}."


def cannot_change(selector: str, keys: Iterable[str], changeable: Iterable[str]) -> str:
    asked = ", ".join(harmless(key) for key in keys)
    return (
        f"{asked} cannot change in a run that has begun, only {choices(changeable)}: start another "
        f"run from its weights with --init-from {typed(selector)}."
    )


# The most class names that a sentence lists.
MOST_CLASSES = 5


def class_changes(then: Sequence[str], now: Sequence[str]) -> str:
    """`new: kitten; gone: cat`, or that only the order differs."""
    new = [name for name in now if name not in set(then)]
    gone = [name for name in then if name not in set(now)]
    if not new and not gone:
        return "the same names in another order"
    parts = (("new", new), ("gone", gone))
    return "; ".join(
        f"{word}: {examples(names, most=MOST_CLASSES)}" for word, names in parts if names
    )


def other_classes(run: str, selector: str, then: Sequence[str], now: Sequence[str]) -> str:
    return (
        f"the classes of the data are not those that {harmless(run)} was trained on "
        f"({class_changes(then, now)}): put the data back as it was, or start another run with "
        f"--init-from {typed(selector)}, which trains a new last layer."
    )


def data_gone(selector: str, folder: object) -> str:
    return (
        f"the data folder {harmless(str(folder))} is gone: put it back, or say where it is now "
        f"with `cnn-tui resume {typed(selector)} --set data=FOLDER`."
    )


def recipe_note(trained: int, changes: Mapping[str, tuple[object, object]]) -> str:
    """What a comment in the recipe says after `# Changed`; `changes` are values before and now."""
    parts = [
        f"{k} = {toml_value(v)} (before: {toml_value(was)})" for k, (was, v) in changes.items()
    ]
    return harmless(f"after epoch {trained}: {', '.join(parts)}")


def stop_first(name: str, selector: str) -> str:
    return (
        f"{harmless(name)} is running: stop it with `cnn-tui stop {typed(selector)}` before you "
        "resume it with changes."
    )


def trained_already(name: str, epochs: int) -> str:
    return (
        f"{harmless(name)} has already trained {in_epochs(epochs)}: give --epochs {epochs + 1} or "
        "more."
    )


def _differences(fields: Mapping[str, tuple[str, str]]) -> str:
    """`lr = 0.1 (not 0.05)`: the value of the run, and that of the command line."""
    return ", ".join(
        f"{key} = {harmless(has)} (not {harmless(asked)})" for key, (has, asked) in fields.items()
    )


def another_run(name: str, fields: Mapping[str, tuple[str, str]]) -> str:
    return (
        f"{harmless(name)} is a run with {_differences(fields)}: leave that out to resume it, or "
        "start another run with another --name."
    )


def keeps_its_settings(
    name: str, selector: str, fields: Mapping[str, tuple[str, str]], changeable: Iterable[str]
) -> str:
    resume = f"`cnn-tui resume {typed(selector)} --set KEY=VALUE`"
    can = [key for key in fields if key in changeable]
    or_change = f", or change {choices(can)} with {resume}" if can else ""
    return (
        f"{harmless(name)} keeps the settings that it began with: {_differences(fields)}; to use "
        f"other ones, start another run with another --name{or_change}."
    )


NO_MEMORY = ", and the kernel ended a process for lack of memory"


def engine_died(words: str, resume: str, *, out_of_memory: bool, saved: bool) -> str:
    """`words` are the last line of its log, or name the signal that ended it.

    `resume` is the command that resumes the run.
    """
    if words.startswith((run_text.KILLED, run_text.CRASHED)):
        what = harmless(words)
    else:
        what = f"the engine died: {harmless(words)}" if words else "the engine died"
    memory = NO_MEMORY if out_of_memory else ""
    then = "goes on from its last checkpoint" if saved else "starts it again"
    return f"{what}{memory}; `{harmless(resume)}` {then}."


def recorder_died(words: str, program: str, *, out_of_memory: bool) -> str:
    """`words` are the last line of its log; `program` is the script that was watched."""
    what = f"the recorder died: {harmless(words)}" if words else "the recorder died"
    memory = NO_MEMORY if out_of_memory else ""
    return (
        f"{what}{memory}; {harmless(program) or 'the program'} may still be training, and is "
        "watched again once it is started anew."
    )


def intruder(module: str, found: object, expected: object) -> str:
    return (
        f"another module named {module!r} at {harmless(str(found))} hides the one of cnn-tui in "
        f"{harmless(str(expected))}: start from another folder, or unset PYTHONPATH."
    )


def too_few_gpus(wanted: int, count: int) -> str:
    if not count:
        return "there is no usable GPU for --gpus: leave it out, or train with --device cpu."
    return f"there are {count} usable GPUs, not {wanted}: use --gpus {count} or fewer."


def gpus_and_number(device: str) -> str:
    return (
        f"--gpus takes the first GPUs, but --device {device} names one: use --device cuda, and "
        "choose the GPUs with CUDA_VISIBLE_DEVICES."
    )


EXPORT = "the export process"
DATA_INSPECTION = "the process that inspects data"
NETWORK_TEST = "the test of the network"
PREVIEW = "the preview process"
DATA_CHECK = "the check of the data"
PREDICTION = "the process that predicts"
REPORT = "the process that writes the report"


def no_answer(process: str) -> str:
    return f"{process} ended without an answer: try again."
