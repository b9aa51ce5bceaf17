from __future__ import annotations

import math
import subprocess
import sys

import pytest

from tests.drawing.examples import drawn
from tui.drawing.braille import Canvas
from tui.drawing.cells import Span
from tui.drawing.plot import Line, plot
from tui.drawing.scale import Scale, dot_row

ROOF = [Line([0, 1], [0, 1], "rate"), Line([1, 2], [1, 0], "dim")]


def test_lines_in_their_inks() -> None:
    rows = plot(ROOF, 10, 2, (0.0, 2.0), (0.0, 1.0))
    assert drawn(rows) == ["   ⣀⡠⠤⣀⡀", "⠒⠉⠉    ⠈⠉⠒"]
    assert rows[0] == (Span("   "), Span("⣀⡠", "rate"), Span("⠤⣀⡀", "dim"), Span("  "))


def test_a_line_breaks_where_it_is_not_finite() -> None:
    line = Line([0, 0.5, 1.0, 1.5, 2], [0, 0, math.nan, 1, 1], "rate")
    assert drawn(plot([line], 10, 1, (0.0, 2.0), (0.0, 1.0))) == ["⣀⣀⣀    ⠈⠉⠉"]


def test_values_beyond_the_range_are_drawn_at_its_edge() -> None:
    line = Line([0, 1], [-1e300, 1e300], "rate")
    assert drawn(plot([line], 2, 1, (0.0, 1.0), (0.0, 1.0))) == ["⡠⠊"]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_value_lies_where_the_other_curves_have_it(rows: int) -> None:
    for value in (i / (8 * rows - 2) for i in range(8 * rows - 1)):
        at = dot_row(Scale(0.0, 1.0), value, rows)
        canvas = Canvas(1, rows)
        canvas.line([(0, at), (1, at)])
        level = plot([Line([0, 1], [value, value], "rate")], 1, rows, (0.0, 1.0), (0.0, 1.0))
        assert drawn(level) == [row.rstrip() for row in canvas.rows()]


def test_nothing_but_infinities_is_an_empty_plot() -> None:
    line = Line([0, 1], [math.inf, -math.inf], "rate")
    assert drawn(plot([line], 3, 2, (0.0, 1.0), (0.0, 1.0))) == ["", ""]
    assert drawn(plot([], 3, 1, (0.0, 1.0), (0.0, 1.0))) == [""]


def test_plotext_is_loaded_on_first_use_only() -> None:
    code = "import sys, tui.drawing.learning_rate; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
