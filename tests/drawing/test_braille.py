from __future__ import annotations

from tui.drawing.braille import Canvas


def test_a_rising_line() -> None:
    canvas = Canvas(3, 1)
    canvas.line([(0, 3), (5, 0)])
    assert canvas.rows() == ["⡠⠔⠊"]


def test_a_single_point_and_a_vertical_line() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(0, 0)])
    canvas.line([(3, 0), (3, 3)])
    assert canvas.rows() == ["⠁⢸"]


def test_a_line_is_the_same_backwards_at_its_ends() -> None:
    there, back = Canvas(4, 2), Canvas(4, 2)
    there.line([(0, 0), (7, 7)])
    back.line([(7, 7), (0, 0)])
    assert there.rows() == back.rows() == ["⠑⢄  ", "  ⠑⢄"]


def test_all_dots_of_a_cell() -> None:
    canvas = Canvas(1, 1)
    for x in range(2):
        canvas.line([(x, 0), (x, 3)])
    assert canvas.rows() == ["⣿"]


def test_an_empty_canvas_is_spaces() -> None:
    assert Canvas(3, 2).rows() == ["   ", "   "]
