"""python -m engine --request: answers one request about data or a trained network, without a run.

Each answer loads only what it needs: what a folder holds is told without torch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

import msgspec

from engine.protocol import requests
from engine.protocol.answers import Progress
from engine.protocol.requests import NetworkRequest, Request
from engine.report import report_text
from engine.trained import trained_text


def serve() -> int:
    """Print the answers to the request on stdin as they come. Returns the exit code.

    Raises the errors of answering. Downloads no data.
    """
    request = requests.decode(sys.stdin.buffer.read())
    os.environ["HF_HUB_OFFLINE"] = "1"
    encode = msgspec.json.Encoder().encode
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what the user's own code prints is no answer
        for answer in answers(request):
            out.write(encode(answer) + b"\n")
            out.flush()
    return 0


def answers(request: Request) -> Iterable[msgspec.Struct]:
    """The answers, made as they are taken."""
    match request:
        case requests.Preview():
            from engine.process.preview import preview

            return [preview(request)]
        case requests.CheckData():
            from engine.data.inventory.data_inventory import inventory_of

            inventory_of(request.recipe)
            return []
        case requests.InspectData():
            from engine.process.data_inspection import inspected

            return inspected(request)
        case requests.CompareRuns():
            from engine.process.comparison_making import compared_runs

            return compared_runs(request)
        case _:
            return _of_network(request)


def _of_network(request: NetworkRequest | requests.Report) -> Iterator[msgspec.Struct]:
    """The answers about a network; one before what takes seconds to load, as torch does."""
    match request:
        case requests.Report():
            yield Progress(report_text.READING)
            from engine.process.report_making import reported

            yield from reported(request)
        case requests.Predict():
            yield Progress(trained_text.LOADING)
            from engine.process.image_predictions import predictions

            yield from predictions(request)
        case requests.MeasureNetwork():
            yield Progress(trained_text.LOADING)
            from engine.process.network_test import tested

            yield from tested(request)
        case requests.ExportNetwork():
            yield Progress(trained_text.LOADING)
            from engine.export.network_export import exported

            yield from exported(request)
