"""Downloads published data sets. Loads no torch.

A file is first NAME.part, locked by the process that writes it. It gets its final name when its
size and checksum are right. An archive is first unpacked into a temporary folder. So every file
under its final name is whole, and a download that was cut off continues where it stopped.
"""

from __future__ import annotations

import fcntl
import gzip
import os
import tarfile
import tempfile
import zlib
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from engine import text
from engine.catalog import datasets
from engine.catalog.datasets import DatasetFacts, Download
from engine.data import data_text
from engine.data.sets.resumable_download import DownloadProgress, MirrorError, Transfer
from engine.errors import DataError

LOCK_SECONDS = 0.1


def fetch(facts: DatasetFacts, data_dir: str = "") -> Generator[float, None, None]:
    """Download the missing files of a data set into the first writable data folder.

    Yields the fraction done at least every 100 ms. Raises DataError, with a remedy, where the
    network, the server or the disk fails.
    """
    folder = writable_folder(facts, data_dir)
    yield 0.0
    progress = DownloadProgress(sum(file.size for file in facts.downloads))
    pool = ThreadPoolExecutor(1)
    try:
        work = pool.submit(_fetch_all, facts, folder, progress)
        while not work.done():
            wait([work], timeout=0.05)
            yield progress.fraction
        work.result()
    finally:
        progress.stop.set()
        pool.shutdown(wait=False)  # else a silent server would delay us until its timeout


def writable_folder(facts: DatasetFacts, data_dir: str) -> Path:
    """The first data folder that can be written. Raises DataError where none can."""
    failures = []
    for folder in datasets.data_folders(data_dir):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder.absolute()
        except OSError as error:
            failures.append((folder, text.refused(error)))
    raise DataError(_unwritable(facts, facts.downloads[0], *failures[0]))


def _fetch_all(facts: DatasetFacts, folder: Path, progress: DownloadProgress) -> None:
    for file in facts.downloads:
        target = folder / file.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _fetch_one(file, target, progress)
            if target.name.endswith(".tar.gz"):
                _unpack(facts, file, target)
        except MirrorError as error:
            sentence = data_text.download_failed(facts.title, error.url, error.why, target.parent)
            raise DataError(sentence) from error
        except OSError as error:
            refusal = text.refused(error)
            raise DataError(_unwritable(facts, file, target, refusal)) from error
        progress.next_file(file.size)


def _fetch_one(file: Download, target: Path, progress: DownloadProgress) -> None:
    """Download a file to `target` unless it exists. Raises as `Transfer.complete`."""
    part = target.with_name(f"{target.name}.part")
    while not target.is_file():
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(descriptor, progress)
            if not has_name(descriptor, part):
                continue  # another process has completed it meanwhile
            if target.is_file():
                part.unlink()
                continue
            Transfer(file, descriptor, progress).complete()
            os.fsync(descriptor)
            os.rename(part, target)
        finally:
            os.close(descriptor)


def _lock(descriptor: int, progress: DownloadProgress) -> None:
    """Wait until no other process writes this file; meanwhile report its progress.

    On a file system without locks, go on without one: the checksum still protects the file.
    """
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            progress.report(os.fstat(descriptor).st_size)
            progress.stop.wait(LOCK_SECONDS)
        except OSError:
            return


def has_name(descriptor: int, path: Path) -> bool:
    """Whether this open file still has this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _unpack(facts: DatasetFacts, file: Download, archive: Path) -> None:
    """Unpack an archive beside it, all at once. Raises OSError where the disk fails."""
    folder = archive.with_name(facts.folder)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=archive.parent) as temporary:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(temporary, filter="data")
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            sentence = data_text.archive_damaged(facts.title, archive, str(error), file.urls[0])
            raise DataError(sentence) from error
        unpacked = Path(temporary, folder.name)
        if not unpacked.is_dir():
            sentence = data_text.archive_damaged(
                facts.title, archive, data_text.NOT_WHOLE, file.urls[0]
            )
            raise DataError(sentence)
        try:
            os.rename(unpacked, folder)
        except OSError:  # a part of the folder exists already
            for one in unpacked.iterdir():
                os.replace(one, folder / one.name)


def _unwritable(facts: DatasetFacts, file: Download, path: Path, refusal: str) -> str:
    return data_text.download_unwritable(facts.title, path, refusal, file.urls[0])
