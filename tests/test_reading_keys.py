"""The thread that reads keys never waits in a read, though a shell reads there, too."""

from __future__ import annotations

import asyncio
import os
import pty
import selectors
import signal
from collections.abc import Iterator

import pytest
from textual.app import App

from tui.terminal.driver import SteadyDriver, reading_without_waiting


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal: what types, and what reads."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_another_descriptor_of_the_same_terminal_does_not_wait(terminal: tuple[int, int]) -> None:
    typing, shell = terminal
    own = reading_without_waiting(shell)
    try:
        assert os.ttyname(own) == os.ttyname(shell)
        assert (os.get_blocking(own), os.get_blocking(shell)) == (False, True)
        os.write(typing, b"q\n")
        assert os.read(own, 8) == b"q\n"
    finally:
        os.close(own)


def test_what_is_no_terminal_stays_as_it_is() -> None:
    pipe = os.pipe()
    assert reading_without_waiting(pipe[0]) == pipe[0]
    for end in pipe:
        os.close(end)


def test_keys_that_somebody_else_read_first_are_not_waited_for(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal is said to be readable, and nothing is there; then the app leaves."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    driver = asyncio.run(driver_of(terminal[1]))
    looks: list[bool] = []

    class Hasty(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            looks.append(True)
            if len(looks) > 1:
                driver.exit_event.set()
                return []
            return [(key, key.events) for key in self.get_map().values()]

    monkeypatch.setattr(selectors, "SelectSelector", Hasty)
    driver.run_input_thread()
    os.close(driver.fileno)
    assert len(looks) > 1


async def driver_of(descriptor: int) -> SteadyDriver:
    driver = SteadyDriver(App())
    driver.fileno = reading_without_waiting(descriptor)
    return driver
