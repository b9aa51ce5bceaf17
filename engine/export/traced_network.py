"""The computation of a network, as `torch.export` records it."""

from __future__ import annotations

import traceback
from pathlib import Path

import torch
from torch.export import ExportedProgram
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

import cnn_tui
import engine
from engine.errors import RunError
from engine.export import export_text
from engine.export.deployment import Deployment
from engine.protocol.requests import ExportFormat
from engine.text import error_summary

# The folders with code that is not the user's.
OTHERS = (str(Path(*torch.__path__).parent), *engine.__path__, *cnn_tui.__path__)


def traced(deployment: Deployment, name: ExportFormat) -> ExportedProgram:
    """The computation for any number of images. Raises RunError where it cannot be recorded."""
    if any(isinstance(each, torch.jit.ScriptModule) for each in deployment.module.modules()):
        raise RunError(export_text.cannot_be_exported(name, export_text.TORCHSCRIPT))
    given = deployment.network.described.input
    images = torch.zeros(2, given.channels, given.size, given.size)
    batch = torch.export.Dim("batch", min=1)
    try:
        program = torch.export.export(deployment.module, (images,), dynamic_shapes=({0: batch},))
    except Exception as error:  # torch.export raises errors of any type
        raise RunError(export_text.cannot_be_exported(name, _reason(error))) from error
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths and lines of code of this machine
    return program


def _reason(error: Exception) -> str:
    """Why a computation cannot be recorded, with the line of the user's code where it is known."""
    if isinstance(error, GuardOnDataDependentSymNode):
        why = export_text.DEPENDS_ON_VALUES
    elif "Constraints violated" in str(error):
        why = export_text.FIXED_BATCH
    else:
        why = error_summary(error)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((*OTHERS, "<"))]
    return f"{why}, in {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else why
