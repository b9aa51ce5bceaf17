"""The form in which predictions are printed for people."""

from __future__ import annotations

import heapq
import math
import os
from collections import Counter
from collections.abc import Iterable

from engine.protocol.predicted import Judging, Predicted, is_unsure
from tui.cli.printed_rows import RowPrinter
from tui.drawing import prediction_words as words
from tui.drawing.cells import Row, Span
from tui.drawing.prediction_cards import SIDES, Card, card_rows
from tui.drawing.prediction_table import PredictedFile, summary_rows, table_rows

# So many pictures of images that the network is unsure about are kept and shown.
MOST_PICTURES = 50


class Report:
    """A card for each of few images, or a table and a summary of many.

    With `unsure`, only images whose first probability is below it: those that the network is least
    sure about as cards where pictures can be shown, and the others as a table.
    """

    def __init__(self, unsure: float | None, *, ascii_only: bool) -> None:
        self._printer = RowPrinter(ascii_only=ascii_only)
        self.shows_pictures = self._printer.is_terminal
        self._unsure = unsure
        self._classes: tuple[str, ...] = ()
        self._head = ""
        self._most_cards = 0
        # The cards by sureness, the surest first; the other images are in `_files`.
        self._cards: list[tuple[float, int, Card]] = []
        self._files: list[PredictedFile] = []
        self._taken = 0

    def begin(self, judging: Judging) -> None:
        self._classes = judging.classes
        pictured = self._unsure is not None and self.shows_pictures
        named = judging.images if judging.named and self._unsure is None else 0
        self._most_cards = MOST_PICTURES if pictured else named
        self._head = words.network(judging.network, judging.epoch, judging.top1)

    def take(self, image: Predicted) -> None:
        self._taken += 1
        share = image.top[0][1]
        if self._unsure is not None and not is_unsure(share, self._unsure):
            return
        sureness = -math.inf if share is None else share
        card = Card(os.fsdecode(image.file), image.top, image.picture)
        heapq.heappush(self._cards, (-sureness, self._taken, card))
        if len(self._cards) > self._most_cards:
            *_, surest = heapq.heappop(self._cards)
            self._files.append(_file(surest))

    def end(self, unreadable: int) -> None:
        """Print all: what cannot be read was told meanwhile."""
        if self._taken:
            self._print([(_dim(self._head),), ()])
        if self._unsure is not None:
            self._end_unsure(self._unsure, unreadable)
        elif self._cards:
            cards = sorted(self._cards, key=lambda each: each[1])
            self._print_cards([card for *_, card in cards], SIDES)
        elif self._files:
            self._print_table(by_class=True)
            counts = Counter(each.first for each in self._files)
            self._print([(), *summary_rows(counts, self._classes, self._printer.width), ()])
            self._print([(Span(f" {words.counted(self._taken, unreadable)}"),)])

    def _end_unsure(self, threshold: float, unreadable: int) -> None:
        count = len(self._cards) + len(self._files)
        cards = sorted(self._cards, key=lambda each: (-each[0], each[1]))
        self._print_cards([card for *_, card in cards], SIDES[1:])
        if cards and self._files:
            self._print([(_dim(words.more_unsure(len(self._files))),)])
        if self._files:
            self._print_table(by_class=False)
            self._print([()])
        self._print([(Span(f" {words.unsure(count, self._taken, threshold, unreadable)}"),)])

    def _print_cards(self, cards: list[Card], sides: tuple[int, ...]) -> None:
        printer = self._printer
        screen = printer.width, printer.height
        if cards:
            self._print(card_rows(cards, self._classes, screen, sides, printer.coloured))

    def _print_table(self, *, by_class: bool) -> None:
        files = sorted(self._files, key=lambda each: each.order[0 if by_class else 1 :])
        printer = self._printer
        self._print(table_rows(files, self._classes, printer.width, cut=printer.is_terminal))

    def _print(self, rows: Iterable[Row]) -> None:
        self._printer.print(rows)


def _dim(text: str) -> Span:
    return Span(f" {text}", "dim")


def _file(card: Card) -> PredictedFile:
    (first, share), *others = card.top[:2]
    return PredictedFile(card.file, first, share, *(others[0] if others else ()))
