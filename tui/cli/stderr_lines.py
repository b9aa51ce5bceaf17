"""Sentences on stderr: a terminal shows them in lines that end between words."""

from __future__ import annotations

import os
import sys

import click

# The columns of a terminal that does not tell how many it has.
COLUMNS = 80


def say(sentence: str) -> None:
    """Print a sentence on stderr: for a program or a file, in one line."""
    if not (sys.stderr and sys.stderr.isatty()):
        click.echo(sentence, err=True)
        return
    from tui.drawing.wrapping import wrapped

    for line in wrapped(sentence, columns()):
        click.echo(line, err=True)


def columns() -> int:
    """The columns of the terminal that stderr is."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or COLUMNS
    except OSError:
        return COLUMNS
