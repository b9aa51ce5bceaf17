"""What a watched script and its recorder say to each other: one JSON object on each line.

The script writes to the standard input of its recorder, and reads its standard output. The first
line of a script is `Hello`; then come events as the journal has them, without `seq` and `time`,
and replies to `Inspect`. The recorder answers the first line with `Recording` or `Refused`, and
then writes the commands for the script.

The script's side, `cnn_tui.watching`, knows these lines as plain dictionaries: it needs nothing but
the standard library. New fields have defaults, and unknown fields are ignored.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.protocol.commands import Command
from engine.protocol.events import Event
from engine.recipes.watched_recipe import Setting

# Raised when an older side could not understand a newer one.
VERSION = 1


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """A line that is neither an event nor a command."""


class Hello(_Line, frozen=True):
    """The first line of a script, which asks for a run of this name.

    `runs_dir` is the folder of runs, empty for the default one of the script's folder. `program`
    names the script, and `settings` its hyper-parameters; `pid` is its process. With `resume` the
    newest run of this name that has a checkpoint of the script goes on, if there is one.
    """

    version: int
    name: str
    program: str
    runs_dir: str = ""
    pid: int = 0
    settings: dict[str, Setting] = {}
    resume: bool = False


class Reply(_Line, frozen=True):
    """The reply of the script to the `Inspect` with this id."""

    id: str
    event: Event


class GoesOn(_Line, frozen=True):
    """The script has loaded its checkpoint of this step; what the run had after it is void."""

    step: int
    epoch: int


class Recording(_Line, frozen=True):
    """The recorder keeps this run. `folder` is its path, `selector` what names it to `attach`.

    `checkpoint` is the checkpoint of the script from which it may go on, empty without one.
    """

    folder: str
    label: str
    selector: str
    checkpoint: str = ""


class Refused(_Line, frozen=True):
    """There is no run, and the recorder ends: the sentence says why, and what to do."""

    sentence: str


FromScript: TypeAlias = Hello | Reply | GoesOn | Event
ToScript: TypeAlias = Recording | Refused | Command

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[FromScript] = msgspec.json.Decoder(FromScript)


def decode(line: bytes) -> FromScript:
    """Decode a line of the script. Raises one of `events.UNREADABLE`."""
    return _decoder.decode(line)
