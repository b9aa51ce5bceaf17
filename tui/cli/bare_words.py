"""Words on a command line that lack the option before them, as in `cnn-tui train lenet5 digits`."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from engine.errors import UsageError
from tui.cli import cli_text


class OptionsAlone(click.Command):
    """A command without arguments: it says which options the words need."""

    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = super().parse_args(ctx, args)
        if words:
            check(words)
            ctx.fail(cli_text.unexpected(words))
        return words


def check(words: Sequence[str]) -> None:
    """Raise UsageError if each word names what to train, or on what."""
    options = [_option_of(word) for word in words]
    if all(options):
        raise UsageError(cli_text.options_missing(zip(options, words, strict=True)))


def _option_of(word: str) -> str:
    """The option that this word needs; empty if it is not known."""
    from engine.catalog import architecture_names, data_names, datasets

    if architecture_names.well_formed(word):
        return "--arch"
    is_data = word in datasets.DATASETS or data_names.is_of_library(word) or os.path.exists(word)
    return "--data" if is_data else ""
