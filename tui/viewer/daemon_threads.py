"""Work in a thread that the end of the program does not wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Found = TypeVar("Found")


def in_daemon(function: Callable[[], Found]) -> Future[Found]:
    """Start the function in a thread of its own. An executor would be joined at the end."""
    future = Future[Found]()
    future.set_running_or_notify_cancel()  # from here on nobody can cancel it
    threading.Thread(target=_run, args=(function, future), daemon=True).start()
    return future


def _run(function: Callable[[], Found], future: Future[Found]) -> None:
    try:
        found = function()
    except Exception as error:  # noqa: BLE001 (raised where the future is awaited)
        future.set_exception(error)
    else:
        future.set_result(found)
