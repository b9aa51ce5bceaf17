"""`cnn-tui export`: a trained network in files that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import UsageError
from engine.protocol.requests import ExportFormat
from tui.cli import export_command_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import runs_option

if TYPE_CHECKING:
    from engine.run.saved_file import SavedFile

Command = TypeVar("Command", bound=Callable[..., Any])

# The options with a file, and their help.
FORMATS: Mapping[ExportFormat, str] = {
    "onnx": export_command_text.HELP_ONNX,
    "pt2": export_command_text.HELP_PT2,
    "safetensors": export_command_text.HELP_SAFETENSORS,
    "state-dict": export_command_text.HELP_STATE_DICT,
}


def format_options(command: Command) -> Command:
    """`--onnx FILE` and the others."""
    for name, words in reversed(list(FORMATS.items())):
        kind = click.Path(path_type=Path)
        command = click.option(f"--{name}", type=kind, metavar="FILE", help=words)(command)
    return command


@click.command(help=export_command_text.HELP)
@click.argument("source", default="", metavar="[RUN|FILE]")
@format_options
@click.option("--raw", is_flag=True, help=export_command_text.HELP_RAW)
@click.option("--force", is_flag=True, help=export_command_text.HELP_FORCE)
@click.option("--arch", default="", metavar="FILE.py:NAME", help=export_command_text.HELP_ARCH)
@runs_option
def export(
    source: str, raw: bool, force: bool, arch: str, runs_dir: Path, **files: Path | None
) -> None:
    from engine.export import export_formats
    from engine.run.saved_file import find_saved

    given = {name: path for name in FORMATS if (path := files[name.replace("-", "_")]) is not None}
    export_formats.check(given, raw=raw)
    saved = find_saved(source, runs_dir)
    _check_targets(given.values(), saved, force)
    _export(saved, given, raw, arch)


def _check_targets(paths: Iterable[Path], saved: SavedFile, force: bool) -> None:
    """Raise UsageError where a file must not be written."""
    from engine.run.target_files import check_target

    taken = {saved.path.resolve()}
    for path in paths:
        check_target(path, force=force)
        if path.resolve() in taken:
            raise UsageError(export_command_text.used_twice(path))
        taken.add(path.resolve())


def _export(saved: SavedFile, files: Mapping[ExportFormat, Path], raw: bool, arch: str) -> None:
    """Keep each file as soon as it is checked, and say so."""
    from engine.protocol.export_answers import Exported
    from engine.protocol.requests import ExportNetwork
    from engine.run.target_files import target_file
    from engine.start import network_requests

    with ExitStack() as stack:
        targets = {name: stack.enter_context(target_file(path)) for name, path in files.items()}
        wanted = ExportNetwork(
            checkpoint=str(saved.path),
            run="" if saved.run is None else str(saved.run.path),
            files={name: str(target.temporary.absolute()) for name, target in targets.items()},
            raw=raw,
            arch=arch,
        )
        with answers_of(network_requests.export(wanted), export_command_text.STOPPED) as answers:
            for answer in answers:
                assert isinstance(answer, Exported)
                targets[answer.format].keep()
                click.echo(export_command_text.kept(files[answer.format], answer))
