"""Asks an engine process what a data set holds."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import msgspec

from engine import text
from engine.data.survey import survey
from engine.data.survey.survey import Message
from engine.errors import DataError, RunError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import to_toml
from engine.start import start_text
from engine.start.engine_environment import environment


class DataInspectionRequest:
    """A process that inspects the data of a recipe. It keeps torch and damaged images away."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        pixels: bool = True,
        near_bits: int | None = None,
        files: bool = False,
    ) -> None:
        options = [
            *([] if pixels else ["--no-pixels"]),
            *([] if near_bits is None else ["--near", str(near_bits)]),
            *(["--files"] if files else []),
        ]
        self._recipe = to_toml(recipe).encode()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "--inspect-data", "-", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(recipe),
        )

    @property
    def process_id(self) -> int:
        return self._process.pid

    def messages(self) -> Generator[Message, None, None]:
        """The messages as they come.

        The process ends where this generator is closed. Raises DataError with what is wrong with
        the data, and RunError where the process fails, or after `cancel`.
        """
        with ThreadPoolExecutor(1) as reader, self._process as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            errors = reader.submit(process.stderr.read)
            try:
                with contextlib.suppress(BrokenPipeError), process.stdin:
                    process.stdin.write(self._recipe)
                yield from _decoded(process.stdout)
                _check(process.wait(), errors.result())
            except BaseException:  # also where the reader leaves
                process.kill()
                raise

    def cancel(self) -> None:
        """End the process, if it still works."""
        self._process.kill()


def _decoded(lines: IO[bytes]) -> Iterator[Message]:
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError):
            yield survey.decode(line)


def _check(code: int, errors: bytes) -> None:
    if code < 0:
        raise RunError(text.killed(start_text.DATA_INSPECTION, -code))
    if code:
        complaint = errors.decode(errors="replace").strip().rpartition("\n")[2]
        kind = DataError if code == DataError.exit_code else RunError
        raise kind(
            text.harmless(complaint.removeprefix("cnn-tui: ")) or start_text.NO_DATA_INSPECTION
        )
