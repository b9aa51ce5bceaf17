"""Two threads that ask for the exit status of a decoding process both get it."""

from __future__ import annotations

import os
import signal
import struct
import threading

from engine.data.decoding.decoder_workers import ExitStatus


class Ended(ExitStatus):
    """A process that a signal has ended, as its fork server tells it."""

    def __init__(self) -> None:
        self.sentinel, told = os.pipe()
        self.returncode: int | None = None
        os.write(told, struct.pack("q", -signal.SIGSEGV))
        os.close(told)


def asked_by_two(ended: Ended) -> list[int | None]:
    """What two threads are told that ask at the same moment."""
    together = threading.Barrier(2)
    found: list[int | None] = []

    def ask() -> None:
        together.wait()
        found.append(ended.poll(0))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_both_get_the_signal() -> None:
    for _ in range(200):
        ended = Ended()
        assert [*asked_by_two(ended), ended.returncode] == [-signal.SIGSEGV] * 3
        os.close(ended.sentinel)
