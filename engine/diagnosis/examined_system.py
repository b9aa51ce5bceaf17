"""Access to the system that is examined; tests give it a folder in place of `/`."""

from __future__ import annotations

import contextlib
import getpass
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Seconds for a tool that only prints a setting.
TOOL_SECONDS = 2.0


def tool_output(*command: str) -> str | None:
    """What a tool prints; None if it is not there, fails or hangs."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TOOL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def user_name() -> str:
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return ""


@dataclass(frozen=True)
class System:
    """Files under `root`, environment variables, and tools."""

    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    tool: Callable[..., str | None] = tool_output
    user: str = field(default_factory=user_name)

    def text(self, path: str) -> str:
        """The content of a file; empty if it cannot be read."""
        with contextlib.suppress(OSError):
            return (self.root / path).read_text(errors="replace")
        return ""

    def shown(self, text: str) -> str:
        """The text without what is private: the home folder is `~`, the user's name `USER`."""
        home = self.environment.get("HOME", "").rstrip("/")
        shown = text.replace(home, "~") if home else text
        parts = shown.split("/")
        return "/".join("USER" if part and part == self.user else part for part in parts)
