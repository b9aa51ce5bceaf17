"""Says what is wrong with the user's own settings: before any command, and before a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tui.cli import cli_text
from tui.cli.stderr_lines import say

# It tells itself what is wrong with them.
DOCTOR = "doctor"


def check(command: str | None, arguments: Sequence[str] = ()) -> None:
    """Raise UsageError where the file is wrong, unless the command only helps to correct it."""
    if command == DOCTOR or "--help" in arguments:
        return
    from engine.catalog import user_config

    if user_config.config_file().exists():
        from engine.recipes.recipe import FIELDS

        user_config.read(FIELDS)


def tell_doubts_for_runner(runs_dir: Path) -> None:
    """Say them, and whether a runner of this folder has another command for the end."""
    from engine.queueing import runner_command

    tell_doubts()
    if difference := runner_command.difference(runs_dir):
        say(cli_text.warning(difference))


def tell_doubts() -> None:
    """Say why the command for the end of a run cannot be trusted or cannot run."""
    from engine.catalog import config_trust
    from engine.errors import UsageError
    from engine.run import on_end

    if doubt := config_trust.complaint():
        say(cli_text.warning(doubt))
    try:
        on_end.check(on_end.command())
    except UsageError as error:
        say(cli_text.warning(str(error)))
