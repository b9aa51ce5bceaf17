"""What the viewer says of its own cost."""

from __future__ import annotations

from tests.scripted import Clock
from tui.terminal.viewer_cost import CostMeter, ViewerCost


class Terminal:
    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, data: str) -> None:
        self.written.append(data)


def test_bytes_and_processor_time_over_the_last_full_window() -> None:
    terminal, clock, processor = Terminal(), Clock(0.0), Clock(5.0)
    meter = CostMeter(terminal, clock, processor)
    assert meter.read() is None
    terminal.write("the first frame")
    clock.now, processor.now = 3.0, 9.0
    assert meter.read() is None
    terminal.write("▇" * 1000)
    clock.now, processor.now = 12.9, 9.1
    assert meter.read() is None, "a short window would tell of the first frame alone"
    clock.now = 15.0
    terminal.write("abc")
    expected = ViewerCost((9.1 - 9.0) / 12, 3003 / 12)
    assert meter.read() == expected
    clock.now = 18.0
    assert meter.read() == expected, "it changes every ten seconds, not at every look"
    clock.now = 25.0
    assert meter.read() == ViewerCost(0.0, 0.0)
    assert terminal.written == ["the first frame", "▇" * 1000, "abc"], "all goes through unchanged"


def test_a_terminal_is_counted_once() -> None:
    terminal = Terminal()
    meter = CostMeter.of(terminal)
    assert CostMeter.of(terminal) is meter
