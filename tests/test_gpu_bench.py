"""The benchmark of a GPU, as far as it runs without one: it must not fail when one comes."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
import torch

from benchmarks import gpu, gpu_equal_runs, gpu_loops
from benchmarks.gpu_kernels import compilation, kind_of, profiled
from benchmarks.gpu_loops import NEEDS_A_GPU, Bench, Case, Loop, each_in_time
from benchmarks.start import measure
from engine.recipes.recipe import Recipe
from engine.run.run_lock import Claim
from engine.start import launch
from tests.forked_engines import Engine, ForkServer
from tests.processes import TIMEOUT
from tests.test_determinism import as_before

__all__ = ["as_before"]

LENET = Case("lenet5", 64)
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    torch.set_num_threads(1)
    return Bench(tmp_path, None, torch.device("cpu"), quick=True)


class Forked:
    """A forked engine, with the methods of `Popen` that the benchmark needs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def returncode(self) -> int | None:
        return self._engine.poll()

    def poll(self) -> int | None:
        return self._engine.poll()

    def kill(self) -> None:
        self._engine.end()

    def wait(self) -> int:
        return self._engine.wait()


@pytest.fixture
def forked(fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines start at once."""
    one = threading.Lock()

    def spawn(claim: Claim, recipe: Recipe) -> Forked:
        os.close(claim.lock)
        with one:
            return Forked(fork_server.start(claim.run))

    monkeypatch.setattr(launch, "spawn", spawn)


def later() -> float:
    return time.monotonic() + TIMEOUT


# The script


def test_what_needs_a_gpu_says_so_and_each_part_is_in_the_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["several", "accuracy"]
    gpu.main(["--device", "cpu", "--quick", "--out", str(out), "--only", *asked])
    found = json.loads((out / "gpu.json").read_text())
    assert found["several"]["lenet5 128"] == NEEDS_A_GPU
    assert found["accuracy"]["not run"] == "needs an archive of images"
    assert "lenet5 128  not run: needs a GPU" in (out / "gpu.txt").read_text()
    assert sorted(path.name for path in out.iterdir()) == ["gpu.json", "gpu.txt"]


def test_a_part_that_dies_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """No engine starts for a device that is not there."""
    out = tmp_path / "out"
    gpu.main(["--device", "cuda:99", "--quick", "--out", str(out), "--only", "several", "compile"])
    found = json.loads((out / "gpu.json").read_text())
    assert [*found] == ["compile", "several"]
    assert all(part["failed"] == "exit code 1" for part in found.values())


def test_a_part_that_takes_too_long_is_ended() -> None:
    """It may clean up before."""
    terminal, report = io.StringIO(), io.StringIO()
    both = gpu.Both(terminal, report)
    endless = "import signal\nprint('begun')\nsignal.pause()"
    assert gpu.run([sys.executable, "-u", "-c", endless], 0.5, both) == -signal.SIGTERM
    assert terminal.getvalue() == report.getvalue() == "begun\n"


def test_the_usual_parts_share_all_the_minutes() -> None:
    deadlines = dict(gpu.deadlines(gpu.USUAL, 0.0, 540.0))
    assert deadlines["first-step"] == pytest.approx(540.0)
    assert [*deadlines] == gpu.USUAL
    assert deadlines["compile"] - deadlines["deterministic"] > 180


def test_a_case_is_left_out_where_the_time_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 5.0, 5.0, 8.0, 8.0, 8.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))

    def measure(case: Case) -> dict[str, str]:
        if case.batch == 2:
            raise RuntimeError("the compiler failed")
        return {"fine": str(case)}

    cases = [Case("net", batch) for batch in (1, 2, 3)]
    assert each_in_time(measure, cases, 12.0) == {
        "net 1": {"fine": "net 1"},
        "net 2": {"failed": "RuntimeError: the compiler failed"},
        "net 3": {"not run": "no time was left"},
    }


# Its parts


@pytest.mark.usefixtures("forked")
def test_two_runs_of_a_processor_are_equal_and_so_is_one_that_was_killed(bench: Bench) -> None:
    found = gpu_equal_runs.equal_runs(bench, "on", later(), LENET)
    assert [*found] == ["two runs", "killed and resumed"]
    for said in found.values():
        assert said == {
            **{"equal": True, "different": []},
            **{"largest difference": 0.0, "since epoch": None},
        }
    journals = [file.read_text() for file in bench.folder.glob("runs/*/journal.jsonl")]
    assert sum('"Resumed"' in journal for journal in journals) == 1


@pytest.mark.usefixtures("forked")
def test_a_run_of_another_seed_differs_since_its_first_epoch(bench: Bench) -> None:
    runs = []
    for seed in (0, 1):
        chosen = gpu_equal_runs.recipe(bench, "off", LENET, seed)
        runs.append(gpu_equal_runs.trained(bench, chosen, later(), kill=False))
    said = gpu_equal_runs.compared(*runs)
    assert not said["equal"]
    assert said["since epoch"] == 1
    assert said["largest difference"] > 0
    assert said["different"][0].startswith(".weights.")


@pytest.mark.usefixtures("as_before")
def test_loops_take_turns_with_and_without_deterministic_kernels(bench: Bench) -> None:
    found = gpu_loops.deterministic(bench, LENET)
    assert [*found["images a second"]] == ["off", "on"]
    assert found["on : off"] > 0
    assert found["off : off"] == 1


def test_a_profile_tells_the_kernels_of_a_step(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Loop(bench, LENET)) as loop:
        found = profiled(bench, "lenet5", loop)
    assert math.fsum(found["shares"].values()) == pytest.approx(1)
    assert found["shares"]["convolutions and products"] > 0.1
    convolution = next(each for each in found["longest"] if "conv" in each["name"])
    assert convolution["launches"] == pytest.approx(2, abs=0.5)
    assert "convolutions and products" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (
            "sm90_xmma_fprop_implicit_gemm_bf16bf16_bf16f32_f32_nhwckrsc",
            "convolutions and products",
        ),
        ("void cudnn::bn_fw_tr_1C11_kernel_NCHW<float>", "norms"),
        ("void at::native::batch_norm_collect_statistics_channels_last_kernel", "norms"),
        ("triton_poi_fused__native_batch_norm_legit_functional_relu_3", "compiled"),
        ("Memcpy DtoD (Device -> Device)", "copies"),
        ("something", "the rest"),
    ],
)
def test_a_kernel_is_known_by_its_name(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_only_a_gpu_compiles_and_replays(bench: Bench) -> None:
    for part in (compilation, gpu_loops.several, gpu_loops.replay):
        assert part(bench, LENET) == NEEDS_A_GPU


def test_a_first_step_is_a_line_and_a_failure_is_its_output(tmp_path: Path) -> None:
    prints = [
        sys.executable,
        "-c",
        "import signal; print('loading'); print('  step 1'); signal.pause()",
    ]
    assert 0 < measure(prints, b"  step ", UNBUFFERED, tmp_path).wall < TIMEOUT
    with pytest.raises(RuntimeError, match="no such thing"):
        measure([sys.executable, "-c", "print('no such thing')"], b"  step ", {}, tmp_path)
