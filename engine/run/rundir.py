"""The run directory: where it is, how it comes to be, and who holds it.

    runs/43-resnet18-cifar10/
      recipe.toml  journal.jsonl  commands/  checkpoints/  probes/  engine.log  engine.lock

A directory is filled under a dot name, with its lock taken, and then renamed, so that nobody
ever sees half a run. The lock is an flock: it is free as soon as the engine is gone, however
it went. Of an engine on another machine, or where there are no locks, the journal must tell.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from engine import text
from engine.errors import RunError, UsageError
from engine.protocol.events import Event, RunEnded
from engine.run import run_text
from engine.run.journal import last_event

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NUMBERED = re.compile(r"([0-9]{1,9})-(.+)", re.DOTALL)
TAKE_SECONDS = 1.0
# An engine samples its machine every two seconds; not heard of for so long, it is silent.
SILENT_SECONDS = 30.0
# What flock says on a file system that has no locks.
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)

# An engine holds the run; it may, but was not heard of for a while; none does.
Liveness: TypeAlias = Literal["live", "silent", "gone"]


class Owner(msgspec.Struct, frozen=True):
    """What the lock file says of the engine that holds the run.

    `pid` is 0 until it runs, and `time` is when it signed, in unix seconds.
    """

    host: str
    boot: str
    pid: int
    attempt: str
    time: float = 0.0


class RunDir(NamedTuple):
    """The paths of one run."""

    path: Path

    @property
    def label(self) -> str:
        """The directory's name, `43-resnet18-cifar10`."""
        return self.path.name

    @property
    def number(self) -> int | None:
        numbered = NUMBERED.fullmatch(self.path.name)
        return int(numbered[1]) if numbered else None

    @property
    def name(self) -> str:
        """The name without its number."""
        numbered = NUMBERED.fullmatch(self.path.name)
        return numbered[2] if numbered else self.path.name

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def commands(self) -> Path:
        return self.path / "commands"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def replies(self) -> Path:
        return self.path / "probes"

    @property
    def log(self) -> Path:
        return self.path / "engine.log"

    @property
    def lock(self) -> Path:
        return self.path / "engine.lock"

    @property
    def inspection_lock(self) -> Path:
        """Held by who answers for a run without an engine."""
        return self.path / "look.lock"


class Claim(NamedTuple):
    """A run directory with the descriptor that holds its lock."""

    run: RunDir
    lock: int


# Making a run


def default_runs_dir() -> Path:
    return Path(os.environ.get("CNN_TUI_RUNS") or "runs")


def create(runs_dir: Path, name: str, recipe_toml: str) -> Claim:
    """A new run directory with its recipe, locked for the engine that is about to start.

    Raises UsageError for a name that cannot be a directory's, RunError where it cannot be
    written; then nothing is left behind but the number.
    """
    if not NAME.fullmatch(name):
        raise UsageError(run_text.bad_name(name))
    try:
        return _create(runs_dir, name, recipe_toml)
    except OSError as error:
        raise RunError(text.cannot_write(runs_dir, text.reason(error))) from error
    except UnicodeEncodeError as error:
        raise UsageError(text.not_unicode(error.object)) from error


def _create(runs_dir: Path, name: str, recipe_toml: str) -> Claim:
    os.makedirs(runs_dir, mode=0o700, exist_ok=True)
    number = _claim_number(runs_dir)
    hidden = RunDir(runs_dir / f".{number}-{name}")
    try:
        for folder in (hidden.path, hidden.commands, hidden.checkpoints):
            os.mkdir(folder, mode=0o700)
        write_durably(hidden.recipe, recipe_toml.encode())
        lock = take(hidden)
        final = RunDir(runs_dir / f"{number}-{name}")
        os.rename(hidden.path, final.path)
    finally:
        # It has another name by now, unless something went wrong.
        shutil.rmtree(hidden.path, ignore_errors=True)
    return Claim(final, lock)


def _claim_number(runs_dir: Path) -> int:
    """The next number, claimed by exclusive creation of a file that is kept for ever."""
    numbers = runs_dir / ".numbers"
    os.makedirs(numbers, mode=0o700, exist_ok=True)
    number = max((int(n) for n in os.listdir(numbers) if n.isdecimal()), default=0) + 1
    while True:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(numbers / str(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return number
        number += 1


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file as a whole: temporary file, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "cnn-tui" / "runs"


def link_into_state(run: RunDir) -> None:
    """So that a run is found from any folder; a home that cannot be written is no obstacle."""
    target = run.path.resolve()
    link = state_dir() / f"{run.label}-{hashlib.blake2b(bytes(target), digest_size=4).hexdigest()}"
    with contextlib.suppress(OSError):
        os.makedirs(link.parent, mode=0o700, exist_ok=True)
        link.symlink_to(target, target_is_directory=True)


# Who holds it


def take(run: RunDir, lock: Path | None = None, *, force: bool = False) -> int:
    """Lock the run, for an engine or by another lock file, and name a new attempt in that file.

    Returns the locked descriptor. Raises RunError where another engine holds the run, or is silent
    and not taken for gone by `force`.
    """
    try:
        descriptor = os.open(lock or run.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RunError(text.cannot_write(lock or run.lock, text.reason(error))) from error
    found = _life(run, lock, _taken(descriptor))
    if found == "live" or (found == "silent" and lock is None and not force):
        os.close(descriptor)
        raise RunError(text.already_running(run.label) if found == "live" else absence(run))
    sign(descriptor, secrets.token_hex(4), pid=0)
    return descriptor


def sign(descriptor: int, attempt: str, pid: int) -> None:
    """Write the owner of a held lock into its file."""
    owner = Owner(socket.gethostname(), boot_id(), pid, attempt, time.time())
    content = msgspec.json.encode(owner)
    os.pwrite(descriptor, content, 0)
    os.ftruncate(descriptor, len(content))


def let_go(claim: Claim) -> None:
    """Give up a run that no engine was started on, so that one may be, on any machine."""
    os.ftruncate(claim.lock, 0)
    os.close(claim.lock)


def boot_id() -> str:
    """What tells this boot of the machine from every other; empty where Linux' file is not."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def owner(run: RunDir, lock: Path | None = None) -> Owner | None:
    """What the lock file says, whether or not the lock is still held."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((lock or run.lock).read_bytes(), type=Owner)
    return None


def alive(run: RunDir, lock: Path | None = None) -> bool:
    """Whether an engine holds the run's lock, or somebody that other lock file."""
    return life(run, lock) == "live"


def life(run: RunDir, lock: Path | None = None) -> Liveness:
    """What is known of the engine that holds the run, or of who holds that other lock file."""
    try:
        descriptor = os.open(lock or run.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return "gone"
    try:
        return _life(run, lock, _flock(descriptor, fcntl.LOCK_SH))
    finally:
        os.close(descriptor)


def _life(run: RunDir, lock: Path | None, free: bool | None) -> Liveness:
    """What a lock that is free, or not, or that there is not, tells of its owner.

    A free lock says nothing of an owner under another boot: where files are shared between
    machines, locks may not be.
    """
    if free is False:
        return "live"
    holder = owner(run, lock)
    if holder is None or (free and holder.boot == boot_id()):
        return "gone"
    said = _said(run) if lock in (None, run.lock) else None
    if isinstance(said, RunEnded) and said.time >= holder.time:
        return "gone"
    return "live" if _unheard(holder, said) < SILENT_SECONDS else "silent"


def _said(run: RunDir) -> Event | None:
    with contextlib.suppress(OSError):
        return last_event(run.journal)
    return None


def _unheard(holder: Owner, said: Event | None) -> float:
    """Seconds since the owner was last heard of.

    Only nearness counts: after a clock was set back, what was said before lies in the future.
    """
    heard = [holder.time] if said is None else [holder.time, said.time]
    return min(abs(time.time() - moment) for moment in heard)


def absence(run: RunDir) -> str:
    """The sentence for a run that is not live: that it is silent, or not running."""
    holder = owner(run)
    if holder is None or life(run) != "silent":
        return run_text.not_running(run.label)
    return run_text.silent(run.label, holder.host, _unheard(holder, _said(run)))


def last_words(run: RunDir) -> str:
    """The last line that the engine process wrote to its log, if any."""
    with contextlib.suppress(OSError), open(run.log, "rb") as log:
        log.seek(-min(4096, log.seek(0, os.SEEK_END)), os.SEEK_END)
        lines = log.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""


def _taken(descriptor: int) -> bool | None:
    """Take the lock as `_flock`; readers who probe hold it for a moment, so try for a second."""
    deadline = time.monotonic() + TAKE_SECONDS
    while (free := _flock(descriptor, fcntl.LOCK_EX)) is False and time.monotonic() < deadline:
        time.sleep(0.02)
    return free


def _flock(descriptor: int, mode: int) -> bool | None:
    """Whether the lock could be taken; None on a file system that has no locks."""
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return None
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise RunError(run_text.no_locks(text.reason(error))) from error
        return False
    return True


@contextlib.contextmanager
def choosing(runs_dir: Path) -> Iterator[None]:
    """Hold the lock of a runs folder, while it is decided whether a run is resumed or begun.

    On a file system without locks two who begin at once may both begin. Raises RunError where the
    folder cannot be written.
    """
    try:
        os.makedirs(runs_dir, mode=0o700, exist_ok=True)
        descriptor = os.open(runs_dir / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RunError(text.cannot_write(runs_dir, text.reason(error))) from error
    try:
        _wait_for(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise RunError(run_text.no_locks(text.reason(error))) from error


# Finding runs


def runs(runs_dir: Path) -> list[RunDir]:
    """The runs in a folder, newest number first."""
    found = [RunDir(path) for path in _folders(runs_dir) if NUMBERED.fullmatch(path.name)]
    return sorted(found, key=lambda run: run.number or 0, reverse=True)


def _folders(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder / entry.name
                if not entry.name.startswith(".") and os.path.exists(path / "recipe.toml"):
                    yield path
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(run_text.runs_unreadable(folder, text.reason(error))) from error


def find(runs_dir: Path, selector: str = "") -> RunDir:
    """The run that a number, a unique part of a name, a path, or nothing (the newest) means.

    The runs folder is searched first, then what the user's state folder links.
    Raises RunError where none or several fit.
    """
    if "/" in selector and os.path.exists(Path(selector) / "recipe.toml"):
        return RunDir(Path(selector).resolve())
    known = runs(runs_dir)
    if not selector:
        if not known:
            raise RunError(run_text.no_runs(runs_dir))
        return known[0]
    return _match(known, selector) or _match(_linked(), selector) or _absent(runs_dir, selector)


def _absent(runs_dir: Path, selector: str) -> RunDir:
    raise RunError(run_text.no_run(selector, runs_dir))


def _match(known: list[RunDir], selector: str) -> RunDir | None:
    exact = [run for run in known if selector in (str(run.number), run.label, run.name)]
    fits = exact or [run for run in known if selector in run.label]
    if len(fits) > 1:
        alike = len({run.label for run in fits}) < len(fits)
        shown = (str(run.path) if alike else run.label for run in fits)
        raise RunError(run_text.several_runs(selector, shown))
    return fits[0] if fits else None


def _linked() -> list[RunDir]:
    return [RunDir(path.resolve()) for path in _folders(state_dir())]


def selector(run: RunDir) -> str:
    """What finds this run again from here: its number in the default folder, else its path."""
    if run.number is not None and run.path.resolve().parent == default_runs_dir().resolve():
        return str(run.number)
    return str(run.path)


def find_live(runs_dir: Path, selector: str = "") -> RunDir:
    """As `find`, but for commands that need an engine: nothing means the only live run."""
    live = [run for run in runs(runs_dir) if alive(run)]
    if selector:
        run = _match(live, selector) or find(runs_dir, selector)
        if not alive(run):
            raise RunError(absence(run))
        return run
    if not live:
        raise RunError(run_text.none_live())
    if len(live) > 1:
        raise RunError(run_text.several_live(run.label for run in live))
    return live[0]
