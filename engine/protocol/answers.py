"""The answers to a request that each kind of request may get; see `requests`."""

from __future__ import annotations

import msgspec


class Answer(msgspec.Struct, frozen=True, tag=True):
    """The base of all answers: plain values that another process can print or draw."""


class Progress(Answer, frozen=True):
    """The share of a stage that is done; None where nobody knows it."""

    stage: str
    fraction: float | None = None


class Note(Answer, frozen=True):
    """A sentence for the user about what is lost or should be known; never part of the result."""

    text: str


class Written(Answer, frozen=True):
    """The file that was asked for is written as a whole, and has so many bytes."""

    bytes: int
