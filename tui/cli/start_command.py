"""`cnn-tui` and `cnn-tui train`: start the run that the options describe."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from engine.errors import UsageError
from tui.cli import cli_text, rehearsal, viewer_start
from tui.cli.bare_words import OptionsAlone
from tui.cli.options import runs_option, start_options
from tui.cli.stderr_lines import say

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe
    from engine.run.run_lock import Claim
    from engine.start.requeue import Requeued


@dataclass(frozen=True)
class StartRequest:
    """The options of `cnn-tui train`; `recipe`, `sets` and `flags` describe the recipe."""

    runs_dir: Path
    name: str
    recipe: str | None
    sets: tuple[str, ...]
    flags: Mapping[str, object]
    resume: str | None = None
    force: bool = False
    no_ui: bool = False
    create: bool = False
    dry_run: bool = False
    ascii_only: bool = False

    @classmethod
    def from_options(cls, **options: Any) -> StartRequest:
        """Sort the options; those without an attribute here are fields of the recipe."""
        known = {each.name: options.pop(each.name) for each in fields(cls) if each.name in options}
        given = {key: value for key, value in options.items() if value is not None}
        return cls(**known, flags=given)

    @property
    def is_empty(self) -> bool:
        """Whether no option describes a run; a data folder alone does not."""
        described = self.name or self.recipe or self.sets or self.flags.keys() - {"data_dir"}
        return not (described or self.resume or self.create or self.dry_run)

    @property
    def given(self) -> set[str]:
        """The fields of the recipe that the options set."""
        from engine.start import recipe_resolution

        return recipe_resolution.given_fields(self.recipe, self.sets, self.flags)

    def build_recipe(self) -> Recipe:
        """The recipe that the options describe, checked down to the data on disk."""
        from engine.start import recipe_resolution, requeue

        known = requeue.newest_named(self.runs_dir, self.name) if self.resume else None
        return recipe_resolution.resolve_recipe(
            self.recipe, self.sets, self.flags, self.runs_dir, known
        )

    def build_local_recipe(self) -> Recipe:
        """Like `build_recipe`, for a run that starts on this machine: checks the device too.

        Runs the user's own code where that makes the data, if a mistake in it would leave a run.
        """
        from engine.start import device_request

        chosen = self.build_recipe()
        if not self._engine_leaves_none(chosen):
            return _checked(chosen)
        device_request.check_device(chosen.device)
        return chosen

    def build_queued_recipe(self) -> Recipe:
        """Like `build_local_recipe`, for a run that starts when nobody looks: all is checked."""
        return _checked(self.build_recipe())

    def _engine_leaves_none(self, chosen: Recipe) -> bool:
        """Whether the engine itself removes a run that a mistake ends before its first step."""
        in_terminal = self.no_ui or self.dry_run or not viewer_start.on_screen()
        return in_terminal and chosen.gpus == 1


def _checked(chosen: Recipe) -> Recipe:
    """The recipe, if this machine has its device and its data."""
    from engine.start import device_request
    from engine.start.data_requests import check_own_data

    device_request.check_device(chosen.device)
    check_own_data(chosen)
    return chosen


@click.command(cls=OptionsAlone, help=cli_text.HELP_TRAIN)
@start_options
@runs_option
def train(**options: Any) -> None:
    start(StartRequest.from_options(**options))


def start_or_open_launcher(request: StartRequest) -> None:
    """Open the launcher if there are no options and a terminal; otherwise start the run."""
    from engine.start import engine_environment

    if request.is_empty and (why := viewer_start.no_screen(cli_text.NO_LAUNCHER)):
        raise UsageError(why)
    if request.is_empty and not request.no_ui and viewer_start.on_screen():
        engine_environment.check_modules()
        data_dir = str(request.flags.get("data_dir", ""))
        viewer_start.open_launcher(request.runs_dir, data_dir, ascii_only=request.ascii_only)
    start(request)


def start(request: StartRequest) -> NoReturn:
    """Create, resume, rehearse or train the run."""
    from engine.start import engine_environment, launch

    engine_environment.check_modules()
    if request.resume and not request.name:
        raise UsageError(cli_text.RESUME_NEEDS_NAME)
    if request.create:
        _create(request)
    if request.resume:
        _resume_or_create(request)
    chosen = request.build_local_recipe()
    if request.dry_run:
        rehearsal.rehearse(chosen)
    _tell_defaults(request, chosen)
    _train(request, launch.create(chosen, request.runs_dir, request.name), chosen)


def _tell_defaults(request: StartRequest, chosen: Recipe) -> None:
    """Say which data and which recipe for photographs a new run takes, if none is named.

    A dashboard shows them.
    """
    if not request.no_ui and viewer_start.on_screen():
        return
    if "data" not in request.given:
        click.echo(cli_text.data_by_default(chosen.data))
    if "preset" not in request.given and chosen.preset == "photo":
        click.echo(cli_text.recipe_of_photographs(chosen.preset))


def _train(
    request: StartRequest, claim: Claim, chosen: Recipe, options: Sequence[str] = ()
) -> NoReturn:
    viewer_start.train(
        claim,
        chosen,
        request.runs_dir,
        options=options,
        no_ui=request.no_ui,
        ascii_only=request.ascii_only,
    )


def _create(request: StartRequest) -> NoReturn:
    """Create the run or find the one of this name; torchrun starts it later."""
    from engine.run import run_lock
    from engine.start import launch

    chosen = request.build_recipe()
    if request.resume:
        found = _requeue(request, chosen)
        run, claim, options = found.run, found.claim, found.request.engine_options
    else:
        claim, options = launch.create(chosen, request.runs_dir, request.name), ()
        run = claim.run
    if claim is not None:
        run_lock.release(claim)
    if options:
        say(cli_text.warning(cli_text.options_for_torchrun(options)))
    click.echo(run.path.resolve())
    sys.exit(0)


def _resume_or_create(request: StartRequest) -> NoReturn:
    """Resume the newest run of this name, start it if there is none, or say that it is done.

    A dry run rehearses that.
    """
    from engine.start import requeue

    chosen = request.build_local_recipe()
    if request.dry_run:
        _rehearse_resume(request, chosen)
    if requeue.newest_named(request.runs_dir, request.name) is None:
        _tell_defaults(request, chosen)
    found = _requeue(request, chosen)
    if found.claim is None:
        click.echo(cli_text.nothing_left(found.run.label))
        sys.exit(0)
    _train(request, found.claim, found.recipe, found.request.engine_options)


def _rehearse_resume(request: StartRequest, chosen: Recipe) -> NoReturn:
    from engine.start import requeue, resume

    run = requeue.newest_named(request.runs_dir, request.name)
    if run is None:
        rehearsal.rehearse(chosen)
    again = requeue.asked_again(run, chosen, request.given, force=request.force)
    if again.request is None:
        click.echo(cli_text.nothing_left(run.label))
        sys.exit(0)
    recipe, _ = resume.resumed_recipe(run, again.request)
    rehearsal.rehearse(recipe, run, again.request.engine_options)


def _requeue(request: StartRequest, chosen: Recipe) -> Requeued:
    """Resume or create the run of this name; warn about options that it ignores."""
    from engine.start import requeue

    found = requeue.resume_or_create(
        chosen, request.given, request.runs_dir, request.name, force=request.force
    )
    if found.ignored:
        say(cli_text.warning(found.ignored))
    return found
