"""The commands of a page of the documentation."""

from __future__ import annotations

import re
import shlex

import click

from tui.cli.command_line import main


def commands_of(page: str) -> list[str]:
    """What follows `cnn-tui` in each line of code of a page."""
    return re.findall(r"^    cnn-tui (.*)$", page, re.MULTILINE)


def check_command(line: str) -> None:
    """Fail where a line is no command with its options and arguments."""
    words = shlex.split(line, comments=True)
    command: click.Command = main
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert command is not main
    command.make_context("cnn-tui", words, resilient_parsing=False)
