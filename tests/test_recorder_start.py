"""Where a script finds its recorder, and what it is told if there is none."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_tui.watching import recorder_start
from cnn_tui.watching.recorder_start import VARIABLE, Recorder
from engine.protocol.script_lines import Recording, Refused
from tests.processes import wait_for
from tests.recorders import ROOT, FakeScript


def command(path: Path, text: str) -> Path:
    """An executable file with this text."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@contextlib.contextmanager
def started() -> Iterator[subprocess.Popen[bytes]]:
    """The recorder that a script gets, ended in the end."""
    with recorder_start.start() as process:
        try:
            yield process
        finally:
            process.kill()


# Finding


def test_an_environment_that_holds_all_of_cnn_tui_records_itself() -> None:
    assert recorder_start.found() == Recorder(sys.executable, str(ROOT))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment that has only `cnn_tui`, and nothing but this folder on its path."""
    place = tmp_path / "site-packages" / "cnn_tui" / "watching"
    monkeypatch.setattr(recorder_start, "HERE", str(place))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


@pytest.mark.parametrize(
    "text",
    [
        f"#!{sys.executable}\nimport sys\n",
        f"#! {sys.executable}\n",
        f"#!/bin/sh\n'''exec' {sys.executable} \"$0\" \"$@\"\n' '''\nimport sys\n",
        f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\nimport sys\n",
        f"#!/bin/sh\n'''exec' '{sys.executable}' \"$0\" \"$@\"\n' '''\nimport sys\n",
    ],
)
def test_elsewhere_the_command_on_the_path_names_the_interpreter(alone: Path, text: str) -> None:
    command(alone / "cnn-tui", text)
    assert recorder_start.found() == Recorder(sys.executable)


def test_the_variable_names_the_command_or_its_interpreter(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(alone / "cnn-tui", "#!/another/python\n")
    other = command(alone.parent / "x" / "cnn-tui", f"#!{sys.executable}\n")
    for named in (str(other), sys.executable):
        monkeypatch.setenv(VARIABLE, named)
        assert recorder_start.found() == Recorder(sys.executable)


def sentence() -> str:
    """What is said instead of starting a recorder."""
    with pytest.raises(OSError, match=r"^[^\n]+$") as raised:
        recorder_start.start()
    return str(raised.value)


def test_where_no_recorder_is_found_one_sentence_says_what_to_do(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sentence() == (
        "There is no command cnn-tui on the PATH: set CNN_TUI_RECORDER to .venv/bin/cnn-tui of a "
        "checkout of cnn-tui in which `make run` has run once, or put its folder on the PATH."
    )
    gone = command(alone / "cnn-tui", "#!/gone/python\n")
    assert sentence().startswith(f"The command {gone} names no Python that is there: ")
    command(alone / "cnn-tui", "no program")
    assert sentence() == (
        f"The recorder cannot be started with {gone} (Exec format error): install cnn-tui again."
    )
    monkeypatch.setenv(VARIABLE, "nowhere/cnn-tui")
    assert sentence().startswith("CNN_TUI_RECORDER is 'nowhere/cnn-tui', which is no command: ")


# Starting


def test_it_is_isolated_from_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the script's path, session or open files comes in."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONSTARTUP", "/elsewhere/x.py")
    monkeypatch.setenv("CNN_TUI_RUNS", "/runs")
    ours, theirs = os.pipe()
    os.set_inheritable(ours, True)
    with started() as process:
        told = Path(f"/proc/{process.pid}/environ")
        wait_for(lambda: told.read_bytes() != b"")  # as long as the new program is loaded
        environment = told.read_bytes().split(b"\0")
        assert not [each for each in environment if each.startswith(b"PYTHON")]
        assert b"CNN_TUI_RUNS=/runs" in environment
        assert os.getsid(process.pid) == process.pid
        assert os.readlink(f"/proc/self/fd/{ours}") not in open_in(process.pid)
        assert os.readlink(f"/proc/{process.pid}/cwd") == os.getcwd()
    os.close(ours)
    os.close(theirs)


def open_in(pid: int) -> list[str]:
    """What a process has open, which may change meanwhile."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(descriptor))
    return found


def test_a_project_with_modules_of_our_names_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("engine.py", "msgspec.py", "sitecustomize.py", "tui/__init__.py"):
        (tmp_path / module).parent.mkdir(exist_ok=True)
        (tmp_path / module).write_text("raise SystemExit('not this one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = FakeScript(*recorder_start.found().command, folder=tmp_path)
    assert script.hello() == Recording(str(tmp_path / "runs" / "1-mine"), "1-mine", "1")
    assert script.end() == 0


def test_its_start_loads_little() -> None:
    """A tenth of a second; it overlaps with the imports of the script."""
    code = "import sys, engine.recording.recorder; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in done.stdout.split()}
    others = {name for name in packages - set(sys.stdlib_module_names) if name[0] != "_"}
    assert others <= {"engine", "msgspec", "psutil", "typing_extensions", "sitecustomize"}


# An environment that cannot record


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The site-packages of an environment without any package."""
    venv.create(tmp_path / "other", symlinks=True)
    return next((tmp_path / "other" / "lib").glob("python*/site-packages"))


def refusal(site_packages: Path, folder: str = "") -> str:
    python = site_packages.parents[2] / "bin" / "python"
    script = FakeScript(*Recorder(str(python), folder).command)
    answer = script.hello()
    assert script.wait() == 0
    assert isinstance(answer, Refused)
    assert answer.sentence.startswith("The run is not recorded, since ")
    return answer.sentence


def test_an_environment_without_cnn_tui_says_so(other: Path) -> None:
    assert refusal(other).endswith(
        "/bin/python has no cnn-tui: install it there, or set CNN_TUI_RECORDER to its command."
    )


def test_another_package_named_engine_is_found_out(other: Path) -> None:
    (other / "engine").mkdir()
    (other / "engine" / "__init__.py").write_text("raise SystemExit('not this one')")
    hidden = f"since another package named engine, {other / 'engine'}, hides that of cnn-tui: "
    assert hidden in refusal(other)


def test_an_engine_of_another_checkout_is_found_out(other: Path, tmp_path: Path) -> None:
    (other / "x.pth").write_text(str(ROOT))
    (tmp_path / "another").mkdir()
    (other / "a.pth").write_text(str(tmp_path / "another"))
    assert "hides that of cnn-tui" in refusal(other, str(tmp_path / "another"))


def test_an_older_cnn_tui_is_told_to_be_updated(other: Path) -> None:
    (other / "engine" / "protocol").mkdir(parents=True)
    (other / "engine" / "__init__.py").touch()
    (other / "engine" / "protocol" / "events.py").touch()
    assert refusal(other).endswith("is too old to record: update it there.")


def test_a_package_that_is_missing_is_named(other: Path) -> None:
    assert "lacks the package psutil: install cnn-tui there again" in refusal(other, str(ROOT))


def test_packages_installed_for_the_user_alone_are_found(
    other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a cluster: `pip install --user`."""
    named = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for_user = tmp_path / "home" / ".local" / "lib" / named / "site-packages"
    for_user.mkdir(parents=True)
    (for_user / "x.pth").write_text("\n".join([str(ROOT), *sys.path]))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    python = other.parents[2] / "bin" / "python"
    script = FakeScript(*Recorder(str(python)).command)
    assert isinstance(script.hello(), Recording)
    assert script.end() == 0
