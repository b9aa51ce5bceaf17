"""Textual's terminal driver with a fix for SIGSTOP."""

from __future__ import annotations

from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class SteadyDriver(LinuxDriver):
    """A driver that continues correctly after SIGSTOP.

    Textual's driver notices Ctrl+Z but not SIGSTOP. On SIGCONT it would start a second time: two
    threads would read keys, one of them would never end, and the terminal would stay in raw mode.
    """

    def _sigcont_application(self, *_: Any) -> None:
        if self._auto_restart and not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()
