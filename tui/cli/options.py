"""The options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from engine.errors import UsageError
from tui.cli import cli_text

Command = TypeVar("Command", bound=Callable[..., Any])


def _number_or_word(
    context: click.Context, option: click.Parameter, value: str | None
) -> int | str | None:
    """A number as an int; the recipe checks any other word."""
    return int(value) if value and value.isdecimal() else value


def named(context: click.Context, argument: click.Parameter, value: str) -> str:
    """A value that a script has not left empty, or none at all. Raises UsageError."""
    assert argument.name is not None
    if not value and context.get_parameter_source(argument.name) is ParameterSource.COMMANDLINE:
        raise UsageError(cli_text.EMPTY_RUN)
    return value


def all_named(
    context: click.Context, argument: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Values of which a script has left none empty. Raises UsageError."""
    if not all(values):
        raise UsageError(cli_text.EMPTY_RUN)
    return values


def _absolute_file(context: click.Context, option: click.Parameter, value: str) -> str:
    """`FILE.py:NAME` with an absolute path; raises UsageError where there is no such file."""
    if not value:
        return ""
    from engine.start.model_names import absolute_architecture

    return absolute_architecture(value)


def gpus_option(command: Command) -> Command:
    """`--gpus N|all`."""
    option = click.option(
        "--gpus", callback=_number_or_word, metavar="N|all", help=cli_text.HELP_GPUS
    )
    return option(command)


def _runs_dir(context: click.Context, option: click.Parameter, value: Path | None) -> Path:
    from engine.run.run_paths import default_runs_dir

    return value or default_runs_dir()


def runs_option(command: Command) -> Command:
    """`--runs-dir FOLDER`; without it, the default folder."""
    option = click.option(
        "--runs-dir",
        type=click.Path(path_type=Path),
        callback=_runs_dir,
        metavar="FOLDER",
        help=cli_text.HELP_RUNS_DIR,
    )
    return option(command)


def _for_engines(context: click.Context, option: click.Parameter, value: str | None) -> None:
    """Put the command into the environment, which every engine from here on inherits."""
    if value is not None:
        from engine.run import on_end

        on_end.check(value)
        os.environ[on_end.VARIABLE] = value


# Its value never becomes a part of a recipe.
on_end_option = click.option(
    "--on-end",
    callback=_for_engines,
    expose_value=False,
    metavar="COMMAND",
    help=cli_text.HELP_ON_END,
)
ascii_option = click.option("--ascii", "ascii_only", is_flag=True, help=cli_text.HELP_ASCII)
force_option = click.option("--force", is_flag=True, help=cli_text.HELP_FORCE)
no_ui_option = click.option("--no-ui", is_flag=True, help=cli_text.HELP_NO_UI)
dry_run_option = click.option("--dry-run", is_flag=True, help=cli_text.HELP_DRY_RUN)
json_option = click.option("--json", "as_json", is_flag=True, help=cli_text.HELP_JSON)
# Of commands that use a trained network, or write files for the user.
own_network_option = click.option(
    "--arch",
    default="",
    callback=_absolute_file,
    metavar="FILE.py:NAME",
    help=cli_text.HELP_OWN_NETWORK,
)
computing_option = click.option(
    "--device", default="auto", metavar="DEVICE", help=cli_text.HELP_COMPUTING
)
replace_option = click.option("--force", is_flag=True, help=cli_text.HELP_REPLACE)
runs_argument = click.argument("runs", nargs=-1, metavar="[RUN]...", callback=all_named)
run_argument = click.argument("run", default="", metavar="[RUN]", callback=named)

_RECIPE_OPTIONS = (
    click.option("--arch", "-m", metavar="NAME", help=cli_text.HELP_ARCH),
    click.option("--data", "-d", metavar="NAME|PATH", help=cli_text.HELP_DATA),
    click.option("--recipe", "-r", metavar="NAME|FILE", help=cli_text.HELP_RECIPE),
    click.option("--pretrained", is_flag=True, default=None, help=cli_text.HELP_PRETRAINED),
    click.option("--init-from", metavar="RUN|FILE", help=cli_text.HELP_INIT_FROM),
    click.option("--epochs", type=int, metavar="N", help=cli_text.HELP_EPOCHS),
    click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help=cli_text.HELP_SET),
    click.option("--device", metavar="DEVICE", help=cli_text.HELP_DEVICE),
    gpus_option,
    click.option("--compile", metavar="auto|off|on", help=cli_text.HELP_COMPILE),
    click.option("--seed", type=int, metavar="N", help=cli_text.HELP_SEED),
    click.option("--data-dir", metavar="FOLDER", help=cli_text.HELP_DATA_DIR),
    click.option("--labels", "decisions", metavar="FILE", help=cli_text.HELP_LABELS),
    click.option("--on-nan", metavar="WHAT", help=cli_text.HELP_ON_NAN),
    click.option("--name", default="", metavar="NAME", help=cli_text.HELP_NAME),
)
_START_OPTIONS = (
    *_RECIPE_OPTIONS,
    click.option(
        "--resume", type=click.Choice(["auto"]), metavar="auto", help=cli_text.HELP_RESUME_AUTO
    ),
    force_option,
    on_end_option,
    no_ui_option,
    click.option("--create", is_flag=True, help=cli_text.HELP_CREATE),
    dry_run_option,
    ascii_option,
)


def recipe_options(command: Command) -> Command:
    """The options that say what to train, and the name of the run."""
    for option in reversed(_RECIPE_OPTIONS):
        command = option(command)
    return command


def start_options(command: Command) -> Command:
    """The options that say what to train, and how."""
    for option in reversed(_START_OPTIONS):
        command = option(command)
    return command
