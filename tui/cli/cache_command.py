"""`cnn-tui cache`: the decoded images that are kept on the disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import text
from engine.errors import RunError
from tui.cli import cache_command_text as words
from tui.cli.options import json_option
from tui.cli.printed_json import print_object

if TYPE_CHECKING:
    from engine.data.cache.kept_stores import KeptStore


@click.command(help=words.HELP)
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option("--clear", is_flag=True, help=words.HELP_CLEAR)
@json_option
def cache(folder: Path | None, clear: bool, as_json: bool) -> None:
    from engine.data.cache import kept_stores

    chosen = kept_stores.default_folder() if folder is None else folder.absolute()
    if clear:
        _clear(chosen, as_json=as_json)
    else:
        _list(chosen, as_json=as_json)


def _list(folder: Path, *, as_json: bool) -> None:
    import msgspec

    from engine.data.cache import kept_stores

    found = kept_stores.stores(folder)[::-1]
    taken = sum(store.bytes for store in found)
    most = kept_stores.most_bytes(folder, taken) if folder.is_dir() else 0
    if as_json:
        stores = [msgspec.to_builtins(store) | {"complete": store.complete} for store in found]
        print_object({"folder": str(folder), "bytes": taken, "most_bytes": most, "stores": stores})
    elif found:
        _print_table(found)
        click.echo(words.total(taken, most, folder))
    else:
        click.echo(words.none(folder))


def _print_table(found: list[KeptStore]) -> None:
    from engine.numbers import size
    from tui.cli.fitted_columns import TableColumn
    from tui.cli.tables import print_table

    print_table(
        [TableColumn(title, numeric) for title, numeric in words.COLUMNS],
        [
            (
                store.data,
                words.images(store.there, store.images),
                store.form,
                size(store.bytes),
                _moment(store.used),
                words.state(store),
            )
            for store in found
        ],
    )


def _moment(seconds: float) -> str:
    """A time of the calendar; a dash for one that the calendar does not have."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):
        return words.NO_MOMENT


def _clear(folder: Path, *, as_json: bool) -> None:
    from engine.data.cache import kept_stores

    try:
        cleared = kept_stores.clear(folder)
    except OSError as error:
        raise RunError(words.not_cleared(folder, text.reason(error))) from error
    if as_json:
        print_object({"folder": str(folder), "freed": cleared.freed, "kept": cleared.kept})
        return
    for store in cleared.kept:
        click.echo(words.stays(store.data, store.bytes))
    click.echo(words.freed(cleared.freed))
