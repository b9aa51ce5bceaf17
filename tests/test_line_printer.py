"""Lines for a reader that is slow, stalls or is gone."""

from __future__ import annotations

import fcntl
import os
import re
import signal
from collections.abc import Iterator
from typing import NamedTuple, TextIO

import pytest

from engine.process import line_printer, process_text
from engine.process.line_printer import MOST_WAITING, LinePrinter, say
from engine.protocol import events
from tests.processes import LiveJournal, headless, wait_for
from tests.test_engine_process import DIGITS, RUN

PIPE_BYTES = 4096


class Pipe(NamedTuple):
    """A pipe that holds PIPE_BYTES: the end to read, and the end to print to."""

    reader: int
    out: TextIO

    def lines(self) -> list[str]:
        """All lines up to the one that says `the end`."""
        found = b""
        while not found.endswith(b"the end\n"):
            found += os.read(self.reader, 100)
        return found.decode().splitlines()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reader, end = os.pipe()
    fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    with os.fdopen(end, "w") as out:
        yield Pipe(reader, out)
        os.close(reader)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_reader_that_comes_late_gets_whole_lines_and_how_many_were_dropped(
    pipe: Pipe, blocking: bool
) -> None:
    os.set_blocking(pipe.out.fileno(), blocking)
    printer = LinePrinter(pipe.out)
    printer.start()
    count = 3 * MOST_WAITING
    for number in range(count):
        printer.print(f"line {number}")
    printer.print("the end")
    lines = pipe.lines()
    printer.finish()
    assert not printer.is_alive()
    assert lines.pop() == "the end"
    following, gaps = 0, 0
    for line in lines:  # there are several gaps where the thread is slower than its caller
        if line.startswith("line"):
            assert line == f"line {following}"
            following += 1
        else:
            gaps += 1
            dropped = int(re.sub(r"\D", "", line))
            assert line == process_text.lines_dropped(dropped)
            following += dropped
    assert gaps > 0
    assert following == count


def test_of_lines_that_nobody_takes_the_oldest_are_dropped(pipe: Pipe) -> None:
    printer = LinePrinter(pipe.out)
    count = 3 * MOST_WAITING
    for number in range(count):
        printer.print(f"line {number}")
    printer.print("the end")
    printer.start()
    lines = pipe.lines()
    printer.finish()
    dropped = count - (len(lines) - 2)
    assert dropped == count + 1 - MOST_WAITING
    assert lines == [
        process_text.lines_dropped(dropped),
        *(f"line {number}" for number in range(dropped, count)),
        "the end",
    ]


def test_a_reader_that_stalls_is_given_up_at_the_end(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_printer, "SECONDS", 0.01)
    printer = LinePrinter(pipe.out)
    printer.start()
    printer.print("x" * 2 * PIPE_BYTES)
    printer.print("the end")
    printer.finish()
    assert printer.is_alive()
    assert pipe.lines()[-1] == "the end"
    printer.join()


def test_a_reader_that_is_gone_is_no_error(pipe: Pipe) -> None:
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), pipe.reader)
    say("nobody hears it", pipe.out)


def test_what_an_encoding_lacks_is_escaped(pipe: Pipe) -> None:
    pipe.out.reconfigure(encoding="ascii", errors="backslashreplace")  # type: ignore[attr-defined]
    say("b\u00e4h", pipe.out)
    assert os.read(pipe.reader, 100) == b"b\\xe4h\n"


def test_a_run_whose_lines_nobody_reads_trains_on_and_stops_when_told() -> None:
    process = headless(*DIGITS, "--epochs", "5000")
    assert process.stdout is not None
    fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    journal = LiveJournal(RUN.journal)
    # The lines of so many epochs do not fit into the pipe.
    wait_for(lambda: journal.count(events.EpochEnded) > PIPE_BYTES // 80, process)
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: process.poll() is not None)
    assert process.returncode == 143
    assert journal.count(events.RunEnded) == 1
    assert process.stdout.read().endswith("\n")
