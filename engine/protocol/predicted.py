"""The answers to a request for predictions. `Progress` and `Note` come between them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.protocol.answers import Answer, Note, Progress
from engine.protocol.events import Measured, Picture


class Judging(Answer, frozen=True):
    """What judges, and how many images; the first answer.

    `network` is the name of its run or file. `epoch` is the one after which it was saved, and
    `top1` its validation accuracy then. `named` says that the images are few, and that each was
    named itself.
    """

    network: str
    classes: tuple[str, ...]
    epoch: int
    top1: Measured
    images: int
    named: bool


class Predicted(Answer, frozen=True):
    """The first classes of an image, each with its probability.

    `file` are the bytes of its path, which may be no text. The picture shows what the network sees;
    it is there where it was asked for.
    """

    file: bytes
    top: tuple[tuple[int, Measured], ...]
    picture: Picture | None = None


class Unreadable(Answer, frozen=True):
    """An image that cannot be read."""

    file: bytes
    why: str


Message: TypeAlias = Judging | Predicted | Unreadable | Progress | Note

decode = msgspec.json.Decoder[Message](Message).decode


def is_unsure(share: Measured, threshold: float) -> bool:
    """Whether a probability is below the threshold, or no number."""
    return share is None or share < threshold
