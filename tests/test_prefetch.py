"""Batches that are sent ahead; the copies themselves need a GPU."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest
import torch

from engine.data.loaders.prefetch import CopyStream, prefetch


class Source:
    """Three items, and whether they are still wanted."""

    def __init__(self) -> None:
        self.closed = False

    def items(self) -> Generator[int, None, None]:
        try:
            yield from (1, 2, 3)
        finally:
            self.closed = True


def test_each_item_is_sent_before_the_one_before_is_given_out() -> None:
    sent: list[int] = []

    def send(item: int) -> Callable[[], int]:
        sent.append(item)
        return lambda: item * 10

    given = [(item, len(sent)) for item in prefetch(Source().items(), send)]
    assert given == [(10, 2), (20, 3), (30, 3)]


def test_nothing_gives_nothing() -> None:
    none: tuple[int, ...] = ()
    assert [*prefetch((item for item in none), lambda item: lambda: item)] == []


def test_one_who_leaves_early_closes_the_source() -> None:
    source = Source()
    items = prefetch(source.items(), lambda item: lambda: item)
    next(items)
    items.close()
    assert source.closed


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_copies_are_those_of_before_their_source_was_overwritten() -> None:
    stream = CopyStream(torch.device("cuda", 0))
    pixels = torch.full((64, 3, 224, 224), 7, dtype=torch.uint8)
    numbers = torch.arange(64)
    arrived = stream.send((pixels, numbers, numbers, numbers))
    pixels.zero_()
    copies = arrived()
    assert (copies[0] == 7).all()
    assert torch.equal(copies[1].cpu(), numbers)
