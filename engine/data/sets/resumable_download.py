"""Downloads one published file from its mirrors: resumes it, and verifies its checksum.

Loads no torch.
"""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import CancelledError
from http.client import HTTPException, HTTPResponse
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from engine.catalog.datasets import Download
from engine.data import data_text

# The longest wait for the server's answer, and for each part of it.
TIMEOUT_SECONDS = 20.0
CHUNK = 1 << 18
# The number of tries on each mirror when connections are cut.
TRIES = 3


class MirrorError(Exception):
    """A file cannot be downloaded from this URL, and why."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(url, why)
        self.url, self.why = url, why


class CutOffError(Exception):
    """A transfer was cut off, and why; another try may complete it."""


class DownloadProgress:
    """The progress of a download of `total` bytes, and a flag to stop it; shared by two threads."""

    def __init__(self, total: int) -> None:
        self.stop = threading.Event()
        self._total, self._done, self._current = total, 0, 0

    @property
    def fraction(self) -> float:
        return min(1.0, (self._done + self._current) / self._total)

    def report(self, size: int) -> None:
        """Report the size of the current file so far. Raises CancelledError after `stop` is set."""
        self._current = size
        if self.stop.is_set():
            raise CancelledError

    def next_file(self, size: int) -> None:
        """Report that a file of this size is complete."""
        self._done, self._current = self._done + size, 0


class Transfer:
    """Completes an open file with the rest of a published file."""

    def __init__(self, file: Download, descriptor: int, progress: DownloadProgress) -> None:
        self._file, self._descriptor, self._progress = file, descriptor, progress

    def complete(self) -> None:
        """Download the rest from the first mirror that works.

        Raises MirrorError, for the first mirror, where none works; OSError where the disk fails;
        and CancelledError where the download is stopped.
        """
        failures = []
        for url in self._file.urls:
            try:
                self._from(url)
                return
            except MirrorError as error:
                failures.append(error)
        raise failures[0]

    def _from(self, url: str) -> None:
        why = ""
        for _ in range(TRIES):
            try:
                self._try(url)
                return
            except CutOffError as error:
                why = str(error)
        raise MirrorError(url, why)

    def _try(self, url: str) -> None:
        resumed = self._size > 0
        with self._request(url) as response:
            self._receive(response)
        if self._size < self._file.size:
            raise CutOffError(data_text.CUT_OFF)
        if self._md5() == self._file.md5:
            return
        os.ftruncate(self._descriptor, 0)
        if resumed:  # the part from before may be damaged
            raise CutOffError(data_text.WRONG_CHECKSUM)
        raise MirrorError(url, data_text.WRONG_CHECKSUM)

    def _request(self, url: str) -> HTTPResponse:
        """Request the rest of the file; the server may send all of it instead."""
        if self._size >= self._file.size:
            os.ftruncate(self._descriptor, 0)
        headers = {"User-Agent": "cnn-tui", "Range": f"bytes={self._size}-"}
        try:
            response: HTTPResponse = urlopen(Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
        except HTTPError as error:
            error.close()
            raise MirrorError(url, f"HTTP {error.code} {error.reason}") from error
        except URLError as error:
            raise MirrorError(url, _reason(error.reason)) from error
        except (OSError, HTTPException) as error:
            raise CutOffError(_reason(error)) from error
        if response.status != 206:
            os.ftruncate(self._descriptor, 0)
        return response

    def _receive(self, response: HTTPResponse) -> None:
        os.lseek(self._descriptor, 0, os.SEEK_END)
        while self._size <= self._file.size and (piece := _read(response)):
            while piece:
                piece = piece[os.write(self._descriptor, piece) :]
            self._progress.report(self._size)

    @property
    def _size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def _md5(self) -> str:
        with open(self._descriptor, "rb", closefd=False) as file:
            file.seek(0)
            digest = hashlib.md5(usedforsecurity=False)
            while piece := file.read(CHUNK):
                digest.update(piece)
        return digest.hexdigest()


def _read(response: HTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK)
    except (OSError, HTTPException) as error:
        raise CutOffError(_reason(error)) from error


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return data_text.NO_ANSWER
    why = error.strerror if isinstance(error, OSError) else None
    return why or str(error) or data_text.CUT_OFF
