"""ONNX, which many runtimes read. Needs optional packages."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from engine import numbers
from engine.errors import RunError, UsageError
from engine.export import export_text
from engine.export.deployment import Deployment
from engine.export.network_facts import facts, strings
from engine.export.traced_network import traced
from engine.text import error_summary

INPUT, OUTPUT = "images", "logits"
# A protobuf holds 2 GiB. Larger networks need a second file, which is easily lost.
MOST_BYTES = 2**31 - 2**24
ERRORS_ALONE = 3
# What the exporter says of an operation that it does not know.
UNTRANSLATED = re.compile(r"Error when translating node .*target=([\w.]+)")


def reader() -> str:
    return f"onnxruntime {version('onnxruntime')}"


def content(deployment: Deployment) -> bytes:
    """The bytes of the file. Raises RunError where the network cannot be exported."""
    weights = deployment.network.model.state_dict().values()
    size = sum(tensor.nbytes for tensor in weights)
    if size > MOST_BYTES:
        most = numbers.size(MOST_BYTES)
        raise RunError(export_text.too_large_for_onnx(numbers.size(size), most))
    recorded = traced(deployment, "onnx")
    try:
        program = torch.onnx.export(
            recorded,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: "batch"},),
            verbose=False,
        )
    except ImportError as error:
        raise UsageError(export_text.packages_too_old(str(error))) from error
    except Exception as error:  # an operation without a translation, or a fault of the exporter
        raise RunError(export_text.cannot_be_exported("onnx", _reason(error))) from error
    assert program is not None
    program.model.metadata_props.update(strings(facts(deployment)))
    written: bytes = program.model_proto.SerializeToString()
    return written


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    missing = UNTRANSLATED.search(str(cause))
    return export_text.no_translation(missing[1]) if missing else error_summary(cause)


def logits(path: Path, deployment: Deployment, batches: list[Tensor]) -> list[Tensor]:
    """What the file computes for each batch (N, C, size, size) of pixels uint8."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ALONE
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    given = ({INPUT: deployment.images(pixels).numpy()} for pixels in batches)
    return [torch.from_numpy(session.run([OUTPUT], images)[0]) for images in given]
