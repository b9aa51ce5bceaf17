"""`cnn-tui export --onnx` and the like: a trained network in files that other programs read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from engine.errors import UsageError
from engine.protocol.requests import ExportFormat
from tui.cli import export_command_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import Command
from tui.cli.written_file import WrittenFile

if TYPE_CHECKING:
    from engine.protocol.export_answers import Exported
    from engine.run.saved_file import SavedFile


# The options with a file, and their help.
FORMATS: Mapping[ExportFormat, str] = {
    "onnx": export_command_text.HELP_ONNX,
    "pt2": export_command_text.HELP_PT2,
    "safetensors": export_command_text.HELP_SAFETENSORS,
    "state-dict": export_command_text.HELP_STATE_DICT,
}


def network_options(command: Command) -> Command:
    """`--onnx FILE` and the others."""
    for name, words in reversed(list(FORMATS.items())):
        kind = click.Path(path_type=Path)
        command = click.option(f"--{name}", type=kind, metavar="FILE", help=words)(command)
    return command


def given_files(options: Mapping[str, Path | None]) -> dict[ExportFormat, Path]:
    """The files by format, from the parameters of `network_options`."""
    given = {name: options[name.replace("-", "_")] for name in FORMATS}
    return {name: path for name, path in given.items() if path is not None}


def check(files: Mapping[ExportFormat, Path], saved: SavedFile, *, raw: bool, force: bool) -> None:
    """Raise UsageError before the network is loaded."""
    from engine.export import export_formats

    export_formats.check(files, raw=raw)
    _check_targets(files.values(), saved, force)


def _check_targets(paths: Iterable[Path], saved: SavedFile, force: bool) -> None:
    """Raise UsageError where a file must not be written."""
    from engine.run.target_files import check_target

    taken = {os.path.realpath(saved.path)}
    for path in paths:
        check_target(path, force=force)
        if os.path.realpath(path) in taken:
            raise UsageError(export_command_text.used_twice(path))
        taken.add(os.path.realpath(path))


def write(
    files: Mapping[ExportFormat, Path], saved: SavedFile, raw: bool, arch: str
) -> Iterator[WrittenFile]:
    """Keep each file as soon as it is checked, and tell it."""
    from engine.protocol.export_answers import Exported
    from engine.protocol.requests import ExportNetwork
    from engine.run.target_files import target_file
    from engine.start import network_requests

    with ExitStack() as stack:
        targets = {name: stack.enter_context(target_file(path)) for name, path in files.items()}
        wanted = ExportNetwork(
            saved=os.fsencode(saved.path),
            files={
                name: os.fsencode(target.temporary.absolute()) for name, target in targets.items()
            },
            raw=raw,
            arch=arch,
        )
        with answers_of(network_requests.export(wanted), export_command_text.STOPPED) as answers:
            for answer in answers:
                assert isinstance(answer, Exported)
                targets[answer.format].keep()
                yield _told(files[answer.format], answer)


def _told(path: Path, answer: Exported) -> WrittenFile:
    found = msgspec.to_builtins(answer)
    del found["type"], found["format"]
    sentence = export_command_text.kept(path, answer)
    return WrittenFile(answer.format, {"file": str(path), **found}, sentence)
