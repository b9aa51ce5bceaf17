"""Seals a store on a thread, so that nobody waits for the disk."""

from __future__ import annotations

import threading
import time

from engine.data.cache.image_store import ImageStore

# At the end of a run, the disk may take so long to write the last images of its epoch.
LAST_SECONDS = 5.0


class Sealing:
    """Makes a store safe from a power cut now and then, and closes it at the end."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to seal, unless that is still going on."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._store.seal, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Seal once more, and close the store where the disk is quick enough.

        Otherwise the thread goes on. What it cannot finish is decoded again after the next boot.
        """
        end = time.monotonic() + LAST_SECONDS
        if self._thread is not None:  # it may have begun before the last images were written
            self._thread.join(LAST_SECONDS)
        self.begin()
        assert self._thread is not None
        self._thread.join(max(0, end - time.monotonic()))
        if not self._thread.is_alive():
            self._store.close()
