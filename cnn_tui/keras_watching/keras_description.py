"""What is known of a Keras training before its first step."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from typing import Any

import keras

from cnn_tui.keras_watching.keras_layers import layer_rows, parameters
from cnn_tui.keras_watching.validation_arrays import ValidationArrays

# The distributions that may provide a backend.
BACKENDS = {
    "tensorflow": ("TensorFlow", ("tensorflow", "tensorflow-cpu", "tensorflow-intel")),
    "jax": ("JAX", ("jax",)),
    "torch": ("PyTorch", ("torch",)),
}


def framework() -> tuple[str, dict[str, str]]:
    """The framework in words ("Keras 3.15.1 on JAX 0.10.2"), and the versions by package."""
    backend = keras.config.backend()
    title, packages = BACKENDS.get(backend, (backend, (backend,)))
    version = next(_versions(packages), "")
    words = f"Keras {keras.__version__} on {title} {version}".rstrip()
    return words, {"keras": keras.__version__, **({backend: version} if version else {})}


def _versions(packages: tuple[str, ...]) -> Iterator[str]:
    for package in packages:
        try:
            yield metadata.version(package)
        except metadata.PackageNotFoundError:
            continue


def device(model: Any) -> str:
    """Where the weights are, as the backend calls it; empty for a model without any."""
    for variable in model.weights:
        # TensorFlow says "/job:localhost/replica:0/task:0/device:CPU:0".
        return str(getattr(variable.value, "device", "")).rpartition("device:")[2].lower()
    return ""


def settings(model: Any) -> dict[str, Any]:
    """The optimizer with its hyper-parameters, and the loss, as they were compiled."""
    optimizer = model.optimizer
    found = {
        name: value
        for name, value in optimizer.get_config().items()
        if name != "name" and isinstance(value, (bool, int, float, str))
    }
    return {"optimizer": type(optimizer).__name__, **found, **_loss(model.loss)}


def _loss(loss: Any) -> dict[str, str]:
    name = loss if isinstance(loss, str) else getattr(loss, "name", None)
    return {"loss": name} if isinstance(name, str) else {}


def facts(model: Any, data: ValidationArrays | None) -> dict[str, Any]:
    """The facts on model and data of `RunStarted`; what is not known is left out."""
    found: dict[str, Any] = {}
    if model.built:
        rows = layer_rows(model)
        found["layers"] = rows
        found["parameters"] = sum(parameters(layer) for layer in model.layers)
        found["macs"] = sum(row["macs"] for row in rows)
    if data is not None:
        found |= {"input": data.shape(), "validation_images": len(data)}
    return found
