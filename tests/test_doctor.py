"""What `cnn-tui doctor` finds, on systems that the test writes, and how it says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Mapping
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest
from click.testing import CliRunner
from rich.console import Console

from engine.data.cache import kept_stores
from engine.data.inventory import kept_copies
from engine.diagnosis import (
    folder_findings,
    folder_trial,
    gpu_findings,
    memory_findings,
    processor_findings,
    program_findings,
    session_findings,
)
from engine.diagnosis.examined_system import System, tool_output
from engine.diagnosis.finding import Finding, Verdict, fails
from engine.diagnosis.folder_trial import Trial
from engine.diagnosis.program_findings import TorchAnswer
from engine.machine import kept_choices
from engine.machine.kept_choices import Computation, StepTime
from engine.machine.torch_facts import GpuFacts, TorchFacts
from engine.numbers import size
from engine.protocol.events import Gpu, Holder
from tests.kept_images import fill, image_files, opened, store_of
from tests.processes import COMMAND, TIMEOUT
from tests.test_cgroups import written
from tui.cli import doctor_report, terminal_findings
from tui.cli.command_line import main
from tui.cli.terminal_findings import TerminalFacts

GB = 10**9
T = TypeVar("T", Computation, StepTime)


def system(
    root: Path,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    tools: Mapping[str, str] | None = None,
) -> System:
    """A system with these files, environment variables, and outputs of tools."""
    written(root, dict(files or {}))
    said = dict(tools or {})
    return System(root, environment or {}, lambda *command: said.get(command[0]), "ann")


def verdicts(findings: Iterable[Finding]) -> dict[str, tuple[str, Verdict]]:
    """Value and verdict by name. Whatever is no good has an advice."""
    found = list(findings)
    assert all(finding.advice for finding in found if finding.verdict != "ok")
    return {finding.name: (finding.value, finding.verdict) for finding in found}


# Program and GPUs


def test_torch_is_told_without_being_loaded_here(tmp_path: Path) -> None:
    found = verdicts(program_findings.program(system(tmp_path)))
    assert found["torch"][0].startswith("2.")
    assert {verdict for _, verdict in found.values()} == {"ok"}


def test_a_package_that_is_missing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program_findings, "version", lambda package: "")
    found = [*program_findings.program(system(tmp_path))]
    assert verdicts(found)["torchvision"] == ("not installed", "failure")
    advice = [finding.advice for finding in found if finding.name == "torchvision"]
    assert advice == [f"Install it: {sys.executable} -m pip install torchvision."]
    home = str(Path(sys.executable).parent)
    shown = [*program_findings.program(system(tmp_path, environment={"HOME": home}))]
    assert "Install it: ~/" in shown[-1].advice


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (TorchAnswer(TorchFacts("13.0", "AVX512")), None),
        (TorchAnswer(error="ImportError: /home/ann/lib/libtorch.so: no such file"), "failure"),
        (TorchAnswer(), "warning"),
    ],
)
def test_whether_torch_loads(tmp_path: Path, answer: TorchAnswer, verdict: Verdict | None) -> None:
    found = program_findings.torch(system(tmp_path, environment={"HOME": "/home/ann"}), answer)
    value, told = verdicts(found).get("torch loads", ("", None))
    assert told == verdict
    assert "ann" not in value


def test_the_process_that_fails_to_load_torch_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libcudart.so.13: cannot open')")
    with program_findings.torch_asked({"PYTHONPATH": str(tmp_path)}) as answer:
        assert answer() == TorchAnswer(None, "OSError: libcudart.so.13: cannot open")


def gpu(used: int, *holders: Holder) -> Gpu:
    return Gpu(0, "NVIDIA H100", False, 0.0, used * GB, 80 * GB, holders=holders, cuda=0)


def test_what_others_hold_is_told_but_not_who(tmp_path: Path) -> None:
    held = gpu(70, Holder("anna", 60 * GB, 2), Holder("li.wei", 9 * GB, 1))
    torch = TorchFacts("13.0", "AVX512", [GpuFacts("9.0")])
    found = list(gpu_findings.gpus(system(tmp_path), [held], torch))
    assert verdicts(found) == {
        "GPU 0 (cuda:0)": (
            "NVIDIA H100, 10 GB of 80 GB free; 3 other processes hold 69 GB",
            "warning",
        ),
        "cuda:0": ("computes, compute capability 9.0", "ok"),
    }
    assert "anna" not in repr(found)


@pytest.mark.parametrize(
    ("torch", "hidden", "verdict"),
    [
        (TorchFacts("", "AVX2"), None, "warning"),
        (TorchFacts("13.0", "AVX2"), None, "warning"),
        (TorchFacts("13.0", "AVX2"), "", "ok"),
        (TorchFacts("13.0", "AVX2", [GpuFacts("3.5", "no kernel image")]), None, "failure"),
    ],
)
def test_a_gpu_that_torch_cannot_use(
    tmp_path: Path, torch: TorchFacts, hidden: str | None, verdict: Verdict
) -> None:
    environment = {} if hidden is None else {"CUDA_VISIBLE_DEVICES": hidden}
    found = verdicts(gpu_findings.gpus(system(tmp_path, {}, environment), [gpu(0)], torch))
    assert [*found.values()][-1][1] == verdict


def test_without_gpus_there_is_nothing_to_do(tmp_path: Path) -> None:
    found = verdicts(gpu_findings.gpus(system(tmp_path), [], TorchFacts("", "AVX2")))
    assert found == {"GPU": ("none, so runs compute on the CPU", "ok")}


# Processor and choices


def keep(subject: Mapping[str, str], choice: T, folder: Path) -> None:
    def measured() -> Generator[None, None, T]:
        yield
        return choice

    for _ in kept_choices.settle(subject, type(choice), measured, folder):
        pass


@pytest.mark.parametrize(
    ("flags", "instructions", "verdict"),
    [
        ("fpu avx2 avx512f avx512_bf16", "avx2, avx512f, avx512_bf16", "ok"),
        ("fpu sse2", "no vector instructions that PyTorch has kernels for", "warning"),
    ],
)
def test_instructions(tmp_path: Path, flags: str, instructions: str, verdict: Verdict) -> None:
    cpuinfo = f"model name\t: AMD EPYC\nflags\t\t: {flags}\n"
    found = verdicts(processor_findings.cpu(system(tmp_path, {"proc/cpuinfo": cpuinfo})))
    assert found["CPU"] == ("AMD EPYC", "ok")
    assert found["instructions"] == (instructions, verdict)


def test_kept_choices_are_told_with_the_way_to_forget_them(tmp_path: Path) -> None:
    folder = tmp_path / "choices"
    subject = {"architecture": "lenet5", "input": "1×32×32", "torch": "2.14"}
    choice = Computation("float32", "channels-last", {"bf16": 1.09})

    keep(subject, choice, folder)
    keep(subject, StepTime(0.0123), folder / "gpu")
    found = verdicts(processor_findings.choices(system(tmp_path / "root"), folder))
    why = "(bf16 is only 1.09× as fast; from 1.25× on it is taken)"
    told = (f"float32, channels-last {why}, torch 2.14", "ok")
    assert found["lenet5 1×32×32"] == told
    assert found["to measure again"][0] == "cnn-tui doctor --forget-choices"
    found = verdicts(processor_findings.choices(system(tmp_path / "root"), folder / "gpu"))
    assert found["lenet5 1×32×32"] == ("12.3 ms a step, torch 2.14", "ok")


def test_choices_of_one_name_are_told_apart_by_what_differs(tmp_path: Path) -> None:
    subject = {"architecture": "lenet5", "input": "1×32×32", "torch": "2.14", "kernels": "AVX2"}
    keep({**subject, "batch": "64"}, StepTime(0.5), tmp_path)
    keep({**subject, "batch": "128"}, StepTime(0.5), tmp_path)
    keep(
        {**subject, "input": "3×32×32"}, Computation("bf16", "contiguous", {"bf16": 1.5}), tmp_path
    )
    found = [each.value for each in processor_findings.choices(system(tmp_path), tmp_path)]
    assert "500 ms a step, torch 2.14, batch 64" in found
    assert "500 ms a step, torch 2.14, batch 128" in found
    assert "bf16, contiguous (bf16 is 1.50× as fast as what it replaces), torch 2.14" in found


def test_a_choice_that_cannot_be_kept_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    found = verdicts(processor_findings.choices(system(tmp_path), tmp_path / "cache" / "choices"))
    assert found["folder"][1] == "warning"


# Memory and folders


def test_the_limit_of_a_container(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": "500000000\n",
        "sys/fs/cgroup/memory.current": "300000000\n",
        "sys/fs/cgroup/memory.stat": "inactive_file 0\n",
    }
    found = verdicts(memory_findings.memory(system(tmp_path, files)))
    assert found["limit of container or job"] == ("500 MB", "ok")
    assert found["free"] == ("200 MB", "failure")


def test_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = system(tmp_path)
    assert verdicts(memory_findings.shared_memory(there))["/dev/shm"][1] == "failure"
    (tmp_path / "dev" / "shm").mkdir(parents=True)
    assert verdicts(memory_findings.shared_memory(there))["/dev/shm"][1] == "ok"
    monkeypatch.setattr(memory_findings, "tried", lambda folder: Trial(error="Read-only"))
    value, verdict = verdicts(memory_findings.shared_memory(there))["/dev/shm"]
    assert (value.endswith("cannot be written (Read-only)"), verdict) == (True, "failure")


def test_locks_are_really_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder_trial.tried(tmp_path / "not" / "there") == Trial(locks=True)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("fcntl.flock", lambda descriptor, mode: None)  # locks that lock nothing
    assert folder_trial.tried(tmp_path) == Trial(locks=False)
    found = verdicts(folder_findings.runs(system(tmp_path), tmp_path))
    assert found["locks among the runs"] == ("none", "warning")


def test_a_runs_folder_on_a_missing_disk_fails(tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    found = verdicts(folder_findings.runs(system(tmp_path), tmp_path / "runs"))
    assert found["runs"][1] == "failure"


def test_a_runs_folder_that_cannot_be_made_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = verdicts(folder_findings.runs(system(tmp_path), tmp_path / "file" / "runs"))
    assert found["runs"][1] == "failure"


def test_the_file_system_of_a_folder(tmp_path: Path) -> None:
    mounts = (
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "30 22 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw\n"
        "31 22 0:41 / /home/my\\040runs rw - tmpfs tmpfs rw\n"
    )
    there = system(tmp_path, {"proc/self/mountinfo": mounts})
    for folder, kind in (
        ("/data", "ext4"),
        ("/home/ann", "nfs4"),
        ("/homes", "ext4"),
        ("/home/my runs/1", "tmpfs"),
    ):
        assert folder_findings.file_system(there, Path(folder)) == kind
    assert folder_findings.file_system(system(tmp_path / "none"), Path("/")) == "unknown"


def test_the_path_for_temporary_files_may_have_any_length(tmp_path: Path) -> None:
    folder = tmp_path / ("t" * 90)
    folder.mkdir()
    found = list(folder_findings.temporary(system(tmp_path, {}, {"TMPDIR": str(folder)})))
    assert verdicts(found)["TMPDIR"] == (f"path of {len(str(folder))} bytes", "ok")
    assert str(tmp_path) not in repr(found)


def test_a_missing_folder_for_temporary_files_fails_where_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = system(tmp_path, {}, {"TMPDIR": str(tmp_path / "none")})
    assert verdicts(folder_findings.temporary(missing))["TMPDIR"][1] == "warning"
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "none")])
    assert verdicts(folder_findings.temporary(missing))["TMPDIR"][1] == "failure"


def test_data_sets() -> None:
    found = verdicts(folder_findings.data())
    assert found["on this disk"] == ("digits", "ok")
    assert "cifar10" in found["downloaded when asked for"][0]


# Session and terminal


@pytest.mark.parametrize(
    ("files", "kills", "verdict"),
    [
        ({}, "yes", "ok"),
        ({"run/systemd/system/x": ""}, "no", "ok"),
        ({"run/systemd/system/x": ""}, "yes", "warning"),
        ({"run/systemd/system/x": "", "var/lib/systemd/linger/ann": ""}, "yes", "ok"),
    ],
)
def test_whether_logind_ends_runs(
    tmp_path: Path, files: Mapping[str, str], kills: str, verdict: Verdict
) -> None:
    tools = {"loginctl": f"KillUserProcesses={kills}"}
    found = verdicts(session_findings.login(system(tmp_path, files, tools=tools)))
    assert found["logout"][1] == verdict


def test_slurm(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "sbatch"
    written(tmp_path, {"bin/sbatch": ""})
    tool.chmod(0o700)
    path = {"PATH": str(tool.parent)}
    for environment, verdict in (
        ({"PATH": ""}, "ok"),
        (path, "warning"),
        (path | {"SLURM_JOB_ID": "7"}, "ok"),
    ):
        found = verdicts(session_findings.batch(system(tmp_path, {}, environment)))
        assert found["Slurm"][1] == verdict


XTERM = {"TERM": "xterm-256color"}
GOOD = TerminalFacts(True, 120, 40, "utf-8", "truecolor")


def test_a_good_terminal(tmp_path: Path) -> None:
    found = verdicts(terminal_findings.terminal(system(tmp_path, {}, XTERM), GOOD))
    assert found == {
        "size": ("120×40", "ok"),
        "colours": ("16 million", "ok"),
        "characters": ("utf-8", "ok"),
        "ambiguous characters": ("one cell wide", "ok"),
    }


@pytest.mark.parametrize(
    ("facts", "environment", "name"),
    [
        (GOOD, {"TERM": "dumb"}, "terminal"),
        (GOOD._replace(columns=50), XTERM, "size"),
        (GOOD._replace(encoding="iso8859-1"), XTERM, "characters"),
        (GOOD._replace(tmux_without_utf8=True), XTERM | {"TMUX": "x"}, "tmux"),
    ],
)
def test_what_a_terminal_lacks_is_a_warning(
    tmp_path: Path, facts: TerminalFacts, environment: Mapping[str, str], name: str
) -> None:
    there = system(tmp_path, {}, environment)
    assert verdicts(terminal_findings.terminal(there, facts))[name][1] == "warning"


# The report

FINDINGS = [
    Finding("memory", "free", "200 MB", "failure", "End other programs."),
    Finding("memory", "/dev/shm", "64 MB of 64 MB free"),
    Finding("terminal", "size", "50×20", "warning", "Enlarge the window."),
]


def printed(findings: list[Finding], *, plain: bool = False, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    doctor_report.print_report(findings, console, plain=plain)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_the_report() -> None:
    assert (
        printed(FINDINGS)
        == """\
memory
  ✗  free      200 MB
               End other programs.
  ✓  /dev/shm  64 MB of 64 MB free

terminal
  !  size      50×20
               Enlarge the window.

1 thing will fail, 1 warning: see the lines with ✗ or ! above."""
    )


def test_the_report_in_ascii() -> None:
    plain = printed([*FINDINGS, Finding("a", "b", "流 \x1b[31m")], plain=True)
    assert plain.isascii()
    assert "50x20" in plain
    assert "\x1b" not in plain


def test_nothing_to_do() -> None:
    assert printed([FINDINGS[1]]).endswith("Nothing to do: runs will work here.")


def test_only_a_failure_is_one() -> None:
    assert fails(FINDINGS)
    assert not fails(FINDINGS[1:])


def test_what_is_private_is_not_told() -> None:
    there = System(Path("/"), {"HOME": "/home/ann"}, tool_output, "ann")
    assert there.shown("/home/ann/runs") == "~/runs"
    assert there.shown("/scratch/ann/runs") == "/scratch/USER/runs"
    assert there.shown("runs") == "runs"


def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_the_command_prints_json_and_exits_by_what_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = doctor("--json", "--runs-dir", "file/runs")
    assert done.stderr == ""
    found = {(f["section"], f["name"]): f for f in json.loads(done.stdout)}
    assert found["folders", "runs"]["verdict"] == "failure"
    assert done.returncode == 1
    assert os.uname().nodename not in done.stdout
    assert ("program", "CPU kernels") in found


def test_choices_are_forgotten_by_the_command() -> None:
    folder = kept_choices.choices_folder()
    written(folder, {"a.json": "{}"})
    forget = ["doctor", "--forget-choices"]
    assert CliRunner().invoke(main, forget).output.startswith("1 choice is forgotten")
    assert not (folder / "a.json").exists()
    assert CliRunner().invoke(main, forget).output == "there was no choice to forget\n"


def test_neither_the_report_nor_the_examination_loads_torch() -> None:
    code = (
        "import sys, engine.diagnosis.examination, tui.cli.doctor_report\n"
        "print('torch' in sys.modules, 'textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_unpacked_data_and_their_size_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    here = system(tmp_path, {}, {})
    assert not list(folder_findings.unpacked(here))
    (kept_copies.folder() / "a-b").mkdir(parents=True)
    (kept_copies.folder() / "a-b" / "archive.tar").write_bytes(bytes(3_000))
    (found,) = folder_findings.unpacked(here)
    assert found.value.startswith("3.0 kB in ")


def test_kept_images_their_folder_and_their_most_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    usage = SimpleNamespace(free=5_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    here = system(tmp_path, {}, {})
    place = here.shown(str(kept_stores.default_folder()))
    rest = f"of at most 500 MB in {place}; cnn-tui cache lists and clears them"
    assert [found.value for found in folder_findings.images(here)] == [f"0 B {rest}"]
    files = image_files(tmp_path / "images", 4, 0)
    kept = opened(files)
    fill(kept, files)
    store_of(kept).close()
    (store,) = kept_stores.stores(kept_stores.default_folder())
    (found,) = folder_findings.images(here)
    assert found.value == f"{size(store.bytes)} {rest}"
