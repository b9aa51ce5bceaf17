"""What calls a person to the terminal: its bell, and a note of the desktop where it shows one.

The note is `ESC ] 9 ; TEXT ESC \\`, which iTerm2 began. Elsewhere the same number means other
things: after ConEmu, Windows Terminal and others take `9;4;…` for the progress in the task bar
(https://ghostty.org/docs/vt/osc/conemu). So it is sent only to terminals that are known to show it,
and its text never begins with a digit. tmux passes it on only in an envelope, and only if it is
allowed to; GNU screen gets the bell alone.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from engine.text import harmless

BELL = "\a"
# Values of TERM_PROGRAM and LC_TERMINAL, beginnings of TERM and of what a terminal answers to
# XTVERSION, in small letters.
KNOWN = ("iterm", "wezterm", "ghostty", "xterm-ghostty", "kitty", "xterm-kitty", "foot")
MOST_CHARACTERS = 200
# For an answer of tmux.
SECONDS = 1.0


def call(text: str, environment: Mapping[str, str]) -> str:
    """What to write to the terminal: the bell, and the note where it is known to be shown."""
    if "STY" in environment:
        return BELL
    if "TMUX" in environment:
        return BELL + (in_tmux(note(text)) if _tmux_shows_it(environment) else "")
    return BELL + (note(text) if _shows_notes(environment) else "")


def note(text: str) -> str:
    """The sequence that shows a text, in one line and without control characters."""
    return f"\x1b]9;cnn-tui: {harmless(text)[:MOST_CHARACTERS]}\x1b\\"


def in_tmux(sequence: str) -> str:
    """The envelope in which tmux passes a sequence on to the terminal around it."""
    escaped = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{escaped}\x1b\\"


def _shows_notes(environment: Mapping[str, str]) -> bool:
    names = (environment.get(name, "") for name in ("TERM_PROGRAM", "LC_TERMINAL", "TERM"))
    return any(map(is_known, names))


def is_known(name: str) -> bool:
    """Whether a terminal that calls itself so shows such notes."""
    return name.lower().startswith(KNOWN)


def _tmux_shows_it(environment: Mapping[str, str]) -> bool:
    """Whether tmux passes a note on, and every terminal that gets it is known.

    The environment tells what tmux was started from, and not where it is shown now.
    """
    pane = environment.get("TMUX_PANE", "")
    allowed = _told(environment, "show-options", "-Apv", "-t", pane, "allow-passthrough")
    clients = _told(
        environment, "list-clients", "-t", pane, "-F", "#{client_termname} #{client_termtype}"
    )
    return allowed.strip() in ("on", "all") and all_known(clients)


def all_known(clients: str) -> bool:
    """Whether there are clients, a line each with names of the terminal, and all are known."""
    lines = clients.splitlines()
    return bool(lines) and all(any(map(is_known, line.split(" "))) for line in lines)


def _told(environment: Mapping[str, str], *question: str) -> str:
    """What tmux answers; empty if it is not there or does not answer in time."""
    try:
        done = subprocess.run(
            ["tmux", *question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
