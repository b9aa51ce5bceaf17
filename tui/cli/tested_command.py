"""`cnn-tui test`: a trained network on images with known classes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import UsageError
from tui.cli import cli_text, tested_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import (
    ascii_option,
    computing_option,
    json_option,
    own_network_option,
    runs_option,
)
from tui.cli.printed_json import print_object
from tui.cli.taken_run import tell_if_elsewhere

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe
    from engine.run.kept_tests import DataTest


@click.command("test", help=tested_text.HELP)
@click.argument("source", default="", metavar="[RUN|FILE]")
@click.option("--data", "-d", default="", metavar="NAME|PATH", help=tested_text.HELP_DATA)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help=tested_text.HELP_SET)
@click.option("--data-dir", default="", metavar="FOLDER", help=cli_text.HELP_DATA_DIR)
@computing_option
@own_network_option
@json_option
@ascii_option
@runs_option
def test(
    source: str,
    data: str,
    sets: tuple[str, ...],
    data_dir: str,
    device: str,
    arch: str,
    as_json: bool,
    ascii_only: bool,
    runs_dir: Path,
) -> None:
    from engine.protocol.requests import MeasureNetwork
    from engine.run.kept_tests import DataTest
    from engine.run.saved_file import find_saved
    from engine.start.network_requests import network_test

    if (sets or data_dir) and not data:
        raise UsageError(tested_text.WITHOUT_DATA)
    saved = find_saved(source, runs_dir)
    tell_if_elsewhere(saved.run, runs_dir, source)
    recipe = _recipe(data, sets, data_dir, device)
    wanted = MeasureNetwork(
        saved=os.fsencode(saved.path),
        data=recipe if data else None,
        understood=bool(sets),
        device=recipe.device,
        arch=arch,
    )
    with answers_of(network_test(wanted, recipe), tested_text.STOPPED) as messages:
        for message in messages:
            if isinstance(message, DataTest):
                print_result(message, as_json=as_json, ascii_only=ascii_only)


def _recipe(data: str, sets: Iterable[str], data_dir: str, device: str) -> Recipe:
    """The data set that is named, if any, and the device. Raises as a start would."""
    from engine.recipes.recipe_building import build_recipe
    from engine.recipes.recipe_toml import parse_setting
    from engine.start.recipe_resolution import with_absolute_paths

    flags = {"device": device, "data_dir": data_dir} | ({"data": data} if data else {})
    settings = dict(map(parse_setting, sets))
    return with_absolute_paths(build_recipe(settings=settings, flags=flags))


def print_result(found: DataTest, *, as_json: bool, ascii_only: bool) -> None:
    """Print the result of a test for a person, or as one JSON object."""
    if as_json:
        import msgspec

        plain = msgspec.to_builtins(found)
        plain.pop("type")
        print_object(plain)
        return
    from tui.cli.printed_rows import RowPrinter
    from tui.cli.tested_rows import result_rows

    printer = RowPrinter(ascii_only=ascii_only)
    printer.print(result_rows(found, printer.width))
