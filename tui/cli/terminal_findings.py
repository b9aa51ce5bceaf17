"""Examines the terminal: size, colours, characters, and what lies between it and the program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding
from tui.cli import doctor_text as words
from tui.cli.viewer_start import TYPEWRITERS

SECTION = "terminal"
# The smallest size in which the dashboard draws more than three numbers.
LEAST_COLUMNS, LEAST_ROWS = 60, 14


class TerminalFacts(NamedTuple):
    """What the terminal itself tells. `colours` is rich's name for them, or None without any."""

    is_terminal: bool
    columns: int = 0
    rows: int = 0
    encoding: str = "utf-8"
    colours: str | None = None
    wide: bool = False
    tmux_without_utf8: bool = False

    @property
    def is_utf8(self) -> bool:
        return self.encoding.lower().replace("-", "") == "utf8"


def terminal(system: System, facts: TerminalFacts) -> Iterator[Finding]:
    if not facts.is_terminal:
        yield Finding(SECTION, "terminal", words.NO_TERMINAL)
        return
    if system.environment.get("TERM", "") in TYPEWRITERS:
        yield Finding(SECTION, "terminal", words.DUMB, "warning", words.USE_NO_UI)
        return
    yield _size(facts)
    yield Finding(SECTION, "colours", words.COLOURS.get(facts.colours or "", words.NO_COLOURS))
    yield _characters(facts)
    if facts.wide:
        yield Finding(SECTION, "ambiguous characters", words.TWO_CELLS, "ok", words.WIDE)
    else:
        yield Finding(SECTION, "ambiguous characters", words.ONE_CELL)
    yield from _between(system, facts)


def _size(facts: TerminalFacts) -> Finding:
    value = f"{facts.columns}×{facts.rows}"
    if facts.columns < LEAST_COLUMNS or facts.rows < LEAST_ROWS:
        return Finding(SECTION, "size", value, "warning", words.ENLARGE)
    return Finding(SECTION, "size", value)


def _characters(facts: TerminalFacts) -> Finding:
    if facts.is_utf8:
        return Finding(SECTION, "characters", facts.encoding)
    return Finding(SECTION, "characters", facts.encoding, "warning", words.USE_UTF8)


def _between(system: System, facts: TerminalFacts) -> Iterator[Finding]:
    """tmux, screen and ssh."""
    environment = system.environment
    if facts.tmux_without_utf8:
        yield Finding(SECTION, "tmux", words.TMUX_PLAIN, "warning", words.TMUX_UTF8)
    elif "TMUX" in environment:
        yield Finding(SECTION, "tmux", words.INSIDE)
    if "STY" in environment:
        yield Finding(SECTION, "screen", words.INSIDE)
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        yield Finding(SECTION, "ssh", words.SSH)
