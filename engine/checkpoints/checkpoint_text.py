"""Sentences for the user about checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from engine.text import PIP, error_summary, harmless, refused


def save_failed(file: str, error: OSError) -> str:
    return (
        f"{_not_saved(file, error)}: the checkpoint before it is kept, and the next save tries "
        "again."
    )


def predictions_not_saved(error: OSError) -> str:
    return (
        f"{_not_saved('predictions.npz', error)}: the file of an earlier epoch is kept, and the "
        "next best epoch tries again."
    )


def names_not_saved(error: OSError) -> str:
    return (
        f"{_not_saved('images.npz', error)}: images are told by their index until the next save, "
        "which tries again."
    )


def sightings_not_saved(error: OSError) -> str:
    return (
        f"{_not_saved('sightings.npz', error)}: the file of an earlier epoch is kept, and the next "
        "epoch tries again."
    )


def _not_saved(file: str, error: OSError) -> str:
    why = refused(error, "the run's folder")
    return f"{file} was not saved: {why}"


def save_crashed(error: Exception) -> str:
    return (
        "the checkpoint was not saved, by a fault of this program "
        f"({harmless(error_summary(error))}); the one before it is kept, and the next save tries "
        "again: please report this with engine.log."
    )


def does_not_fit(path: object, why: Exception) -> str:
    return (
        f"{harmless(str(path))} does not fit the model and the optimiser of this run "
        f"({harmless(error_summary(why))}): put recipe.toml and the model's file back as they "
        "were, or start another run."
    )


WEIGHTS_ALONE = "weights alone (a state_dict)"
LIGHTNING = "a checkpoint of PyTorch Lightning"
SAFETENSORS = "a safetensors file"
TORCHSCRIPT = "a TorchScript model"
EXPORTED = "an exported program of PyTorch (pt2)"
ONNX = "an ONNX model"
SHARDS = "an index of weights in several files"
KERAS = "a Keras model"
WITH_CODE = "a pickled object with code, which this program never runs"
# The most keys that a sentence lists.
MOST_KEYS = 6


def other_keys(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:MOST_KEYS])
    return f"a file that holds {shown}{' …' if len(keys) > MOST_KEYS else ''}"


def foreign_checkpoint(path: object, what: str) -> str:
    return (
        f"{harmless(str(path))} is {harmless(what)}, and not a checkpoint of this program: name "
        "last.pt, best.pt or epoch-N.pt of a run, or the run itself."
    )


def unreadable(path: object, why: str) -> str:
    return f"{harmless(str(path))} cannot be read: {harmless(why)}; check the path and the disk."


def bad_checkpoint(path: object) -> str:
    return f"{harmless(str(path))} is not a whole checkpoint of this program: use another file."


def damaged(path: object) -> str:
    return (
        f"{harmless(str(path))} is damaged, since its bytes have changed after it was saved: use "
        "another file."
    )


def other_version(path: object, *, newer: bool) -> str:
    if newer:
        return (
            f"{harmless(str(path))} was written by a newer version of this program: use that one, "
            f"or update this one with `{PIP} install --upgrade cnn-tui`."
        )
    return (
        f"{harmless(str(path))} was written by an older version of this program, from which this "
        "one cannot go on: use that version, or start another run."
    )
