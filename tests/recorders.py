"""A script without a training: it writes the lines of one to a real recorder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from cnn_tui.watching import recorder_start
from engine.protocol import events, script_lines
from engine.protocol.commands import Command
from engine.protocol.events import Event
from engine.protocol.script_lines import Recording, Refused
from engine.run.run_paths import RunDir
from tests import processes

ROOT = Path(__file__).parents[1]
COMMAND = recorder_start.Recorder(sys.executable, str(ROOT)).command
_decoder = msgspec.json.Decoder(script_lines.ToScript)


class FakeScript:
    """The script's end of the pipes. The recorder ends with the innermost scope of the test."""

    def __init__(self, *command: str, folder: Path | None = None) -> None:
        """`command` starts the recorder, in `folder` if one is given."""
        self.recorder = processes.start_process(
            *(command or COMMAND), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        self.recording: Recording | None = None

    def hello(self, name: str = "mine", **fields: Any) -> Recording | Refused:
        """Ask for a run; returns the answer. By default this process is the script."""
        program = {"program": "train.py", "version": script_lines.VERSION, "pid": os.getpid()}
        self.send({"type": "Hello", "name": name, **program, **fields})
        answer = self.hear()
        assert isinstance(answer, Recording | Refused)
        self.recording = answer if isinstance(answer, Recording) else None
        return answer

    @property
    def run(self) -> RunDir:
        """The run that is recorded."""
        assert self.recording is not None
        return RunDir(Path(self.recording.folder))

    def send(self, *lines: dict[str, Any] | str | Event) -> None:
        """Write lines: events, objects, or text as it is."""
        assert self.recorder.stdin is not None
        for line in lines:
            self.recorder.stdin.write(f"{_text(line)}\n")
        self.recorder.stdin.flush()

    def hear(self) -> Recording | Refused | Command:
        """The next line of the recorder."""
        assert self.recorder.stdout is not None
        return _decoder.decode(self.recorder.stdout.readline())

    def end(self, reason: str = "done") -> int:
        """Say that the run has ended; returns the exit code of the recorder."""
        self.send({"type": "RunEnded", "reason": reason})
        return self.wait()

    def hang_up(self) -> int:
        """Close the pipe, as the end of a process does; returns the exit code of the recorder."""
        assert self.recorder.stdin is not None
        self.recorder.stdin.close()
        return self.wait()

    def wait(self) -> int:
        return self.recorder.wait(processes.TIMEOUT)


def _text(line: dict[str, Any] | str | Event) -> str:
    if isinstance(line, str):
        return line
    return json.dumps(line) if isinstance(line, dict) else events.encode(line).decode()


def started(name: str = "mine", **fields: Any) -> events.RunStarted:
    """What a script says at its first step."""
    unknown: dict[str, Any] = {
        **{"attempt": "", "recipe": None, "resolved": None, "host": "", "device": "cpu"},
        **{"classes": (), "layers": (), "parameters": 0, "macs": 0, "input": (0, 0, 0)},
        **{"train_images": 0, "validation_images": 0, "validation_is_test": False},
        **{"steps_per_epoch": 10, "planned_steps": 100, "versions": {"torch": "2.14.1"}},
    }
    watched = events.Watched(program="train.py", framework="PyTorch 2.14.1", epochs=10)
    return events.RunStarted(name=name, watched=watched, **{**unknown, **fields})


def epoch(number: int, steps_per_epoch: int = 10) -> list[Event]:
    """An epoch in two reports and its end."""
    last = number * steps_per_epoch
    half = last - steps_per_epoch // 2
    return [
        events.Steps(epoch=number, step=half, loss=1 / half, top1=0.5, lr=0.1),
        events.Steps(epoch=number, step=last, loss=1 / last, top1=0.5, lr=0.1),
        events.EpochEnded(epoch=number, step=last, train_loss=1 / last, loss=1 / last, top1=0.6),
    ]


def checkpoint(step: int, number: int) -> events.Checkpointed:
    """A checkpoint that the script has written itself."""
    return events.Checkpointed(
        file="script.pt", epoch=number, bytes=1, seconds=0.1, reason="command", step=step
    )
