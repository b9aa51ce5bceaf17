"""Words of `cnn-tui doctor` on the terminal, and of its report."""

from __future__ import annotations

from collections.abc import Mapping

from engine.text import harmless

HELP = "Say what was found on this machine, and what to do. Exits with 1 if something will fail."
HELP_FORGET = "Throw away the choices that were measured on this machine, and exit."

# Forgetting the choices


def forgotten(count: int) -> str:
    if not count:
        return "there was no choice to forget"
    several = "1 choice is" if count == 1 else f"{count} choices are"
    return f"{several} forgotten: the next start measures again, and runs may round differently"


def not_forgotten(folder: str, why: str) -> str:
    return f"{harmless(folder)} cannot be emptied ({harmless(why)}): delete its files yourself."


# The terminal

NO_TERMINAL = "output goes elsewhere, so runs print lines"
DUMB = "it cannot be drawn on"
USE_NO_UI = "Use --no-ui, or set TERM to the terminal's name, such as xterm-256color."
COLOURS: Mapping[str, str] = {"truecolor": "16 million", "256": "256", "standard": "16"}
NO_COLOURS = "none"
ONE_CELL, TWO_CELLS = "one cell wide", "two cells wide"
WIDE = "The program draws with plain characters here, as with --ascii."
ENLARGE = "Enlarge the window: with fewer than 60×14 cells the dashboard shows only a few numbers."
USE_UTF8 = "Use a UTF-8 locale (export LC_ALL=C.UTF-8), or --ascii."
INSIDE = "this is inside of it"
TMUX_PLAIN = "a client of it does not draw UTF-8"
TMUX_UTF8 = "Start it as tmux -u: until then the program draws with plain characters."
SSH = "over ssh: a cut connection does not end a run"

# The report

SIGNS: Mapping[str, str] = {"ok": "✓", "warning": "!", "failure": "✗"}
PLAIN_SIGNS: Mapping[str, str] = {"ok": "+", "warning": "!", "failure": "x"}
STYLES: Mapping[str, str] = {"ok": "green", "warning": "yellow", "failure": "bold red"}


def summary(warnings: int, failures: int, signs: Mapping[str, str]) -> str:
    """`1 thing will fail, 2 warnings: see the lines with ✗ or ! above.`"""
    parts, marks = [], []
    if failures:
        parts.append(f"{failures} {'thing' if failures == 1 else 'things'} will fail")
        marks.append(signs["failure"])
    if warnings:
        parts.append(f"{warnings} {'warning' if warnings == 1 else 'warnings'}")
        marks.append(signs["warning"])
    if not parts:
        return "Nothing to do: runs will work here."
    return f"{', '.join(parts)}: see the lines with {' or '.join(marks)} above."
