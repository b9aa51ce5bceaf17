"""Training images in a grid."""

from __future__ import annotations

import base64

import pytest

from engine.protocol.events import Picture, Sample
from tui.drawing import cells
from tui.drawing.cells import Span
from tui.drawing.samples import samples_grid

WHITE = Picture(1, 8, 8, base64.b64encode(b"\xff" * 64).decode())


def drawn(samples: list[Sample], width: int, height: int) -> list[str]:
    return [cells.text(row) for row in samples_grid(samples, width, height)]


def test_images_stand_side_by_side_above_their_classes() -> None:
    rows = drawn([Sample(WHITE, "cat"), Sample(WHITE, "dog")], 42, 12)
    assert rows[:10] == ["@" * 20 + "  " + "@" * 20] * 10
    assert rows[10].split() == ["cat", "dog"]


def test_a_mixed_image_names_both_with_its_share() -> None:
    [*_, caption, blank] = drawn([Sample(WHITE, "cat", "dog", 0.7)], 20, 12)
    assert caption.strip() == "cat 0.70 dog"
    assert blank == ""


def test_only_whole_bands_are_shown() -> None:
    samples = [Sample(WHITE, str(i)) for i in range(6)]
    assert len(drawn(samples, 42, 26)) == 20, "two bands of two, of which each has a blank row"


def test_they_are_as_large_as_they_can_be_where_all_are_shown() -> None:
    samples = [Sample(WHITE, str(i)) for i in range(12)]
    for size, side, shown in [((196, 58), 32, 12), ((116, 38), 20, 12), ((76, 22), 16, 8)]:
        rows = drawn(samples, *size)
        assert rows[0].split()[0] == "@" * side
        assert len(" ".join(row for row in rows if "@" not in row).split()) == shown


def test_more_than_enough_fill_the_rest() -> None:
    samples = [Sample(WHITE, str(i)) for i in range(40)]
    for size, side, shown in [((196, 58), 32, 15), ((116, 38), 20, 15), ((76, 22), 16, 8)]:
        rows = drawn(samples, *size)
        assert rows[0].split()[0] == "@" * side
        assert len(" ".join(row for row in rows if "@" not in row).split()) == shown


def test_what_cannot_be_decoded_is_dark_and_names_are_harmless() -> None:
    rows = drawn([Sample(Picture(1, 8, 8, "?"), "\x1b[31m")], 20, 12)
    assert rows[0] == " " * 20
    assert rows[10].startswith("\\x1b[31m")


def test_in_colours_they_are_half_blocks() -> None:
    rows = samples_grid([Sample(WHITE, "cat")] * 2, 42, 12, coloured=True)
    white = Span(" " * 20, "plain", ("", "#eeeeee"))
    assert rows[:10] == [(white, Span("  "), white)] * 10


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 40), (200, 2)])
def test_any_size_draws(width: int, height: int) -> None:
    drawn([Sample(WHITE, "cat")] * 3, width, height)
