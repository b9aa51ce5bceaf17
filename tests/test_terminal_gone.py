"""What becomes of a viewer when its terminal is stopped, crowded or cut; the training goes on."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.protocol import events
from engine.run import lock_owner, run_liveness
from engine.run.run_paths import RunDir
from tests import leftovers, scripted
from tests.forked_engines import ForkServer, new_run
from tests.processes import COMMAND, LiveJournal, Terminal, start_process, wait_for

RUN = RunDir(Path("runs/1-lenet5-digits"))
START = ("-m", "lenet5", "-d", "digits", "--epochs", "5000", "--set", "threads=1")
TRAIN = {"arch": "lenet5", "data": "digits", "epochs": 5000, "threads": 1}
# A viewer whose terminal is gone shall end within a second of processor time at the very most,
# however long it waits for its turn.
SECONDS = 1.0
# What one that shows a training takes of a core, at the very most.
SHARE = 0.2


@pytest.fixture
def journal(fork_server: ForkServer) -> Iterator[LiveJournal]:
    """The journal of a run that trains; its engine ends with the test."""
    run = new_run(RUN.path.parent, TRAIN)
    engine = fork_server.start(run)
    journal = LiveJournal(run.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 0, engine)
    yield journal
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == 143


def trains_on(journal: LiveJournal, epochs: int = 3) -> None:
    before = journal.count(events.EpochEnded)
    wait_for(lambda: journal.count(events.EpochEnded) >= before + epochs)


def spent(process: psutil.Process) -> float:
    """Seconds of processor time."""
    times = process.cpu_times()
    return float(times.user + times.system)


def epochs_on(viewers: list[Terminal]) -> int:
    """The epoch that the status row names, of all viewers the one that is furthest behind."""
    for viewer in viewers:
        viewer.pump()
    found = (re.search(r"(\d+)/5000", viewer.screen.display[0]) for viewer in viewers)
    return min(int(epoch[1]) if epoch else 0 for epoch in found)


def test_a_stopped_viewer_catches_up(journal: LiveJournal) -> None:
    viewer = Terminal("attach")
    viewer.wait_for("● training")
    process = psutil.Process(viewer.pid)
    threads = process.num_threads()
    process.suspend()
    trains_on(journal, 5)
    missed, before, began = journal.count(events.EpochEnded), spent(process), time.monotonic()
    process.resume()
    wait_for(lambda: epochs_on([viewer]) > missed)
    drawing = SHARE * (time.monotonic() - began)
    assert spent(process) - before < SECONDS + drawing
    assert process.num_threads() == threads, "nothing was begun a second time"
    viewer.type("q")
    assert viewer.wait_end() == 0


def test_a_stopped_viewer_that_is_sent_to_the_background_stays_whole() -> None:
    """`bg` stops it again, and `fg` brings it back with one thread that reads keys."""
    ended = events.RunEnded("done", 2, 0.9, seconds=60.0, step=40)
    scripted.run_dir(Path("runs"), [*scripted.half_a_run(), ended])
    shell = Terminal("--norc", "--noprofile", "-i", command=("/bin/bash",))
    shell.type(shlex.join([*COMMAND, "attach"]) + "\r")
    shell.wait_for("✓ done")
    [viewer] = psutil.Process(shell.pid).children()
    viewer.suspend()
    shell.wait_for("Stopped")
    shell.screen.reset()
    shell.type("bg\r")
    shell.wait_until(lambda: told_after(shell, "Stopped"), "the second stop")
    shell.screen.reset()
    shell.type("fg\r")
    shell.wait_for("✓ done")
    shell.type("q")
    shell.wait_until(lambda: not viewer.is_running(), "the end")
    shell.type("exit\r")
    shell.wait_end()


def told_after(shell: Terminal, words: str) -> bool:
    """Ask for another prompt, before which a shell tells what became of its jobs."""
    shell.type("\r")
    shell.pump()
    return words in shell.text


def test_ten_viewers_at_once(journal: LiveJournal) -> None:
    viewers = [Terminal("attach") for _ in range(10)]

    wait_for(lambda: epochs_on(viewers) > 0)
    trains_on(journal)
    seen = journal.count(events.EpochEnded)
    wait_for(lambda: epochs_on(viewers) > seen)
    for viewer in viewers:
        viewer.type("q")
    assert [viewer.wait_end() for viewer in viewers] == [0] * 10
    trains_on(journal)


@pytest.mark.parametrize("how", ["hang up", "close"])
def test_a_viewer_without_its_terminal_ends_and_does_not_spin(
    journal: LiveJournal, how: str
) -> None:
    viewer = Terminal("attach")
    viewer.wait_for("● training")
    before = spent(psutil.Process(viewer.pid))
    if how == "hang up":
        os.kill(viewer.pid, signal.SIGHUP)
    viewer.hang_up()
    viewer.wait_end()
    assert viewer.usage is not None
    assert viewer.usage.ru_utime + viewer.usage.ru_stime - before < SECONDS
    trains_on(journal)


# Over SSH


@pytest.fixture
def port(tmp_path: Path) -> int:
    """A real OpenSSH server on loopback that lets in a key made for it."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None:
        pytest.skip("no OpenSSH server and client are installed")
    if os.getuid() == 0 and not os.path.isdir("/run/sshd"):
        pytest.skip("as root, sshd needs the folder /run/sshd")
    for key in ("host", "user"):
        keygen = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / key))
        subprocess.run(keygen, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\n"
        f"AuthorizedKeysFile {tmp_path}/user.pub\nStrictModes no\nPidFile none\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
    )
    command = (program, "-D", "-e", "-f", str(tmp_path / "config"))
    server = start_process(*command, stderr=subprocess.DEVNULL)
    wait_for(lambda: answers(port), server)
    return port


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def log_in(port: int, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`cnn-tui ARGUMENTS` on a terminal at the other end; what it draws goes to `screen`."""
    kept = {"XDG_STATE_HOME", "HOME", "OMP_NUM_THREADS", "PYTHONPATH", leftovers.MARK}
    variables = [f"{name}={os.environ[name]}" for name in sorted(kept & os.environ.keys())]
    program = shlex.join(["env", *variables, "TERM=xterm-256color", *COMMAND, *arguments])
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    command = [
        *("ssh", "-tt", "-p", str(port), "-i", str(folder / "user")),
        *(part for option in options for part in ("-o", option)),
        f"{getpass.getuser()}@127.0.0.1",
        f"stty rows 24 cols 80; cd {shlex.quote(str(folder))} && exec {program}",
    ]
    with open(folder / "screen", "wb") as screen:
        return start_process(*command, stdin=subprocess.PIPE, stdout=screen)


def viewer_of(folder: Path) -> list[psutil.Process]:
    """The viewers that run in this folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "name"]):
        line = process.info["cmdline"] or []
        if "from tui.cli.command_line import main; main()" in line and process.info["cwd"] == str(
            folder
        ):
            found += [process] if line[0] == sys.executable else []
    return found


def ended_in_time(viewer: psutil.Process, before: float) -> bool:
    """Whether a viewer that had spent so much has ended; fails where it spends too much on that."""
    try:
        assert spent(viewer) - before < SECONDS
        return viewer.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_cut_connection_ends_the_viewer_and_not_the_training(tmp_path: Path, port: int) -> None:
    client = log_in(port, tmp_path, *START)
    journal = LiveJournal(RUN.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 0, client)
    wait_for(lambda: b"training" in (tmp_path / "screen").read_bytes(), client)
    [viewer] = viewer_of(tmp_path)
    parent = viewer.parent()
    assert parent is not None
    assert "sshd" in parent.name()
    before = spent(viewer)
    parent.kill()
    wait_for(lambda: ended_in_time(viewer, before))
    client.kill()
    client.communicate()
    trains_on(journal)
    shown = subprocess.run(
        [*COMMAND, "attach", "--once"], capture_output=True, text=True, check=True
    )
    assert "/5000" in shown.stdout
    assert "ended" not in shown.stdout
    owner = lock_owner.read_owner(RUN)
    assert owner is not None
    os.kill(owner.pid, signal.SIGTERM)
    wait_for(lambda: not run_liveness.is_live(RUN))
