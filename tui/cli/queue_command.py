"""`cnn-tui queue`: lists and changes what is trained one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import RunError, UsageError
from tui.cli import cli_text, settings_check
from tui.cli import queue_command_text as words
from tui.cli.bare_words import OptionsAlone
from tui.cli.options import json_option, on_end_option, recipe_options, runs_option
from tui.cli.printed_json import print_line
from tui.cli.start_command import StartRequest
from tui.cli.stderr_lines import say

if TYPE_CHECKING:
    from engine.queueing.queue_edits import Where
    from engine.run.run_paths import RunDir

run_argument = click.argument("run", metavar="RUN")


@click.group(invoke_without_command=True, help=words.HELP_QUEUE)
@json_option
@runs_option
@click.pass_context
def queue(ctx: click.Context, as_json: bool, runs_dir: Path) -> None:
    if ctx.invoked_subcommand is None:
        _print_list(runs_dir, as_json=as_json)


@queue.command("list", help=words.HELP_LIST)
@json_option
@runs_option
def list_(as_json: bool, runs_dir: Path) -> None:
    _print_list(runs_dir, as_json=as_json)


def _print_list(runs_dir: Path, *, as_json: bool) -> None:
    from tui.cli import queue_list
    from tui.viewer import queue_status

    status = queue_status.status(runs_dir)
    (queue_list.print_json if as_json else queue_list.print_tables)(status)


@queue.command("add", cls=OptionsAlone, help=words.HELP_ADD)
@recipe_options
@click.option("--run", "existing", default="", metavar="RUN", help=words.HELP_ADD_RUN)
@on_end_option
@json_option
@runs_option
def add(existing: str, as_json: bool, **options: Any) -> None:
    from engine.queueing import queue_edits, queue_file, queued_runs
    from engine.queueing.task import Task
    from engine.start import engine_environment

    engine_environment.check_modules()
    request = StartRequest.from_options(**options)
    runs_dir = request.runs_dir
    settings_check.tell_doubts_for_runner(runs_dir)
    if existing:
        run = _resumable(runs_dir, existing, request)
        place = queue_edits.add(runs_dir, [Task(run.label)])
    else:
        queue_file.read(runs_dir)  # a queue that is damaged must leave no run behind
        run, place = queued_runs.create(request.build_queued_recipe(), runs_dir, request.name)
    paused = queue_file.read(runs_dir).paused
    if as_json:
        print_line({"run": run.label, "path": str(run.path), "place": place, "paused": paused})
    else:
        click.echo(words.queued(run.label, place, paused))


def _resumable(runs_dir: Path, selector: str, request: StartRequest) -> RunDir:
    """The run that a selector means, if it could be resumed now, or once its engine has ended."""
    from engine.run import run_liveness
    from engine.start import resume

    if request.flags or request.sets or request.recipe or request.name:
        raise UsageError(words.RUN_ALONE)
    run = _found(runs_dir, selector)
    if not run_liveness.is_live(run):
        resume.resumed_recipe(run, resume.ResumeRequest())
    return run


def _found(runs_dir: Path, selector: str) -> RunDir:
    """The run of this folder that a selector means. Raises RunError if it is in another one."""
    from engine.run import run_search

    run = run_search.find(runs_dir, selector)
    if run.path.resolve().parent != runs_dir.resolve():
        raise RunError(words.not_in_folder(run.path, run.path.resolve().parent))
    return run


@queue.command("move", help=words.HELP_MOVE)
@run_argument
@click.argument("where", metavar="up|down|first|last|PLACE")
@json_option
@runs_option
def move(run: str, where: str, as_json: bool, runs_dir: Path) -> None:
    from engine.queueing import queue_edits

    label = _found(runs_dir, run).label
    place = queue_edits.move(runs_dir, label, _where(where))
    if as_json:
        print_line({"run": label, "place": place})
    else:
        click.echo(words.moved(label, place))


def _where(word: str) -> Where:
    if word.isdecimal():
        return int(word)
    for known in ("up", "down", "first", "last"):
        if word == known:
            return known
    raise UsageError(words.where(word))


@queue.command("remove", help=words.HELP_REMOVE)
@run_argument
@json_option
@runs_option
def remove(run: str, as_json: bool, runs_dir: Path) -> None:
    from engine.racing import race_dropping

    found = _found(runs_dir, run)
    deleted = race_dropping.remove(runs_dir, found.label)
    if as_json:
        print_line({"run": found.label, "trash": str(deleted.path) if deleted else None})
    else:
        click.echo(words.removed(found.label, deleted.path if deleted else None))


@queue.command("pause", help=words.HELP_PAUSE)
@click.option("--now", is_flag=True, help=words.HELP_PAUSE_NOW)
@json_option
@runs_option
def pause(now: bool, as_json: bool, runs_dir: Path) -> None:
    from engine.queueing import queue_edits

    training = (queue_edits.pause_now if now else queue_edits.pause)(runs_dir)
    if as_json:
        print_line({"paused": True, "training": training, "stopped": now})
    else:
        click.echo(words.paused(training, stopped=now))


@queue.command("continue", help=words.HELP_CONTINUE)
@on_end_option
@json_option
@runs_option
def continue_(as_json: bool, runs_dir: Path) -> None:
    from engine.queueing import queue_edits
    from engine.racing import race_control

    settings_check.tell_doubts_for_runner(runs_dir)
    for fault in race_control.follow_all(runs_dir):
        say(cli_text.warning(fault))
    count = queue_edits.go_on(runs_dir)
    if as_json:
        print_line({"paused": False, "runs": count})
    else:
        click.echo(words.going_on(count))
