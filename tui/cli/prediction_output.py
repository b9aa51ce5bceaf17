"""The forms in which predictions are printed for other programs: lines of JSON, or CSV."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from typing import Protocol

import click

from engine.protocol.events import Measured
from engine.protocol.predicted import Judging, Predicted, is_unsure
from tui.cli import predict_text


class Output(Protocol):
    """Takes what is predicted, one image after the other."""

    shows_pictures: bool

    def begin(self, judging: Judging) -> None:
        """The first call."""

    def take(self, image: Predicted) -> None:
        """Called for each image in order."""

    def end(self, unreadable: int) -> None:
        """The last call; so many images cannot be read."""


class _Lines:
    """Lines for other programs, in UTF-8, but with the bytes that a path has."""

    shows_pictures = False

    def __init__(self, unsure: float | None) -> None:
        self._unsure = unsure
        self._classes: tuple[str, ...] = ()

    def begin(self, judging: Judging) -> None:
        self._classes = judging.classes

    def take(self, image: Predicted) -> None:
        if self._unsure is None or is_unsure(image.top[0][1], self._unsure):
            click.echo(self._line(image).encode("utf-8", "surrogateescape"), nl=False)

    def end(self, unreadable: int) -> None:
        """Nothing: each line was printed when it came."""

    def _line(self, image: Predicted) -> str:
        raise NotImplementedError

    def _top(self, image: Predicted) -> Iterator[tuple[str, Measured]]:
        return ((self._classes[index], share) for index, share in image.top)


class JsonLines(_Lines):
    """An object for each image. Bytes of a path that are no UTF-8 are `\\udcNN`, as Python has
    them."""

    def _line(self, image: Predicted) -> str:
        top = [{"class": name, "probability": share} for name, share in self._top(image)]
        return json.dumps({"file": os.fsdecode(image.file), **top[0], "top": top}) + "\n"


class CsvLines(_Lines):
    """A head, and a row for each image. A class that is not there, as of two, has empty cells."""

    def __init__(self, unsure: float | None, top: int) -> None:
        super().__init__(unsure)
        self._top_count = top

    def begin(self, judging: Judging) -> None:
        super().begin(judging)
        places = range(2, min(self._top_count, len(judging.classes)) + 1)
        others = [f"{name}{place}" for place in places for name in predict_text.CSV_HEAD[1:]]
        click.echo(_row([*predict_text.CSV_HEAD, *others]), nl=False)

    def _line(self, image: Predicted) -> str:
        pairs = (cell for pair in self._top(image) for cell in pair)
        return _row([os.fsdecode(image.file), *pairs])


def _row(cells: list[str | float | None]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
