"""The command line. Nothing heavy is imported at the top: `--help` answers at once."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from engine.errors import EngineError
from tui.cli import cli_text

Command = TypeVar("Command", bound=Callable[..., Any])


class Cli(click.Group):
    """The group of commands; a user's mistake becomes one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EngineError as error:
            click.echo(f"cnn-tui: {error}", err=True)
            ctx.exit(error.exit_code)


def _count(context: click.Context, option: click.Parameter, said: str | None) -> int | str | None:
    """A number as such; whatever else was said the recipe judges."""
    return int(said) if said and said.isdecimal() else said


def gpus_option(command: Command) -> Command:
    option = click.option("--gpus", callback=_count, metavar="N|all", help=cli_text.HELP_GPUS)
    return option(command)


def start_options(command: Command) -> Command:
    """The options that say what to train and how."""
    for option in reversed(
        (
            click.option("--arch", "-m", metavar="NAME", help=cli_text.HELP_ARCH),
            click.option("--data", "-d", metavar="NAME|FOLDER", help=cli_text.HELP_DATA),
            click.option("--recipe", "-r", metavar="NAME|FILE", help=cli_text.HELP_RECIPE),
            click.option("--pretrained", is_flag=True, default=None, help=cli_text.HELP_PRETRAINED),
            click.option("--init-from", metavar="RUN|FILE", help=cli_text.HELP_INIT_FROM),
            click.option("--epochs", type=int, metavar="N", help=cli_text.HELP_EPOCHS),
            click.option(
                "--set", "sets", multiple=True, metavar="KEY=VALUE", help=cli_text.HELP_SET
            ),
            click.option("--device", metavar="DEVICE", help=cli_text.HELP_DEVICE),
            gpus_option,
            click.option("--compile", metavar="auto|off|on", help=cli_text.HELP_COMPILE),
            click.option("--seed", type=int, metavar="N", help=cli_text.HELP_SEED),
            click.option("--data-dir", metavar="FOLDER", help=cli_text.HELP_DATA_DIR),
            click.option("--name", default="", metavar="NAME", help=cli_text.HELP_NAME),
            click.option(
                "--resume",
                type=click.Choice(["auto"]),
                metavar="auto",
                help=cli_text.HELP_RESUME_AUTO,
            ),
            click.option("--force", is_flag=True, help=cli_text.HELP_FORCE),
            click.option("--on-nan", metavar="WHAT", help=cli_text.HELP_ON_NAN),
            click.option("--no-ui", is_flag=True, help=cli_text.HELP_NO_UI),
            click.option("--create", is_flag=True, help=cli_text.HELP_CREATE),
            click.option("--dry-run", is_flag=True, help=cli_text.HELP_DRY_RUN),
            click.option("--ascii", "ascii_only", is_flag=True, help=cli_text.HELP_ASCII),
        )
    ):
        command = option(command)
    return command


def runs_option(command: Command) -> Command:
    return click.option(
        "--runs-dir", type=click.Path(path_type=Path), metavar="FOLDER", help=cli_text.HELP_RUNS_DIR
    )(command)


def _runs_dir(said: Path | None) -> Path:
    from engine.run.run_paths import default_runs_dir

    return said or default_runs_dir()


@click.group(cls=Cli, invoke_without_command=True, help=cli_text.HELP)
@click.version_option(None, "--version", package_name="cnn-tui", message="%(package)s %(version)s")
@start_options
@runs_option
@click.pass_context
def main(ctx: click.Context, /, **options: Any) -> None:
    if ctx.invoked_subcommand is None:
        _start(launcher=True, **options)
        return
    dropped = [
        parameter.opts[0]
        for parameter in ctx.command.params
        if parameter.name in options
        and ctx.get_parameter_source(parameter.name) is not click.core.ParameterSource.DEFAULT
    ]
    if dropped:
        raise click.UsageError(cli_text.options_before(ctx.invoked_subcommand, dropped))


@main.command(help=cli_text.HELP_TRAIN)
@start_options
@runs_option
def train(**options: Any) -> None:
    _start(launcher=False, **options)


def _start(
    *,
    launcher: bool,
    runs_dir: Path | None,
    name: str,
    resume: str | None,
    force: bool,
    no_ui: bool,
    create: bool,
    dry_run: bool,
    ascii_only: bool,
    **said: Any,
) -> None:
    """Open the launcher, or start the run that was described and watch it."""
    from engine.errors import UsageError
    from engine.start import launch
    from engine.start import resume as resuming

    place = _runs_dir(runs_dir)
    headless = no_ui or not _on_terminal()
    launch.check_modules()
    if resume and not name:
        raise UsageError(cli_text.RESUME_NEEDS_NAME)
    known = resuming.named(place, name) if resume else None
    if create:
        _create(_recipe(place, known, **said), _fields(**said), place, name, resume, force)
        return
    if resume:
        chosen, fields = _recipe_here(place, known, **said), _fields(**said)
        _requeued(chosen, fields, place, name, force, headless, ascii_only)
    if dry_run:
        sys.exit(_rehearse(_recipe_here(place, **said)))
    described = name or any(value not in (None, ()) for k, value in said.items() if k != "data_dir")
    if headless:
        chosen = _recipe_here(place, **said)
        launch.become(launch.create(chosen, place, name), chosen)
    elif launcher and not described:
        _open_launcher(place, said["data_dir"], ascii_only)
    else:
        chosen = _recipe_here(place, **said)
        claim = launch.create(chosen, place, name)
        launch.spawn(claim, chosen)
        _watch(claim.run, place, started=True, ascii_only=ascii_only)


def _create(
    chosen: Any, fields: set[str], runs_dir: Path, name: str, resume: str | None, force: bool
) -> None:
    """Make a run, or find the one of this name, for torchrun to start or to go on with."""
    from engine.run import run_lock
    from engine.start import launch

    if not resume:
        claim = launch.create(chosen, runs_dir, name)
        run_lock.release(claim)
        click.echo(claim.run.path.resolve())
        return
    found = _found(chosen, fields, runs_dir, name, force)
    if found.claim is not None:
        run_lock.release(found.claim)
    if found.epochs is not None:
        click.echo(cli_text.told_to_torchrun(found.epochs), err=True)
    click.echo(found.run.path.resolve())


def _requeued(
    chosen: Any,
    fields: set[str],
    runs_dir: Path,
    name: str,
    force: bool,
    headless: bool,
    ascii_only: bool,
) -> NoReturn:
    """Go on with the newest run of this name, or begin it, or find that it is done."""
    found = _found(chosen, fields, runs_dir, name, force)
    if found.claim is None:
        click.echo(cli_text.nothing_left(found.run.label))
        sys.exit(0)
    _go_on(found.claim, found.recipe, found.epochs, headless)
    _watch(found.run, runs_dir, started=True, ascii_only=ascii_only)
    sys.exit(0)


def _found(chosen: Any, fields: set[str], runs_dir: Path, name: str, force: bool) -> Any:
    """The run of this name; what it does not take from the command line is said."""
    from engine.start import resume as resuming

    found = resuming.resume_or_create(chosen, fields, runs_dir, name, force=force)
    if found.unheeded:
        click.echo(cli_text.warned(found.unheeded), err=True)
    return found


def _go_on(claim: Any, chosen: Any, epochs: int | None, headless: bool) -> None:
    """Start the engine on a run, in the place of this process where that has no interface."""
    from engine.start import launch

    options = () if epochs is None else ("--epochs", str(epochs))
    if headless:
        launch.become(claim, chosen, *options)
    launch.spawn(claim, chosen, *options)


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def _recipe_here(runs_dir: Path, known: Any = None, **said: Any) -> Any:
    """The recipe that the flags describe, for a run that shall start on this machine."""
    from engine.start import launch

    chosen = _recipe(runs_dir, known, **said)
    launch.check_device(chosen.device)
    return chosen


def _recipe(
    runs_dir: Path, known: Any, *, recipe: str | None, sets: tuple[str, ...], **flags: Any
) -> Any:
    """The recipe that the flags describe, checked down to the data on disk."""
    from engine.start import recipe_resolution

    return recipe_resolution.recipe_from(recipe, sets, _meant(flags), runs_dir, known)


def _fields(*, recipe: str | None, sets: tuple[str, ...], **flags: Any) -> set[str]:
    """The fields of a recipe that the command line itself speaks of."""
    from engine.start import recipe_resolution

    return recipe_resolution.fields(recipe, sets, _meant(flags))


def _meant(flags: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flags.items() if value is not None}


def _rehearse(chosen: Any) -> int:
    """Run everything up to one step and one evaluation batch, in a folder that is then gone."""
    import subprocess
    import tempfile

    from engine.start import launch

    with tempfile.TemporaryDirectory(prefix="cnn-tui-") as folder:
        claim = launch.create(chosen, Path(folder))
        command = launch.foreground(claim, chosen, "--dry-run")
        done = subprocess.run(
            command.arguments,
            env=command.variables,
            pass_fds=(claim.lock,),
            check=False,
        )
    if done.returncode == 0:
        click.echo(cli_text.REHEARSED)
    return done.returncode


def _open_launcher(runs_dir: Path, data_dir: str | None, ascii_only: bool) -> None:
    with _prepared(ascii_only) as terminal:
        from tui.app import CnnTui
    _finish(CnnTui(runs_dir, data_dir=data_dir or "", **terminal))


def _watch(run: Any, runs_dir: Path, *, started: bool, ascii_only: bool) -> None:
    with _prepared(ascii_only) as terminal:
        from tui.app import CnnTui
    _finish(CnnTui(runs_dir, watch=run, started=started, **terminal))


@contextlib.contextmanager
def _prepared(ascii_only: bool) -> Iterator[dict[str, Any]]:
    """For importing the app; when that is done, this is what it has to know of its terminal.

    The terminal answers meanwhile. Nothing of what is imported is garbage, so that none is looked
    for until the app has settled.
    """
    from tui.terminal import ambiguous_width

    gc.disable()
    found: dict[str, Any] = {}
    with ambiguous_width.asked() as terminal:
        yield found
    found |= {"ascii_only": ascii_only or terminal.wide, "typed": terminal.typed}


def _finish(app: Any) -> None:
    """Run the app; what it returns is said on the plain terminal afterwards."""
    said = app.run()
    if said:
        click.echo(said)
    sys.exit(app.return_code or 0)


@main.command(help=cli_text.HELP_ATTACH)
@click.argument("run", default="", metavar="[RUN]")
@click.option("--once", is_flag=True, help=cli_text.HELP_ONCE)
@click.option("--ascii", "ascii_only", is_flag=True, help=cli_text.HELP_ASCII)
@runs_option
def attach(run: str, once: bool, ascii_only: bool, runs_dir: Path | None) -> None:
    from engine.errors import UsageError
    from engine.run import run_search

    place = _runs_dir(runs_dir)
    found = run_search.find(place, run)
    if once:
        from tui.cli import single_frame as still

        click.echo(still.frame(found, ascii_only=ascii_only))
        return
    if not _on_terminal():
        raise UsageError(cli_text.NEEDS_TERMINAL)
    _watch(found, place, started=False, ascii_only=ascii_only)


@main.command(help=cli_text.HELP_DEMO)
@click.option("--ascii", "ascii_only", is_flag=True, help=cli_text.HELP_ASCII)
def demo(ascii_only: bool) -> None:
    import tempfile

    from engine.errors import UsageError

    if not _on_terminal():
        raise UsageError(cli_text.DEMO_NEEDS_TERMINAL)
    with _prepared(ascii_only) as terminal:
        from tui.cli.demo import Demo
    with tempfile.TemporaryDirectory(prefix="cnn-tui-", ignore_cleanup_errors=True) as folder:
        _finish(Demo(Path(folder), **terminal))


@main.command(help=cli_text.HELP_RESUME)
@click.argument("run", default="", metavar="[RUN]")
@click.option("--epochs", type=click.IntRange(1), metavar="N", help=cli_text.HELP_MORE_EPOCHS)
@click.option("--device", metavar="DEVICE", help=cli_text.HELP_OTHER_DEVICE)
@gpus_option
@click.option("--force", is_flag=True, help=cli_text.HELP_FORCE)
@click.option("--no-ui", is_flag=True, help=cli_text.HELP_NO_UI)
@click.option("--ascii", "ascii_only", is_flag=True, help=cli_text.HELP_ASCII)
@runs_option
def resume(
    run: str,
    epochs: int | None,
    device: str | None,
    gpus: int | str | None,
    force: bool,
    no_ui: bool,
    ascii_only: bool,
    runs_dir: Path | None,
) -> None:
    from engine import text as engine_text
    from engine.run import run_lock, run_search
    from engine.start import launch
    from engine.start import resume as resuming

    place = _runs_dir(runs_dir)
    found = run_search.find(place, run)
    launch.check_modules()
    headless = no_ui or not _on_terminal()
    if not headless and run_lock.is_live(found):
        click.echo(engine_text.already_running(found.label), err=True)
        _watch(found, place, started=False, ascii_only=ascii_only)
        return
    claim, chosen = resuming.resume(found, epochs, gpus, device, force=force)
    _go_on(claim, chosen, epochs, headless)
    _watch(found, place, started=True, ascii_only=ascii_only)


@main.command(help=cli_text.HELP_RUNS)
@click.option("--json", "as_json", is_flag=True, help=cli_text.HELP_JSON)
@runs_option
def runs(as_json: bool, runs_dir: Path | None) -> None:
    from tui.cli import tables

    tables.runs(_runs_dir(runs_dir), as_json)


@main.command(help=cli_text.HELP_MODELS)
@click.option("--json", "as_json", is_flag=True, help=cli_text.HELP_JSON)
def models(as_json: bool) -> None:
    from tui.cli import tables

    tables.models(as_json)


@main.command(help=cli_text.HELP_DATASETS)
@click.option("--json", "as_json", is_flag=True, help=cli_text.HELP_JSON)
@click.option("--data-dir", default="", metavar="FOLDER", help=cli_text.HELP_DATA_DIR)
def datasets(as_json: bool, data_dir: str) -> None:
    from tui.cli import tables

    tables.datasets(as_json, data_dir)


@main.command(help=cli_text.HELP_RECIPES)
@click.argument("name", default="")
@click.option("--arch", "-m", default="resnet18", metavar="NAME", help=cli_text.HELP_ARCH)
@click.option("--data", "-d", default="cifar10", metavar="NAME", help=cli_text.HELP_DATA)
def recipes(name: str, arch: str, data: str) -> None:
    from engine.recipes.recipe_building import build_recipe
    from engine.recipes.recipe_toml import to_toml

    if not name:
        from tui.cli import tables

        tables.recipes()
        return
    chosen = build_recipe(flags={"preset": name, "arch": arch, "data": data})
    click.echo(to_toml(chosen), nl=False)


def _commanding(name: str, help_text: str) -> None:
    """A command `cnn-tui NAME [RUN]` that puts one command into the spool of a live run."""

    @main.command(name=name, help=help_text)
    @click.argument("run", default="", metavar="[RUN]")
    @runs_option
    def command(run: str, runs_dir: Path | None) -> None:
        from engine.protocol import commands
        from engine.run import run_search, spool
        from tui.viewer import run_summary

        found = run_search.find_live(_runs_dir(runs_dir), run)
        state = run_summary.state_now(found)
        spool.send(found, getattr(commands, name.capitalize()))
        click.echo(cli_text.told(name, found.label, state))


_commanding("stop", cli_text.HELP_STOP)
_commanding("pause", cli_text.HELP_PAUSE)
_commanding("continue", cli_text.HELP_CONTINUE)
_commanding("checkpoint", cli_text.HELP_CHECKPOINT)
