"""The answers to a request to export a network. Loads no torch."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.protocol.answers import Answer, Note, Progress
from engine.protocol.requests import ExportFormat


class Exported(Answer, frozen=True):
    """A file that is written and checked.

    `reader` read it, and gave logits for so many `images`, all of the validation set where
    `validated`, else random. They differ at most by `difference`, as a share of the largest logit.
    """

    format: ExportFormat
    bytes: int
    reader: str
    images: int
    validated: bool
    difference: float


Message: TypeAlias = Exported | Progress | Note

decode = msgspec.json.Decoder(Message).decode
