"""Starts a script in the environment of a framework, and follows the run that it makes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.protocol import events
from engine.protocol.commands import Command
from engine.protocol.events import Event
from engine.run import spool
from engine.run.run_paths import RunDir
from tests.processes import LiveJournal, start_process, wait_for

ROOT = Path(__file__).parents[3]
SCRIPTS = Path(__file__).with_name("scripts")
Kind = TypeVar("Kind", bound=Event)


class Training:
    """A script, and its first run; only `cnn_tui` is on the script's path, neither engine nor tui."""

    def __init__(self, folder: Path, environment: str, script: Path, *arguments: str) -> None:
        path = folder / "path"
        path.mkdir()
        (path / "cnn_tui").symlink_to(ROOT / "cnn_tui")
        variables = {"PYTHONPATH": str(path), "CNN_TUI_RECORDER": sys.executable}
        self._folder, self._live = folder, dict[str, LiveJournal]()
        self.output = folder / "output.txt"
        python = ROOT / environment / "bin" / "python"
        with self.output.open("w") as output:
            self.process = start_process(
                "env",
                *(f"{name}={value}" for name, value in variables.items()),
                str(python),
                str(script),
                *arguments,
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, number: int = 1) -> RunDir:
        """The run with this number, once it is there."""
        found: list[Path] = []

        def is_there() -> bool:
            found[:] = (self._folder / "runs").glob(f"{number}-*")
            return bool(found)

        self._wait(is_there)
        return RunDir(found[0])

    def events(self, number: int = 1) -> list[Event]:
        """What the journal of a run holds by now."""
        run = self.run(number)
        live = self._live.setdefault(run.path.name, LiveJournal(run.journal))
        live.count(events.RunStarted)
        return live.events

    def wait_for(self, kind: type[Kind], matches: Callable[[Kind], bool] = bool) -> Kind:
        """The first event of this kind that matches, once it is there."""
        found: list[Kind] = []

        def is_there() -> bool:
            of_kind = [event for event in self.events() if isinstance(event, kind)]
            found[:] = [event for event in of_kind if matches(event)]
            return bool(found)

        self._wait(is_there)
        return found[0]

    def send(self, command: Callable[..., Command], **fields: object) -> str:
        return spool.send(self.run(), command, **fields)

    def reply(self, request: str) -> Event:
        """The reply to an inspection with this id, once it is there."""
        file = self.run().replies / f"{request}.json"
        self._wait(file.exists)
        return msgspec.json.decode(file.read_bytes(), type=Event)

    def end(self) -> int:
        """Wait for the end of the script, which must be that of its run, too."""
        return self.process.wait()

    def said(self) -> str:
        return self.output.read_text()

    def _wait(self, condition: Callable[[], bool]) -> None:
        try:
            wait_for(condition, self.process)
        except AssertionError:
            if not condition():
                raise AssertionError(self.said()) from None


def of(kind: type[Kind], told: list[Event]) -> list[Kind]:
    """The events of this kind."""
    return [event for event in told if isinstance(event, kind)]


def has(environment: str) -> bool:
    return os.path.exists(ROOT / environment / "installed")
