"""The copy of a user's Python that a run keeps, so that weights stay with the code they grew in.

FOLDER/net.py        a file that lies in no package
FOLDER/code/         its package, and what it imports from beside it, laid out as the user's folder
FOLDER/code.json     where the user's own files lie, and the digest of what is too large to keep
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine import regular_files, text
from engine.errors import RunError, UsageError
from engine.run.durable_files import write_durably
from engine.user_code import user_code_text
from engine.user_code.user_code import UserCode, code_of
from engine.user_code.user_sources import MOST_BYTES, UserSources, sources_of


class Kept(msgspec.Struct, frozen=True):
    """What `code.json` says; see `UserCode`. `digest` is empty where all files are copied."""

    file: str
    module: str
    names: dict[str, str] = {}
    digest: str = ""


class KeptCode(NamedTuple):
    """The code that a run uses.

    `digest` is that of files which are too large to keep, else empty; `notes` are sentences for the
    log about these.
    """

    code: UserCode
    digest: str = ""
    notes: tuple[str, ...] = ()


def keep_code(original: Path, folder: Path, *, keep: bool) -> KeptCode:
    """Copy a user's file into the run's `folder`, with its package and what it imports.

    With `keep`, an existing copy holds, so that weights keep the code that they were made with.
    Otherwise the original is copied anew if it is still there. Raises UsageError if the files
    cannot be read.
    """
    before = kept_code(original, folder)
    if before is None or (not keep and original.exists()):
        return _copied(code_of(original), folder)
    differs = (
        before.digest and original.exists() and before.digest != _digest(sources_of(before.code))
    )
    notes = (user_code_text.changed_since(_called(before.code)),) if differs else ()
    return before._replace(notes=notes)


def kept_code(original: Path, folder: Path) -> KeptCode | None:
    """The code that a run's folder keeps of this file; None if it keeps none.

    Raises RunError if the folder does not say where the code came from.
    """
    try:
        kept = msgspec.json.decode(regular_files.read_bytes(folder / "code.json"), type=Kept)
    except FileNotFoundError:  # of a run of an older version, which kept the file alone
        kept = Kept(original.name, original.stem)
    except msgspec.DecodeError as error:
        raise RunError(user_code_text.damaged(folder / "code.json")) from error
    if not (folder / kept.file).is_file():
        return None
    code = UserCode(original, kept.module, folder / kept.file, folder / "code", kept.names)
    return KeptCode(code, kept.digest)


def _copied(code: UserCode, folder: Path) -> KeptCode:
    try:
        found = sources_of(code)
        return _copy(code, found, folder)
    except OSError as error:
        place = error.filename or code.original
        raise UsageError(user_code_text.unreadable(place, text.reason(error))) from error


def _copy(code: UserCode, found: UserSources, folder: Path) -> KeptCode:
    own = str(code.original.relative_to(code.root))
    file = f"code/{own}" if code.in_package else own
    digest = _digest(found) if found.size > MOST_BYTES else ""
    copied = [own] if digest else list(found.files)
    places = {path: folder / (file if path == own else f"code/{path}") for path in copied}
    for path, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        write_durably(place, regular_files.read_bytes(found.files[path]))
    for stale in {*(folder / "code").rglob("*.py")} - {*places.values()}:
        stale.unlink(missing_ok=True)
    kept = Kept(file, code.module, found.names, digest)
    write_durably(folder / "code.json", msgspec.json.encode(kept))
    code = code._replace(file=folder / file, kept=folder / "code", names=found.names)
    size, most = (f"{count / 1e6:.1f} MB" for count in (found.size, MOST_BYTES))
    notes = (user_code_text.not_kept(_called(code), size, most),) if digest else ()
    return KeptCode(code, digest, notes)


def _digest(found: UserSources) -> str:
    """A digest of the names and the contents of these files. Raises OSError."""
    digest = hashlib.sha256()
    for path, file in sorted(found.files.items()):
        content = hashlib.sha256(regular_files.read_bytes(file)).hexdigest()
        digest.update(f"{path!r} {content}\n".encode())
    return digest.hexdigest()


def _called(code: UserCode) -> str:
    return code.module.partition(".")[0] if code.in_package else code.original.name
