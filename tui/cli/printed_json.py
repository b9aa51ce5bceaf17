"""Prints values for other programs as JSON."""

from __future__ import annotations

import json

import click


def print_object(value: object) -> None:
    """Print plain values or structs over several lines, which a person can read, too."""
    import msgspec

    click.echo(json.dumps(msgspec.to_builtins(value), indent=2))


def print_line(value: object) -> None:
    """Print plain values or structs in one line."""
    import msgspec

    click.echo(json.dumps(msgspec.to_builtins(value)))
