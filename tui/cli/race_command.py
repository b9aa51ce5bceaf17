"""`cnn-tui race`: starts a race of recipes, shows it, stops it and goes on with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import UsageError
from tui.cli import cli_text, race_text, settings_check, viewer_start
from tui.cli.options import ascii_option, gpus_option, json_option, on_end_option, runs_option
from tui.cli.printed_json import print_object

if TYPE_CHECKING:
    from engine.racing.race import Race
    from engine.racing.race_request import RaceRequest


def _budget(context: click.Context, option: click.Parameter, value: str) -> float:
    """The seconds of a duration, 0 for none. Raises UsageError."""
    if not value:
        return 0.0
    from engine.run.conditions import parse_duration

    return parse_duration(value)


@click.command(help=race_text.HELP_RACE)
@click.argument("words", nargs=-1, metavar="[LABEL]")
@click.option("--arch", "-m", "archs", default="", metavar="NAMES", help=race_text.HELP_ARCHS)
@click.option("--data", "-d", metavar="NAME|PATH", help=cli_text.HELP_DATA)
@click.option("--recipe", "-r", metavar="NAME|FILE", help=cli_text.HELP_RECIPE)
@click.option("--pretrained", is_flag=True, default=None, help=cli_text.HELP_PRETRAINED)
@click.option("--init-from", metavar="RUN|FILE", help=cli_text.HELP_INIT_FROM)
@click.option("--epochs", type=int, metavar="N", help=cli_text.HELP_EPOCHS)
@click.option("--set", "sets", multiple=True, metavar="KEY=[…]", help=race_text.HELP_SET)
@click.option("--seeds", type=click.IntRange(1), default=1, metavar="N", help=race_text.HELP_SEEDS)
@click.option("--halving", is_flag=True, help=race_text.HELP_HALVING)
@click.option("--budget", default="", callback=_budget, metavar="TIME", help=race_text.HELP_BUDGET)
@click.option(
    "--sampler",
    type=click.Choice(["grid", "tpe"]),
    default="grid",
    metavar="grid|tpe",
    help=race_text.HELP_SAMPLER,
)
@click.option(
    "--trials", type=click.IntRange(1), default=None, metavar="N", help=race_text.HELP_TRIALS
)
@click.option("--device", metavar="DEVICE", help=cli_text.HELP_DEVICE)
@gpus_option
@click.option("--compile", metavar="auto|off|on", help=cli_text.HELP_COMPILE)
@click.option("--seed", type=int, metavar="N", help=cli_text.HELP_SEED)
@click.option("--data-dir", metavar="FOLDER", help=cli_text.HELP_DATA_DIR)
@click.option("--labels", "decisions", metavar="FILE", help=cli_text.HELP_LABELS)
@click.option("--name", default="", metavar="NAME", help=race_text.HELP_NAME)
@click.option("--yes", is_flag=True, help=race_text.HELP_YES)
@on_end_option
@json_option
@ascii_option
@runs_option
@click.pass_context
def race(
    context: click.Context,
    /,
    words: tuple[str, ...],
    as_json: bool,
    ascii_only: bool,
    runs_dir: Path,
    yes: bool,
    **options: Any,
) -> None:
    given = any(
        context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        for name in options
    )
    if not given:
        _of_race(words, runs_dir, as_json=as_json, ascii_only=ascii_only)
    elif words:
        raise UsageError(race_text.BOTH)
    else:
        made = _start(_request(**options), runs_dir, however_many=yes)
        _show(made, runs_dir, as_json=as_json, ascii_only=ascii_only)
        if not as_json:
            _tell_started(made, runs_dir)


def _request(
    archs: str,
    recipe: str | None,
    sets: tuple[str, ...],
    seeds: int,
    halving: bool,
    budget: float,
    sampler: Any,
    trials: int | None,
    name: str,
    **fields: object,
) -> RaceRequest:
    from engine.racing.race_request import RaceRequest

    return RaceRequest(
        recipe=recipe,
        sets=sets,
        flags={key: value for key, value in fields.items() if value is not None},
        archs=[arch.strip() for arch in archs.split(",") if arch.strip()],
        seeds=seeds,
        halving=halving,
        budget=budget,
        sampler=sampler,
        trials=trials or 0,
        name=name,
    )


def _start(request: RaceRequest, runs_dir: Path, *, however_many: bool) -> Race:
    from engine.racing import race_control
    from engine.racing.race_preparation import prepare
    from engine.start import engine_environment

    engine_environment.check_modules()
    settings_check.tell_doubts_for_runner(runs_dir)
    made = prepare(runs_dir, request, however_many=however_many)
    race_control.start(runs_dir, made.label)
    return made


def _tell_started(made: Race, runs_dir: Path) -> None:
    from engine.queueing import queue_file

    said = race_text.waits if queue_file.read(runs_dir).paused else race_text.started
    click.echo(said(made.label))


def _of_race(words: tuple[str, ...], runs_dir: Path, *, as_json: bool, ascii_only: bool) -> None:
    """Do what the words say to a race that is there; without any, show the newest one."""
    from engine.racing import race_control, race_file

    *verb, label = words if words and words[-1] not in race_text.WORDS else (*words, "")
    if len(verb) > 1 or (verb and verb[0] not in race_text.WORDS):
        raise UsageError(race_text.TOO_MANY_WORDS)
    found = race_file.find(runs_dir, label)
    if verb == ["stop"]:
        live = race_control.stop(runs_dir, found.label)
        if not as_json:
            click.echo(race_text.stopped(found.label, len(live)))
            return
    elif verb == ["resume"]:
        race_control.resume(runs_dir, found.label)
    again = race_file.read(runs_dir, found.label)
    _show(again, runs_dir, as_json=as_json, ascii_only=ascii_only)


def _show(found: Race, runs_dir: Path, *, as_json: bool, ascii_only: bool) -> None:
    """Show the race on the screen; where nothing can be drawn, print its board."""
    from engine.racing import leader_board

    if not as_json and viewer_start.on_screen():
        viewer_start.show_race(runs_dir, found.label, ascii_only=ascii_only)
    board = leader_board.board(runs_dir, found)
    if as_json:
        print_object(board)
        return
    from tui.cli.race_board import print_board

    print_board(board, runs_dir)
