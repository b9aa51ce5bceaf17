"""`cnn-tui export`, with the process that exports."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from engine.errors import RunError, UsageError
from engine.run.run_paths import RunDir
from engine.run.target_files import check_target, target_file
from engine.start import network_requests
from tests.forked_engines import new_run
from tests.nearby import Nearby
from tui.cli.command_line import main


def export(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_a_file_is_written_checked_and_replaces_another_only_by_force(
    finished_run: RunDir,
) -> None:
    Path("net.pth").write_text("old")
    refused = export(finished_run.path, "--state-dict", "net.pth")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "net.pth exists already: add --force to replace it" in refused.stderr
    assert Path("net.pth").read_text() == "old"
    done = export(finished_run.path, "--state-dict", "net.pth", "--force")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"net.pth: 251 kB, checked by torch {torch.__version__} on 64 ")
    assert torch.load("net.pth", weights_only=True)["classes"] == list("0123456789")
    assert [path.name for path in Path().iterdir()] == ["net.pth"]


def test_a_file_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_requests, "EngineRequest", Nearby)
    Path("mine.pt").write_text("no checkpoint")
    done = export("mine.pt", "--state-dict", "net.pth", "--safetensors", "net.safetensors")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "mine.pt is not a whole checkpoint" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["mine.pt"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "nothing says what to export: add --onnx FILE, --pt2 FILE"),
        (("--raw", "--safetensors", "net"), "--raw changes only --onnx and --pt2"),
        (("--pt2", "net", "--state-dict", "./net"), "net is named twice, or is the checkpoint"),
        (("--pt2", "gone/net"), "gone/net lies in a folder that does not exist"),
        (("--pt2", "/dev/null", "--force"), "/dev/null is no regular file"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(
    arguments: tuple[str, ...], sentence: str, finished_run: RunDir
) -> None:
    done = export(finished_run.path, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert not [*Path().iterdir()]


def test_the_checkpoint_itself_is_never_replaced(finished_run: RunDir) -> None:
    best = finished_run.checkpoints / "best.pt"
    done = export(finished_run.path, "--state-dict", best, "--force")
    assert done.exit_code == 2
    assert "is named twice, or is the checkpoint itself" in done.stderr


def test_a_run_without_a_checkpoint_is_refused() -> None:
    new_run(Path("runs"), {"arch": "lenet5"})
    done = export("--pt2", "net.pt2")
    assert done.exit_code == 2
    assert "has saved no checkpoint yet" in done.stderr


def test_missing_packages_are_named_with_the_line_that_installs_them(
    finished_run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = export(finished_run.path, "--onnx", "net.onnx")
    assert done.exit_code == 2
    pip = f"{sys.executable} -m pip install onnx onnxscript onnxruntime`."
    assert (
        "--onnx needs the packages onnx, onnxscript and onnxruntime, which are not installed"
        in done.stderr
    )
    assert done.stderr.rstrip().endswith(pip)


def test_a_target_appears_as_a_whole_or_not_at_all() -> None:
    with target_file(Path("net")) as target:
        target.temporary.write_text("half")
    assert not [*Path().iterdir()]
    Path("net").write_text("old")
    with target_file(Path("net")) as target:
        target.temporary.write_text("new")
        assert Path("net").read_text() == "old"
        target.keep()
    assert Path("net").read_text() == "new"
    assert [path.name for path in Path().iterdir()] == ["net"]
    with pytest.raises(UsageError, match="net exists already"):
        check_target(Path("net"), force=False)
    check_target(Path("net"), force=True)
    Path("link").symlink_to("net")
    with target_file(Path("link")) as target:
        target.temporary.write_text("newest")
        target.keep()
    assert (Path("link").is_symlink(), Path("net").read_text()) == (True, "newest")
    with pytest.raises(RunError, match="cannot be written"), target_file(Path("/proc/net/x")):
        pass
