from __future__ import annotations

import math
import subprocess
import sys

from tests.drawing.examples import drawn
from tui.drawing.cells import Span
from tui.drawing.plot import Line, plot

ROOF = [Line([0, 1], [0, 1], "rate"), Line([1, 2], [1, 0], "dim")]


def test_lines_in_their_inks() -> None:
    rows = plot(ROOF, 10, 2, (0.0, 2.0), (0.0, 1.0))
    assert drawn(rows) == ["   ⡠⠒⠑⠤⡀", "⡠⠔⠉    ⠈⠒⢄"]
    assert rows[0] == (Span("   "), Span("⡠⠒", "rate"), Span("⠑⠤⡀", "dim"), Span("  "))


def test_a_line_breaks_where_it_is_not_finite() -> None:
    line = Line([0, 0.5, 1.0, 1.5, 2], [0, 0, math.nan, 1, 1], "rate")
    assert drawn(plot([line], 10, 1, (0.0, 2.0), (0.0, 1.0))) == ["⣀⣀⣀    ⠈⠉⠉"]


def test_values_beyond_the_range_are_drawn_at_its_edge() -> None:
    line = Line([0, 1], [-1e300, 1e300], "rate")
    assert drawn(plot([line], 2, 1, (0.0, 1.0), (0.0, 1.0))) == ["⡠⠊"]


def test_nothing_but_infinities_is_an_empty_plot() -> None:
    line = Line([0, 1], [math.inf, -math.inf], "rate")
    assert drawn(plot([line], 3, 2, (0.0, 1.0), (0.0, 1.0))) == ["", ""]
    assert drawn(plot([], 3, 1, (0.0, 1.0), (0.0, 1.0))) == [""]


def test_plotext_is_loaded_on_first_use_only() -> None:
    code = "import sys, tui.drawing.rate; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
