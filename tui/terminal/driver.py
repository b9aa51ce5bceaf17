"""What writes to the terminal and reads from it, also after it was stopped unasked."""

from __future__ import annotations

from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class SteadyDriver(LinuxDriver):
    """Textual's driver, which is told of Ctrl+Z but not of SIGSTOP.

    After that it would begin a second time beside itself: two threads that read keys, one of
    which nobody ends, and raw mode as what the terminal is given back in.
    """

    def _sigcont_application(self, *_: Any) -> None:
        if self._auto_restart and not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()
