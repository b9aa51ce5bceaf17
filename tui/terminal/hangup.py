"""Whether the terminal is gone."""

from __future__ import annotations

import select


def is_gone(descriptor: int = 0) -> bool:
    """Whether this descriptor, standard input by default, is hung up or broken."""
    poll = select.poll()
    poll.register(descriptor, 0)
    bad = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(state & bad for _, state in poll.poll(0))
