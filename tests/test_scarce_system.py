"""What the system refuses, and processes that end of it: each is told in a sentence."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from PIL import Image

from engine.catalog.datasets import data_folders
from engine.catalog.user_folders import cache_folder
from engine.data import loading
from engine.data.decoding import fork_server
from engine.data.decoding.decoders import Decoders
from engine.data.decoding.image_format import ImageFormat
from engine.data.reading import decoded_images
from engine.errors import DataError, RunError
from engine.machine.temporary_folder import temporary_folder
from engine.process import torchrun
from engine.recipes.recipe import Recipe
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir, state_dir
from engine.start import data_requests, launch
from tests.loading import run_to_end
from tests.processes import TIMEOUT, start_process, wait_for
from tui.cli import rehearsal
from tui.cli.command_line import main


@pytest.fixture
def long_tmpdir(tmp_path: Path) -> Path:
    """A TMPDIR as Slurm makes them: its path has more bytes than the address of a socket."""
    folder = tmp_path / ("x" * max(1, 120 - len(os.fsencode(tmp_path))))
    folder.mkdir()
    return folder


DECODE = """
import gc
import os
import signal
from multiprocessing import forkserver
from pathlib import Path
from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.decoders import Decoders
if __name__ == "__main__":
    decoders = Decoders(1, 1, 1, ImageFormat(1, 8, 0))
    print(decoders.result(decoders.submit(0, [Path("none")])), flush=True)
    for _ in range(3):
        server = forkserver._forkserver._forkserver_pid
        os.kill(server, signal.SIGKILL)
        os.waitid(os.P_PID, server, os.WEXITED | os.WNOWAIT)
        decoders._renew()
        decoders.result(decoders.submit(0, [Path("none")]))
        gc.collect()
        print(len(os.listdir("/proc/self/fd")))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_decoders_start_in_a_long_tmpdir_and_leave_nothing_there(
    tmp_path: Path, long_tmpdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the engine is killed; nor do new servers cost descriptors."""
    monkeypatch.setenv("TMPDIR", str(long_tmpdir))
    (tmp_path / "decode.py").write_text(DECODE)
    process = start_process(
        sys.executable, "-u", "decode.py", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == -signal.SIGKILL, err
    first, *others = out.splitlines()
    assert first == "{0: 'No such file or directory'}"
    assert len({*others}) == 1, "no descriptor is lost"
    assert [*long_tmpdir.iterdir()] == []


def test_rank_0_gets_the_lock_through_a_long_tmpdir(
    tmp_path: Path, long_tmpdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(long_tmpdir))
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    with torchrun._lock_socket() as (server, path):
        monkeypatch.setenv(torchrun.LOCK_SOCKET, str(path))

        def give() -> None:
            with server.accept()[0] as caller:
                socket.send_fds(caller, [b"lock"], [lock])

        giver = threading.Thread(target=give)
        giver.start()
        received = torchrun.locked(RunDir(tmp_path))
        giver.join()
    assert os.fstat(received).st_ino == os.fstat(lock).st_ino
    os.close(received)
    os.close(lock)
    assert [*long_tmpdir.iterdir()] == []


def test_torchrun_leaves_its_files_where_they_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    run = torchrun.Torchrun(Claim(RunDir(tmp_path), lock), 2, [], None, sys.stderr)
    with torchrun._lock_socket() as (_, path):
        run._start(path)
    os.close(lock)
    [command] = started
    assert command[command.index("--log-dir") + 1] == str(path.parent)
    assert not path.parent.exists()


def test_a_user_without_a_home_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container, the number of a user may be in no table. Relative paths count as none."""

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert cache_folder() == Path("/.cache/cnn-tui")
    assert state_dir() == Path("/.local/state/cnn-tui/runs")
    assert data_folders()[1] == Path("/data")


@pytest.mark.parametrize("option", ["--arch", "--init-from", "--recipe", "--data"])
def test_a_path_in_the_home_of_nobody_is_told(option: str) -> None:
    done = CliRunner().invoke(main, ["train", option, "~nobody-here/net.py:make", "--no-ui"])
    assert isinstance(done.exception, SystemExit), "no traceback"
    assert "~nobody-here/net.py" in done.output


RANK = """
import os, time
from engine.process.torchrun import end_with_torchrun
end_with_torchrun()
print(os.getpid(), flush=True)
time.sleep(999)
"""


def test_a_rank_does_not_outlive_torchrun() -> None:
    parent = start_process("sh", "-c", f"{sys.executable} -c '{RANK}'; :", stdout=subprocess.PIPE)
    assert parent.stdout is not None
    rank = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    wait_for(lambda: not rank.is_running() or rank.status() == psutil.STATUS_ZOMBIE)


# /dev/shm, memory, descriptors


def images(root: Path, count: int = 10) -> Path:
    for index in range(count):
        file = root / "ab"[index % 2] / f"{index}.png"
        file.parent.mkdir(exist_ok=True)
        Image.linear_gradient("L").resize((8, 8)).save(file)
    return root


@pytest.fixture
def shm_refuses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system makes no semaphore, as with a /dev/shm that is full or read-only."""

    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("multiprocessing.synchronize._multiprocessing.SemLock", refuse)


@pytest.mark.parametrize("shm_refuses", [errno.ENOSPC, errno.EROFS], indirect=True)
@pytest.mark.usefixtures("shm_refuses")
def test_a_full_dev_shm_is_named_and_can_be_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=r"since /dev/shm fails \(.*or use --set loader=resident"):
        Decoders(1, 1, 1, ImageFormat(1, 8, 0))
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", 1)
    recipe = Recipe(data=str(images(tmp_path)), loader="resident", size=8)
    data = run_to_end(loading.load(recipe, 0.0))[1]
    assert len(data.train) == 8
    assert "decoded by threads, which takes longer, because the processes" in data.notes[0]


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EMFILE])
def test_memory_that_the_system_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "memfd_create", refuse)
    with pytest.raises(DataError, match="need 680 kB of shared memory, which the system refuses"):
        Decoders(1, 100, 100, ImageFormat(1, 8, 0))


def test_a_fork_server_that_cannot_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(fork_server, "start", refuse)
    with pytest.raises(DataError, match=r"cannot start \(No usable .*see that TMPDIR"):
        Decoders(1, 1, 1, ImageFormat(1, 8, 0))


# No temporary folder


def test_a_temporary_folder_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    for use in (temporary_folder, torchrun._lock_socket):
        with (
            pytest.raises(RunError, match=r"cannot be made \(No space .*or set TMPDIR"),
            contextlib.ExitStack() as stack,
        ):
            stack.enter_context(use())


# Processes that end


def test_a_preview_that_is_killed_is_told() -> None:
    request = data_requests.preview(Recipe())
    request.cancel()
    with pytest.raises(RunError, match=r"preview process ended by signal 9 \(Killed\): free some"):
        request.answer()


def test_a_dry_run_that_is_killed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(arguments: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(arguments, -signal.SIGSEGV)

    with tempfile.TemporaryFile() as lock:
        claim = Claim(RunDir(Path("run")), lock.fileno())
        monkeypatch.setattr(launch, "create", lambda *_: claim)
        monkeypatch.setattr(subprocess, "run", killed)
        with pytest.raises(RunError, match=r"dry run ended by signal 11 \(Segmentation fault\): t"):
            rehearsal.rehearse(Recipe())


ENTRY = """
from engine.process import entry
from engine.run import run_lock
entry.{0} = lambda *_: 1 / 0
entry.run()
"""


@pytest.mark.parametrize(
    ("function", "lines"),
    [("serve", False), ("_redirect_output", True), ("_rank_options", True)],
)
def test_an_engine_that_fails_at_any_point_says_so_on_the_terminal(
    tmp_path: Path, function: str, lines: bool
) -> None:
    (tmp_path / "run").mkdir()
    options = ["run", "--ranks", "2", *(["--lines"] if lines else [])]
    done = subprocess.run(
        [sys.executable, "-c", ENTRY.format(function), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("cnn-tui: the training stopped on an error of the program: ZeroDiv")
    assert ("Traceback" in done.stderr) is not lines
