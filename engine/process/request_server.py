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
from engine.protocol.requests import Request
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
        case requests.Predict():
            from engine.process.image_predictions import predictions

            return predictions(request)
        case requests.Report():
            from engine.process.report_making import reported

            return reported(request)
        case requests.MeasureNetwork() | requests.ExportNetwork():
            return _of_network(request)


def _of_network(
    request: requests.MeasureNetwork | requests.ExportNetwork,
) -> Iterator[msgspec.Struct]:
    """The answers to a test or an export; one before torch is loaded, which takes seconds."""
    yield Progress(trained_text.LOADING, 0.0)
    if isinstance(request, requests.MeasureNetwork):
        from engine.process.network_test import tested

        yield from tested(request)
    else:
        from engine.export.network_export import exported

        yield from exported(request)
