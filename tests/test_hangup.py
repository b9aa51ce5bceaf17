"""Whether a terminal is gone is asked of real pseudo-terminals."""

from __future__ import annotations

import os
import pty

from tui.terminal import hangup


def test_a_terminal_is_gone_when_its_other_end_is_closed() -> None:
    master, slave = pty.openpty()
    assert not hangup.is_gone(slave)
    os.close(master)
    assert hangup.is_gone(slave)
    os.close(slave)
