"""Asks an engine process for something that needs no run, and reads its answers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Generic, TypeVar

import msgspec

from engine import text
from engine.errors import DataError, RunError, UsageError
from engine.protocol import requests
from engine.protocol.requests import Request
from engine.start import start_text

A = TypeVar("A")


class EngineRequest(Generic[A]):
    """A process that answers one request. It keeps torch and damaged images away from this one.

    `decode` reads one answer and raises MsgspecError for what is none. `process` names the process
    in sentences. Raises UsageError for a name in the request that is no text.
    """

    def __init__(
        self,
        request: Request,
        decode: Callable[[bytes], A],
        process: str,
        environment: Mapping[str, str],
    ) -> None:
        try:
            self._request = requests.encode(request)
        except UnicodeEncodeError as error:
            raise UsageError(text.not_unicode(error.object)) from error
        self._decode, self._name = decode, process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "--request"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )

    @property
    def process_id(self) -> int:
        return self._process.pid

    def answers(self) -> Generator[A, None, None]:
        """The answers as they come.

        The process ends where this generator is closed. Raises DataError with what is wrong with
        the request or its data, and RunError where the process fails, or after `cancel`.
        """
        with ThreadPoolExecutor(1) as reader, self._process as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            errors = reader.submit(process.stderr.read)
            try:
                with contextlib.suppress(BrokenPipeError), process.stdin:
                    process.stdin.write(self._request)
                yield from self._decoded(process.stdout)
                self._check(process.wait(), errors.result())
            except BaseException:  # also where the reader leaves
                process.kill()
                raise

    def answer(self) -> A:
        """The one answer to a request that has only one. Raises as `answers`."""
        for answer in self.answers():
            return answer
        raise RunError(start_text.no_answer(self._name))

    def cancel(self) -> None:
        """End the process, if it still works."""
        self._process.kill()

    def _decoded(self, lines: IO[bytes]) -> Iterator[A]:
        for line in lines:
            # A process that dies may tear its last line; `_check` says why it died.
            with contextlib.suppress(msgspec.MsgspecError):
                yield self._decode(line)

    def _check(self, code: int, errors: bytes) -> None:
        if code < 0:
            raise RunError(text.killed(self._name, -code))
        if code:
            complaint = errors.decode(errors="replace").strip().rpartition("\n")[2]
            kind = DataError if code == DataError.exit_code else RunError
            sentence = text.harmless(complaint.removeprefix("cnn-tui: "))
            raise kind(sentence or start_text.no_answer(self._name))
