"""Exports a trained network to files, and checks each at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from engine.devices import forward_pass
from engine.errors import EngineError, RunError
from engine.export import (
    export_text,
    file_check,
    onnx_file,
    pt2_file,
    safetensors_file,
    state_dict_file,
)
from engine.export.checked_images import random_pixels, validation_pixels
from engine.export.deployment import CPU, Deployment
from engine.export.export_formats import WITH_COMPUTATION
from engine.protocol.answers import Note, Progress
from engine.protocol.export_answers import Exported, Message
from engine.protocol.requests import ExportFormat, ExportNetwork, path_of
from engine.run.target_files import fill
from engine.text import error_summary
from engine.trained.network_opening import opened
from engine.trained.trained_network import TrainedNetwork


class FileFormat(NamedTuple):
    """How the bytes of a file are made, what the file computes, and what says so."""

    content: Callable[[Deployment], bytes | memoryview]
    logits: Callable[[Path, Deployment, list[Tensor]], list[Tensor]]
    reader: Callable[[], str]


FORMATS: Mapping[ExportFormat, FileFormat] = {
    "onnx": FileFormat(onnx_file.content, onnx_file.logits, onnx_file.reader),
    "pt2": FileFormat(pt2_file.content, pt2_file.logits, pt2_file.reader),
    "safetensors": FileFormat(
        safetensors_file.content, safetensors_file.logits, safetensors_file.reader
    ),
    "state-dict": FileFormat(
        state_dict_file.content, state_dict_file.logits, state_dict_file.reader
    ),
}


def exported(request: ExportNetwork) -> Iterator[Message]:
    """Write a network into the files of a request, and say how each was checked.

    Raises EngineError where the network cannot be loaded or exported, where a file cannot be
    written, and where it does not compute the same.
    """
    network = yield from opened(request, CPU)
    forward_pass.placed(network.model, CPU, "contiguous")
    for parameter in network.model.parameters():
        parameter.requires_grad_(False)  # the module's own method fails for TorchScript
    yield Progress(export_text.IMAGES)
    try:
        pixels, validated = validation_pixels(network), True
    except EngineError as error:
        yield Note(export_text.no_validation_images(str(error)))
        pixels, validated = random_pixels(network), False
    for index, (name, path) in enumerate(request.files.items()):
        yield Progress(export_text.writing(name), index / len(request.files))
        deployment = _deployment(network, name, request)
        size, difference = write_and_check(name, path_of(path), deployment, pixels)
        reader = FORMATS[name].reader()
        yield Exported(name, size, reader, len(pixels), validated, difference)


def _deployment(network: TrainedNetwork, name: ExportFormat, request: ExportNetwork) -> Deployment:
    return Deployment(network, request.raw or name not in WITH_COMPUTATION)


class Checked(NamedTuple):
    """The size of a file in bytes, and the share of the largest logit by which logits differ."""

    bytes: int
    difference: float


def write_and_check(
    name: ExportFormat, path: Path, deployment: Deployment, pixels: Tensor
) -> Checked:
    """Write one file, read it as others do, and compare. Raises as `exported`."""
    expected = file_check.expected_logits(deployment, pixels)
    content = FORMATS[name].content(deployment)
    fill(path, content)
    try:
        many, one = FORMATS[name].logits(path, deployment, [pixels, pixels[:1]])
    except Exception as error:  # the readers raise errors of any type
        raise RunError(export_text.cannot_be_loaded(name, error_summary(error))) from error
    try:
        pairs = (expected, many), (expected[:1], one)
        apart = max(file_check.check(name, *pair) for pair in pairs)
    except RunError:
        file_check.check_repeatable(deployment, pixels, expected)
        raise
    return Checked(len(content), apart)
