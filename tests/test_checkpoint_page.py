"""What `docs/checkpoint.md` says: its tables name all fields, and its scripts run as they stand."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from engine.checkpoints import run_state
from engine.data.base.dataset import StoredImages
from engine.data.stored.image_file import ImageFile
from engine.export import pt2_file
from engine.export.deployment import Deployment
from engine.export.network_facts import facts
from engine.models import registry
from engine.recipes.recipe import Fit
from engine.recipes.schedule import Asked, Plateau, Steering
from engine.run.saved_file import SavedFile
from engine.trained import trained_network
from engine.trained.classification import judged
from engine.trained.trained_network import TrainedNetwork
from tests import run_states
from tests.memory_images import noise
from tests.trained_networks import CPU, described, network_of, network_with

PAGE = Path(__file__).parents[1] / "docs" / "checkpoint.md"
STRUCTS: Mapping[str, type[msgspec.Struct]] = {
    "The file": run_state.RunState,
    "`description`": run_state.Description,
    "`description.input`": run_state.ImageInput,
    "`description.train`, `description.validation`, `description.test`": run_state.ImageList,
    "`training`": run_state.TrainingState,
    "`training.shape`": run_state.RunShape,
    "`training.best`, `training.last`": run_state.Accuracy,
    "`training.steering`": Steering,
    "`training.steering.asked`": Asked,
    "`training.plateau`": Plateau,
    "`training.epoch`": run_state.EpochSums,
    "`training.sightings`": run_state.SightingsState,
}


def named(part: str, column: str) -> list[str]:
    """The names in the first column of the table with this head."""
    table = part.partition(f"| {column} | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines()]
    return [name for row in rows for name in re.findall("`([a-z0-9_]+)`", row)]


def script(title: str) -> str:
    """The script below this heading."""
    part = PAGE.read_text().partition(f"## {title}\n")[2]
    return part.partition("```python\n")[2].partition("```")[0]


# Runs each script with its arguments, as if it were alone: importing torch takes seconds.
DRIVER = """
import json, sys
for script, *sys.argv[1:] in json.loads(sys.argv[1]):
    try:
        exec(script, {"__name__": "__main__"})
    except SystemExit as refused:
        print(refused.code)
    print()
"""


def printed(*scripts: tuple[str, Path, Path]) -> list[str]:
    """What these scripts print, run with nothing but what is installed.

    Each is a script, a file with a network, and an image.
    """
    given = json.dumps([[text, str(file), str(image)] for text, file, image in scripts])
    done = subprocess.run(
        [sys.executable, "-I", "-c", DRIVER, given], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [part for part in done.stdout.split("\n\n") if part]


def probabilities(told: str) -> dict[str, float]:
    """The probability of each class, as a script prints them."""
    lines = [line.partition(" ") for line in told.splitlines()]
    return {name: float(number) for number, _, name in lines}


def expected(network: TrainedNetwork, image: Path) -> dict[str, float]:
    """The probabilities as this program has them."""
    stored = [ImageFile(str(image.parent), image.name)]
    images = StoredImages("", stored, torch.zeros(1, dtype=torch.long), network.image_format)
    ((logits, _),) = judged(network, images)
    return dict(zip(network.classes, logits[0].softmax(0).tolist(), strict=True))


def test_its_tables_name_every_field() -> None:
    parts = dict(re.findall(r"^### (.*?)\n(.*?)(?=^###|\Z)", PAGE.read_text(), re.M | re.S))
    assert {*parts} == {*STRUCTS}
    for title, struct in STRUCTS.items():
        fields = [*struct.__struct_fields__, *(["format"] if title == "The file" else [])]
        assert sorted(named(parts[title], "field")) == sorted(fields), title
    told = facts(Deployment(network_of("lenet5"), raw=False))
    assert sorted(named(PAGE.read_text(), "fact")) == sorted(told)


def sharpened(network: TrainedNetwork) -> TrainedNetwork:
    """The network with larger logits, so that probabilities differ."""
    last = [part for part in network.model.modules() if isinstance(part, nn.Linear)][-1]
    with torch.no_grad():
        last.weight.mul_(40)
    return network


def exported(folder: Path, fit: Fit = "crop", crop_pct: float = 1.0) -> TrainedNetwork:
    """A network of the catalogue, in `net.pt2`."""
    description = described("lenet5", 3, 32, 5)
    given = msgspec.structs.replace(description.input, frame=3, fit=fit, crop_pct=crop_pct)
    description = msgspec.structs.replace(description, input=given)
    network = sharpened(network_with(network_of("lenet5").model, description))
    (folder / "net.pt2").write_bytes(pt2_file.content(Deployment(network, raw=False)))
    return network


def saved(folder: Path) -> TrainedNetwork:
    """A network of torchvision, in `best.pt`."""
    arch = "torchvision/squeezenet1_1"
    torch.manual_seed(0)
    model = registry.build(arch, 3, 64, 5)
    state = msgspec.structs.replace(
        run_states.state(weights=run_state.weights_of(model)),
        description=described(arch, 3, 64, 5),
    )
    run_states.save(folder / "best.pt", state)
    return trained_network.load(SavedFile(folder / "best.pt", None), CPU)


def unlike(folder: Path) -> list[Path]:
    """Images that become 8 bits, or opaque, only by what a run has chosen."""
    deep, alpha, key = (folder / f"{name}.png" for name in ("deep", "alpha", "key"))
    Image.fromarray(np.full((8, 8), 4000, np.uint16)).save(deep)
    Image.new("RGBA", (8, 8), (255, 0, 0, 9)).save(alpha)
    Image.new("RGB", (8, 8)).save(key, transparency=(0, 0, 0))
    return [deep, alpha, key]


@pytest.mark.parametrize(("fit", "crop_pct"), [("crop", 0.7), ("squash", 0.9), ("pad", 0.8)])
def test_its_script_shows_the_network_what_the_run_showed(
    tmp_path: Path, fit: Fit, crop_pct: float
) -> None:
    network = exported(tmp_path, fit, crop_pct)
    image = tmp_path / "image.ppm"
    noise(1, (77, 50)).save(image)
    first = script("Classify an image with a .pt2")
    (told,) = printed((first, tmp_path / "net.pt2", image))
    assert probabilities(told) == pytest.approx(expected(network, image), abs=5e-4)


def with_precision(network: TrainedNetwork, precision: str) -> TrainedNetwork:
    """The network, of a run that judged in this precision on the CPU."""
    chosen = {"device": "cpu", "precision": precision}
    description = msgspec.structs.replace(network.described, resolved=chosen)
    return dataclasses.replace(network, described=description)


def test_its_scripts_classify_as_the_program_does(tmp_path: Path) -> None:
    networks = exported(tmp_path), saved(tmp_path)
    images = tmp_path / "image.ppm", tmp_path / "image.png"
    noise(1, (77, 50)).save(images[0])
    Image.linear_gradient("L").resize((128, 128)).convert("RGB").save(images[1])
    first = script("Classify an image with a .pt2")
    second = script("Use a torchvision network from best.pt")
    refused = [(second, tmp_path / "best.pt", each) for each in unlike(tmp_path)]
    (tmp_path / "deep.ppm").write_bytes(b"P6 2 2 65535 " + bytes(24))
    (tmp_path / "comment.ppm").write_bytes(b"P6\n# by GIMP\n2 2\n255\n" + bytes(12))
    odd = [tmp_path / "deep.ppm", tmp_path / "comment.ppm", images[1]]
    told = printed(
        (first, tmp_path / "net.pt2", images[0]),
        (second, tmp_path / "best.pt", images[1]),
        *refused,
        *((first, tmp_path / "net.pt2", each) for each in odd),
    )
    found = [probabilities(each) for each in told[:2]]
    wanted = [expected(*pair) for pair in zip(networks, images, strict=True)]
    assert [network.judge.precision for network in networks] == ["float32", "float32"]
    assert max(wanted[0].values()) > 0.3
    # Both are printed numbers; for the first, some pixels are a level apart.
    assert found == [pytest.approx(wanted[0], abs=5e-4), pytest.approx(wanted[1], abs=1e-3)]
    assert {each.partition(":")[0] for each in told[2:5]} == {
        "only images of 8 bits without transparency, and no bands"
    }
    assert {each.partition(",")[0] for each in told[5:]} == {
        "only a binary PPM (PGM for one channel) of 8 bits"
    }
    in_bf16 = expected(with_precision(networks[0], "bf16"), images[0])
    assert found[0] != pytest.approx(in_bf16, abs=5e-4)
    assert found[0] == pytest.approx(in_bf16, abs=0.02)
    imports = [node for node in ast.walk(ast.parse(first)) if isinstance(node, ast.Import)]
    assert [name.name for node in imports for name in node.names] == ["json", "sys", "torch"]
