"""Where a script's commands come from: its channel, or that of the rank that leads."""

from __future__ import annotations

from typing import Any, Protocol

from cnn_tui.watching.channel import Recording


class CommandSource(Protocol):
    """See `Channel`, whose methods these are."""

    @property
    def alive(self) -> bool: ...

    @property
    def has_news(self) -> bool: ...

    def commands(self) -> list[dict[str, Any]]: ...

    def wait_for_command(self, seconds: float) -> None: ...

    def recording(self, seconds: float = 0.0) -> Recording | None: ...
