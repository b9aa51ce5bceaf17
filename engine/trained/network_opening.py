"""Opens the network that a request names.

This module loads torch and torchvision, which takes seconds. Import it on first use.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch

from engine.protocol.answers import Note
from engine.protocol.requests import NetworkRequest, path_of
from engine.run import run_liveness
from engine.run.saved_file import find_saved
from engine.trained import trained_network, trained_text
from engine.trained.trained_network import TrainedNetwork


def opened(request: NetworkRequest, device: torch.device) -> Generator[Note, None, TrainedNetwork]:
    """The network of a request, on a device, after a note where its run is still training.

    Raises as `trained_network.load`.
    """
    saved = find_saved(str(path_of(request.saved)), Path())
    network = trained_network.load(saved, device, request.arch)
    if saved.run is not None and run_liveness.is_live(saved.run):
        yield Note(trained_text.still_training(saved.label, saved.path.name, network.epoch))
    return network
