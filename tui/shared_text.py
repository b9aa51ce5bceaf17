"""Words that several rooms of the interface use; other words are beside their code."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import NamedTuple

from engine import numbers
from engine.text import harmless

# Numbers

NAN = numbers.NAN
NONE = numbers.MISSING

# Curves

LOSS_TITLE = "Loss"
ACCURACY_TITLE_SHORT = "Acc"
EPOCH = "epoch"


def at_epoch(epoch: str) -> str:
    return f"epoch {epoch}"


# Learning rate

RATE = "lr"
YOU = "you"
SCHEDULES: Mapping[str, str] = {
    "constant": "constant",
    "step": "steps",
    "cosine": "cosine",
    "onecycle": "one-cycle",
    "linear": "linear",
}


# Layers

PARAMETERS = "params"


def rows_of(first: int, last: int, count: int) -> str:
    return f"{first:,}–{last:,} of {count:,}"


def layer_named(layer: str) -> str:
    """The name of a layer in a sentence; a bare number, as in a Sequential, is said to be one."""
    return f"layer {layer}" if layer.replace(".", "").isdecimal() else harmless(layer)


# Confusion

TRUE = "true"


def filtered(wanted: str) -> str:
    return f"/{wanted}"


def matches(wanted: str, shown: int, total: int) -> str:
    return f"{filtered(wanted)}   {shown} of {total}"


def classes(count: int) -> str:
    return f"{count} classes"


# Maps


def some_of(first: int, last: int, count: int) -> str:
    return f"{first}-{last} of {count}"


# Machine

CHECKPOINT = "checkpoint"


INPUT = "input"
COMPUTE = "compute"
EVALUATION = "validation"


# Log

GO_ON = "go on with:"


class GoOn(NamedTuple):
    """How a run that has ended goes on: what to do, and the command or the program for it."""

    words: str
    command: str

    def __str__(self) -> str:
        return f"{self.words} {self.command}"


def start_again(program: str) -> GoOn:
    return GoOn("start it again:", harmless(program))


TO_SHOW = "to show it:"
RUN_ENDED: Mapping[str, str] = {"done": "done", "stopped": "stopped", "failed": "failed"}


# Status


def time_left(time: str) -> str:
    return f"{time} left"


def progress(stage: str, fraction: float | None) -> str:
    return stage if fraction is None else f"{stage}: {100 * fraction:.0f} %"


# Keys

PROGRAM = "cnn-tui"
KEY_HELP = "help"


# The command palette

SEARCH_COMMANDS = "part of what you want to do"
TOGGLE_THEME = "Switch between the dark and the light theme"
DRAW_ANEW = "Draw the whole screen anew"

# Leaving


def settings(given: Mapping[str, object]) -> list[str]:
    """The hyper-parameters of a program, each in two words: `lr 0.1`."""
    return [harmless(f"{name} {value}") for name, value in given.items()]


def goes_on(run: str, selector: str) -> str:
    return harmless(
        f"{run} goes on training; come back with: cnn-tui attach {shlex.quote(selector)}"
    )


def stays_paused(run: str, selector: str) -> str:
    return harmless(
        f"{run} stays paused; let it go on with: cnn-tui continue {shlex.quote(selector)}"
    )


# The launcher

BY_FAMILY = "family"
KEY_FILTER = "filter"
FILTER = "Filter what is listed"
