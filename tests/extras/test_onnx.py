"""Networks as ONNX, by the real exporter and the real runtime."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from engine.errors import RunError, UsageError
from engine.export import export_text, network_export, onnx_file
from engine.export.checked_images import random_pixels
from engine.export.deployment import Deployment
from engine.export.network_facts import facts
from tests.trained_networks import described, network_of, network_with

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

pytestmark = pytest.mark.extras
LACKING = "onnxscript._framework_apis.torch_2_11"
PAGE = Path(__file__).parents[2] / "docs" / "checkpoint.md"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Deployment]:
    """A LeNet-5 that averages over mirror images, in a file that was checked."""
    deployment = Deployment(network_of("lenet5", channels=1, tta=True), raw=False)
    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    pixels = random_pixels(deployment.network)
    network_export.write_and_check("onnx", path, deployment, pixels)
    return path, deployment


def test_a_file_tells_its_input_and_its_facts(exported: tuple[Path, Deployment]) -> None:
    path, deployment = exported
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path)
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == (
        "images",
        "tensor(float)",
        ["batch", 1, 32, 32],
    )
    assert (made.name, made.shape) == ("logits", ["batch", 5])
    told = session.get_modelmeta().custom_metadata_map
    known = facts(deployment)
    assert {*told} == {*known}
    assert json.loads(told["classes"]) == known["classes"]
    assert (told["mirrored"], told["input"]) == ("inside", "pixels")
    assert not any("Dropout" in node.op_type for node in model.graph.node)


def test_no_file_names_a_folder_of_this_machine(exported: tuple[Path, Deployment]) -> None:
    content = exported[0].read_bytes()
    for place in (Path(__file__).parents[2], Path(torch.__file__).parent, exported[0].parent):
        assert str(place).encode() not in content


def test_a_bare_network_takes_normalised_images(tmp_path: Path) -> None:
    deployment = Deployment(network_of("lenet5", channels=1, tta=True), raw=True)
    pixels = random_pixels(deployment.network)[:5]
    network_export.write_and_check("onnx", tmp_path / "net.onnx", deployment, pixels)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    images = deployment.network.normalise(pixels).contiguous()
    (logits,) = session.run(None, {"images": images.numpy()})
    assert torch.allclose(torch.from_numpy(logits), deployment.logits(pixels), atol=1e-5)


class Singular(nn.Module):
    """Its operation has no translation to ONNX."""

    def forward(self, images: Tensor) -> Tensor:
        values: Tensor = torch.linalg.svdvals(images.mean(1))
        return values[:, :2]


def test_an_operation_without_a_translation_is_named() -> None:
    network = network_with(Singular(), described("net.py:make", 1, 8, 2))
    why = export_text.no_translation("torch.ops.aten._linalg_svd.default")
    with pytest.raises(RunError, match=rf"with --onnx \({re.escape(why)}"):
        onnx_file.content(Deployment(network, raw=False))


def test_packages_that_do_not_fit_are_answered_by_the_line_that_updates_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, LACKING, None)
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: importlib.import_module(LACKING))
    with pytest.raises(
        UsageError, match=r"do not fit this PyTorch \(import of .* type `.*--upgrade"
    ):
        onnx_file.content(Deployment(network_of("lenet5"), raw=False))


def test_a_network_that_needs_two_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "MOST_BYTES", 1000)
    with pytest.raises(RunError, match=r"take 2\d\d kB, and one ONNX file holds at most 1\.0 kB"):
        onnx_file.content(Deployment(network_of("lenet5"), raw=False))


def run_script(script: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_of_the_page_classifies_as_the_program_does(tmp_path: Path) -> None:
    deployment = Deployment(network_of("lenet5"), raw=False)
    pixels = random_pixels(deployment.network)[:1]
    (tmp_path / "net.onnx").write_bytes(onnx_file.content(deployment))
    Image.fromarray(pixels[0].permute(1, 2, 0).numpy()).save(tmp_path / "image.png")
    part = PAGE.read_text().partition("## Classify an image with ONNX\n")[2]
    script = part.partition("```python\n")[2].partition("```")[0]
    done = run_script(script, tmp_path / "net.onnx", tmp_path / "image.png")
    assert done.returncode == 0
    found = [float(line.partition(" ")[0]) for line in done.stdout.splitlines()]
    wanted = deployment.logits(pixels)[0].softmax(0).sort().values.tolist()
    assert found == pytest.approx(wanted, abs=1e-4)
    Image.new("I;16", (32, 32), 4000).save(tmp_path / "deep.png")
    done = run_script(script, tmp_path / "net.onnx", tmp_path / "deep.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("only images of 8 bits without transparency")
