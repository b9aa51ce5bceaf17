"""The file of an index of runs, in the user's cache folder; see `run_index`."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine import regular_files
from engine.catalog.user_folders import cache_folder
from engine.protocol import events
from engine.recipes import presets, recipe
from engine.run import fold, history, reports, run_fields
from engine.run.durable_files import PRIVATE
from engine.run.run_liveness import Liveness
from tui.viewer import run_summary
from tui.viewer.file_stamps import Stamp, stamp_of
from tui.viewer.run_summary import RunSummary

_CHECKSUM_BYTES = 4
_MAKERS = (run_summary, run_fields, history, fold, reports, events, recipe, presets)
# The boot in which the lock alone says that a run is gone: any one.
ANY_BOOT = "*"


class KeptRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A summary, encoded, the liveness, and the stamps of the files that both were read from.

    `boot` is the one in which no engine can hold the run as long as the lock stays as it is.
    Whatever the boot, none can if the run is `over`, as long as the journal stays, too. `died` says
    that its engine is gone without a word, so that the summary lacks the error.
    """

    lock: Stamp
    journal: Stamp
    recipe: Stamp
    notes: Stamp
    liveness: Liveness
    boot: str
    over: bool
    died: bool
    summary: msgspec.Raw


class _Content(msgspec.Struct, array_like=True, gc=False):
    """`made_by` are the stamps of the code that made the summaries."""

    made_by: tuple[Stamp, ...]
    runs: dict[str, KeptRun]


def path_for(runs_dir: Path, folder: Path | None = None) -> Path:
    """The index of a runs folder; `folder` is another one than the user's cache folder."""
    name = hashlib.blake2b(bytes(runs_dir.resolve()), digest_size=8).hexdigest()
    return (folder or cache_folder()) / "runs" / f"{name}.index"


def read(file: Path) -> dict[str, KeptRun]:
    """The runs by label; none if there is no index, or none that this version wrote whole."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        whole = regular_files.read_bytes(file)
        checksum, content = whole[:_CHECKSUM_BYTES], whole[_CHECKSUM_BYTES:]
        if checksum == _checksum(content):
            found = msgspec.msgpack.decode(content, type=_Content)
            if found.made_by == _made_by():
                return found.runs
    return {}


def write(file: Path, runs: Mapping[str, KeptRun]) -> None:
    """Replace the index. Ignores a folder that cannot be written: the runs are there anyway."""
    content = msgspec.msgpack.encode(_Content(_made_by(), dict(runs)))
    temporary = file.with_suffix(f".{secrets.token_hex(4)}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as f:
                f.write(_checksum(content) + content)
            os.rename(temporary, file)
        finally:
            temporary.unlink(missing_ok=True)


def encode(summary: RunSummary) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(summary))


def decode(summary: msgspec.Raw) -> RunSummary:
    return msgspec.msgpack.decode(summary, type=RunSummary)


def _checksum(content: bytes) -> bytes:
    """A power cut may leave a file of the right size with other content."""
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")


def _made_by() -> tuple[Stamp, ...]:
    """The stamps of the code that makes summaries: another version may read other ones."""
    return tuple(stamp_of(str(module.__file__)) for module in _MAKERS)
