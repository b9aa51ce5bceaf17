"""Textual's terminal driver, which here always gives the terminal back and never blocks the app."""

from __future__ import annotations

import contextlib
import os
import termios
from typing import IO, Any, cast

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from tui.terminal import ending_signals, line_writer
from tui.terminal.line_writer import LineWriter
from tui.terminal.shown_cells import ShownCells

# End the reports of paste, mouse, size and keys, and let lines wrap. Clear the screen, since some
# terminals have no second one (GNU screen); then leave it, and show the cursor.
LEAVE = (
    "\x1b[?2026l\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2048l"
    "\x1b[<u\x1b[?7h\x1b[m\x1b[H\x1b[2J\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


def reading_without_waiting(descriptor: int) -> int:
    """Another descriptor of this terminal, whose reads do not wait; the same if there is none.

    A mode of the given one would be that of the shell, too.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        return os.open(os.ttyname(descriptor), flags)
    except OSError:
        return descriptor


class SteadyDriver(LinuxDriver):
    """A driver that ends and continues correctly at signals, and on a line that stalls."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fileno = reading_without_waiting(self.fileno)
        self.shown = ShownCells()

    def run_input_thread(self) -> None:
        """Read keys, also where somebody else was quicker to read what had come.

        After `bg`, the shell reads from the same terminal. A thread that waits in a read would stop
        `fg` from starting another one until the next key.
        """
        while True:
            with contextlib.suppress(BlockingIOError):
                super().run_input_thread()
                return

    def start_application_mode(self) -> None:
        self.shown.forget()
        ending_signals.handle(self._app.end_at_once)  # type: ignore[attr-defined]
        # Textual's own writer blocks the event loop while 30 writes wait.
        linux_driver.WriterThread = self._new_writer  # type: ignore[attr-defined, assignment]
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _new_writer(self, file: IO[str]) -> LineWriter:
        return LineWriter(file.fileno(), self._redraw, after=self._writer_thread)

    def _redraw(self) -> None:
        """Draw the whole screen anew; called from the thread of the writer."""
        self._loop.call_soon_threadsafe(self.draw_anew)

    def draw_anew(self) -> None:
        """Send every cell again, whatever the terminal shows."""
        self.shown.forget()
        self._app.refresh()

    def stop_application_mode(self) -> None:
        """Give the terminal back, and print the message that the app returns."""
        self.give_back(self._app.return_value or "")

    def give_back(self, message: str) -> None:
        """Leave the terminal as it was, and print this message, as far as the line takes it."""
        self.disable_input()
        self._restore_attributes()
        writer = cast(LineWriter | None, self._writer_thread)
        if writer is not None and writer.is_alive():
            writer.finish(LEAVE + line_writer.line_of(message))
        else:
            line_writer.say(message)

    def _restore_attributes(self) -> None:
        """Set the attributes of the terminal, unless the shell has it back: then it set its own."""
        with contextlib.suppress(OSError, termios.error):
            if self.attrs_before is not None and os.tcgetpgrp(self.fileno) == os.getpgrp():
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def close(self) -> None:
        """The writer has ended already, or is given up."""

    def _sigcont_application(self, *_: Any) -> None:
        """Leave before starting again after SIGSTOP, which Textual does not notice.

        Otherwise two threads would read keys, one of them would never end, and the terminal would
        stay in raw mode. Leaving clears the screen, and Textual would send only what changes then.
        In the background (`bg`), changing nothing of the terminal stops the process until `fg`:
        the kernel would do that in the midst of leaving.
        """
        try:
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
        except termios.error:  # continued, so this is called again; or the terminal is gone
            return
        if self._auto_restart and not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()
        self._redraw()
