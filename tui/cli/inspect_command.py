"""`cnn-tui inspect-data`: what a data set holds, before any training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from engine.errors import UsageError
from tui.cli import cli_text, inspect_text
from tui.cli.engine_answers import answers_of
from tui.cli.options import ascii_option, json_option
from tui.cli.printed_json import print_object

if TYPE_CHECKING:
    from engine.data.survey.survey import Message
    from engine.recipes.recipe import Recipe

# So many bits of 64 may differ between images that look alike.
NEAR_BITS = 3


@click.command("inspect-data", help=inspect_text.HELP)
@click.argument("data", metavar="PATH|NAME")
@json_option
@click.option("--list", "as_list", is_flag=True, help=inspect_text.HELP_LIST)
@click.option("--near", is_flag=True, help=inspect_text.HELP_NEAR)
@click.option(
    "--near-bits",
    type=click.IntRange(0, 16),
    default=NEAR_BITS,
    show_default=True,
    metavar="N",
    help=inspect_text.HELP_NEAR_BITS,
)
@click.option("--no-duplicates", is_flag=True, help=inspect_text.HELP_NO_DUPLICATES)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help=inspect_text.HELP_SET)
@click.option("--data-dir", default="", metavar="FOLDER", help=cli_text.HELP_DATA_DIR)
@click.option("--labels", "decisions", metavar="FILE", help=cli_text.HELP_LABELS)
@ascii_option
def inspect_data(
    data: str,
    as_json: bool,
    as_list: bool,
    near: bool,
    near_bits: int,
    no_duplicates: bool,
    sets: tuple[str, ...],
    data_dir: str,
    decisions: str | None,
    ascii_only: bool,
) -> None:
    from engine.protocol.requests import InspectData
    from engine.start import data_requests

    if as_json and as_list:
        raise UsageError(inspect_text.ONE_FORM)
    flags = {"data": data, "data_dir": data_dir}
    if decisions is not None:
        flags["decisions"] = decisions
    wanted = InspectData(
        recipe=_recipe(sets, flags),
        pixels=not no_duplicates,
        near_bits=near_bits if near else None,
        files=as_list,
    )
    request = data_requests.inspection(wanted)
    as_report = partial(_print_report, ascii_only=ascii_only)
    printing = _print_list if as_list else _print_json if as_json else as_report
    with answers_of(request, inspect_text.STOPPED) as messages:
        printing(messages)


def _recipe(sets: Iterable[str], flags: Mapping[str, str]) -> Recipe:
    """The recipe of a start without --recipe, with these fields.

    Raises UsageError or DataError as that would.
    """
    from engine.recipes.recipe_building import build_for_images
    from engine.recipes.recipe_toml import parse_setting
    from engine.start import recipe_resolution

    given: dict[str, object] = {**dict(map(parse_setting, sets)), **flags}
    seen = recipe_resolution.look_at_images(given)
    fields = recipe_resolution.default_fields(given)
    return recipe_resolution.with_absolute_paths(
        build_for_images(seen, settings={**fields, **given})
    )


def _print_report(messages: Iterable[Message], ascii_only: bool) -> None:
    from engine.data.survey.survey import ContactSheet, Findings, Survey
    from tui.cli.printed_rows import RowPrinter
    from tui.drawing import survey_rows

    printer = RowPrinter(ascii_only=ascii_only)
    for message in messages:
        if isinstance(message, Survey):
            printer.print(survey_rows.survey_rows(message, printer.width))
            printer.print([()])
        elif isinstance(message, ContactSheet) and printer.is_terminal:
            printer.print(survey_rows.sheet_rows(message, printer.width, printer.coloured))
        elif isinstance(message, Findings):
            printer.print(survey_rows.findings_rows(message, printer.width))


def _print_json(messages: Iterable[Message]) -> None:
    """One object: the survey, and `duplicates`, what the pixels tell, or null."""
    import msgspec

    from engine.data.survey.survey import Findings, Survey

    found: dict[str, object] = {}
    duplicates: dict[str, object] | None = None
    for message in messages:
        if isinstance(message, Survey):
            found = msgspec.to_builtins(message)
        elif isinstance(message, Findings):
            duplicates = msgspec.to_builtins(message)
            duplicates.pop("type")
    found.pop("type", None)
    print_object(found | {"duplicates": duplicates})


def _print_list(messages: Iterable[Message]) -> None:
    from engine.data.survey.survey import FileRows
    from engine.text import harmless

    click.echo("\t".join(inspect_text.LIST_HEAD))
    for message in messages:
        if isinstance(message, FileRows):
            for row in message.rows:
                texts = (row.file, row.label, row.split, row.verdict)
                click.echo("\t".join(map(harmless, texts)))
