"""The user's command for the end of a run: where it comes from, and what it must be.

It never comes from a recipe, which somebody else may have written. An engine inherits it in its
environment, where other users of the machine cannot read it, unlike arguments.
"""

from __future__ import annotations

import os
import shlex
import shutil

from engine.catalog import config_trust
from engine.errors import UsageError
from engine.run import run_text

VARIABLE = "CNN_TUI_ON_END"


def command() -> str:
    """The command in force, or "": that of the variable, even if empty, else of the user's file."""
    named = os.environ.get(VARIABLE)
    return config_trust.trusted_on_end() if named is None else named


def check(command: str) -> None:
    """Raise UsageError for a command that cannot be run; "" stands for none."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(run_text.on_end_unclear(command, str(error))) from error
    if command and not words:
        raise UsageError(run_text.ON_END_BLANK)
    if words and shutil.which(words[0]) is None:
        is_there = os.path.isfile(words[0])
        sentence = run_text.on_end_no_program if is_there else run_text.on_end_missing
        raise UsageError(sentence(words[0]))
