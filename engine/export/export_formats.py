"""The files that a trained network can be exported to. Loads no torch."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping

from engine import text
from engine.errors import UsageError
from engine.export import export_text
from engine.protocol.requests import ExportFormat

# What each format needs beside this program.
PACKAGES: Mapping[ExportFormat, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "pt2": (),
    "safetensors": (),
    "state-dict": (),
}
# Formats that hold the computation too, and not the weights alone.
WITH_COMPUTATION: frozenset[ExportFormat] = frozenset({"onnx", "pt2"})


def check(names: Iterable[ExportFormat], *, raw: bool) -> None:
    """Raise UsageError where a package is missing, or where `raw` would change nothing."""
    wanted = list(names)
    if raw and not WITH_COMPUTATION.intersection(wanted):
        raise UsageError(export_text.ALWAYS_RAW)
    for name in wanted:
        missing = [each for each in PACKAGES[name] if importlib.util.find_spec(each) is None]
        if missing:
            raise UsageError(text.needs_packages(f"--{name}", missing))
