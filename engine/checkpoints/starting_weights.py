"""Reads the weights that a run starts from: of a run of this program, or of any other training."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from engine import regular_files
from engine.checkpoints import (
    checkpoint,
    checkpoint_text,
    conversion_text,
    foreign_file,
    weights_search,
)
from engine.checkpoints.weights_search import Tensors
from engine.errors import UsageError
from engine.recipes import image_normalisation
from engine.recipes.image_normalisation import Normalisation

# timm and the Hugging Face hub write it beside the weights.
CONFIG_NAME = "config.json"


class StartingWeights(NamedTuple):
    """Weights by their names in the file, on the CPU, and what the file says of them.

    `own` says that a run of this program saved them. `where` is the key in the file that leads to
    them, and `left` that of weights which these were preferred to. `classes` are the names of the
    outputs. `classes` and `normalisation` are None where the file does not tell them.
    """

    tensors: Mapping[str, Tensor]
    own: bool = False
    where: str = ""
    left: str = ""
    classes: tuple[str, ...] | None = None
    normalisation: Normalisation | None = None


def load(path: Path) -> StartingWeights:
    """The weights in a file. Raises UsageError or RunError for a file that has none."""
    if foreign_file.kind_of(path) == checkpoint_text.SAFETENSORS:
        return _of_safetensors(path)
    try:
        content = checkpoint.plain_content(path)
    except ValueError as error:
        foreign_file.check_weights(path)
        raise UsageError(_why_refused(path, error)) from error
    if checkpoint.is_own(content):
        return _of_own_run(content, path)
    return _found(content, content, path)


def _why_refused(path: Path, error: ValueError) -> str:
    """Why PyTorch refuses a file that names no code and is no other program's."""
    whole = foreign_file.code_names(path) is not None
    # PyTorch's other errors are those of a broken file.
    refused = isinstance(error.__cause__, pickle.UnpicklingError)
    if whole and refused and foreign_file.kind_of(path) == checkpoint_text.WITH_CODE:
        return conversion_text.weights_with_code(path, ["an object"])
    return conversion_text.no_weights(path)


def _found(content: Any, told: object, path: Path) -> StartingWeights:
    """The weights in the content of a file; `told` is where its facts are looked for."""
    found = weights_search.weights_in(content)
    if found is None:
        keys = [str(key) for key in content] if isinstance(content, Mapping) else []
        known = (*weights_search.TRAINED, *weights_search.AVERAGED)
        raise UsageError(conversion_text.no_weights_in(path, keys, known))
    return StartingWeights(
        found.tensors,
        where=found.where,
        left=found.left,
        classes=weights_search.classes_in(told),
        normalisation=weights_search.normalisation_in(told)
        or weights_search.normalisation_in(_config_beside(path)),
    )


def _of_own_run(content: dict[str, Any], path: Path) -> StartingWeights:
    """A run's weights; its normalisation belongs to them if it was not that of its own images."""
    saved = checkpoint.state_in(content, path)
    weights, described = saved.training.weights, saved.description
    if described is None:
        return StartingWeights(weights, own=True)
    named = str(described.resolved.get("normalise", "data"))
    return StartingWeights(
        weights, own=True, classes=described.classes, normalisation=image_normalisation.named(named)
    )


def _of_safetensors(path: Path) -> StartingWeights:
    from safetensors import SafetensorError, safe_open  # most runs need no such file

    try:
        with safe_open(path, "pt") as file:
            told: dict[str, str] = file.metadata() or {}
            tensors: Tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise UsageError(conversion_text.no_weights(path)) from error
    return _found(tensors, {key: _from_json(value) for key, value in told.items()}, path)


def _config_beside(path: Path) -> object:
    """The content of config.json beside a file; None where there is none that can be read."""
    try:
        return _from_json(regular_files.read_text(path.with_name(CONFIG_NAME)))
    except (OSError, ValueError):
        return None


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
