"""`cnn-tui resume`: continue a run that no engine trains."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli import cli_text, rehearsal, viewer_start
from tui.cli.options import (
    ascii_option,
    dry_run_option,
    force_option,
    gpus_option,
    no_ui_option,
    on_end_option,
    run_argument,
    runs_option,
)
from tui.cli.stderr_lines import say
from tui.cli.taken_run import tell_if_elsewhere


@click.command(help=cli_text.HELP_RESUME)
@run_argument
@click.option("--epochs", type=click.IntRange(1), metavar="N", help=cli_text.HELP_MORE_EPOCHS)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help=cli_text.HELP_CHANGE)
@click.option("--device", metavar="DEVICE", help=cli_text.HELP_OTHER_DEVICE)
@gpus_option
@force_option
@on_end_option
@no_ui_option
@dry_run_option
@ascii_option
@runs_option
def resume(
    run: str,
    epochs: int | None,
    sets: tuple[str, ...],
    device: str | None,
    gpus: int | str | None,
    force: bool,
    no_ui: bool,
    dry_run: bool,
    ascii_only: bool,
    runs_dir: Path,
) -> None:
    from engine.errors import RunError
    from engine.recipes.recipe_toml import parse_setting
    from engine.run import run_liveness, run_search
    from engine.start import engine_environment, start_text
    from engine.start import resume as resuming
    from engine.text import already_running

    found = run_search.find(runs_dir, run)
    tell_if_elsewhere(found, runs_dir, run)
    engine_environment.check_modules()
    changes = dict(parse_setting(setting) for setting in sets)
    request = resuming.resume_request(found, changes, epochs, gpus, device, force=force)
    live = run_liveness.watch(found) == ["live"]
    if live and request._replace(force=False) != resuming.ResumeRequest():
        raise RunError(start_text.stop_first(found.label, found.selector))
    if dry_run:
        chosen, _ = resuming.resumed_recipe(found, request)
        rehearsal.rehearse(chosen, found, request.engine_options)
    if live and not no_ui and viewer_start.on_screen():
        say(already_running(found.label, found.selector))
        viewer_start.watch(found, runs_dir, started=False, ascii_only=ascii_only)
    claim, chosen = resuming.resume(found, request)
    options = request.engine_options
    viewer_start.train(claim, chosen, runs_dir, options=options, no_ui=no_ui, ascii_only=ascii_only)
