"""What a training has in memory after its first step: nothing that it does not use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

# Trains in this interpreter, and prints what is imported after the first step.
CODE = """
import json, os, sys
from pathlib import Path
from engine.process.host import Host
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.run.journal import Journal
from engine.start import launch

append = Journal.append

def print_modules(self, event):
    if isinstance(event, events.Steps):
        print(json.dumps([*sys.modules]), flush=True)
        os._exit(0)
    return append(self, event)

Journal.append = print_modules
claim = launch.create(build_recipe(flags={"arch": sys.argv[1], "data": "digits"}), Path("runs"))
Host(claim, None, sys.stderr).run()
"""
# Beside the standard library, and what belongs to an interpreter or to a Cython module.
PACKAGES = {
    *("cnn_tui", "engine", "torch", "torchgen", "numpy", "PIL", "msgspec", "psutil", "pynvml"),
    *("typing_extensions", "cuda", "sitecustomize", "usercustomize"),
}
# The compiler, and what only the compiler needs: as long as importing torch, and 150 MB.
COMPILER = ("torch._dynamo", "torch._inductor", "torch.onnx", "torch._numpy", "sympy", "triton")


@pytest.fixture(scope="module", params=["lenet5", "resnet20", "article-resnet", "speednet"])
def modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules in memory after the first step of this architecture on a CPU."""
    folder = tmp_path_factory.mktemp("imports")
    command = [sys.executable, "-c", CODE, request.param]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def test_no_compiler_where_nothing_is_compiled(modules: set[str]) -> None:
    """Where a new PyTorch imports it elsewhere, see engine/training/eager_optimizers.py."""
    assert "torch" in modules
    assert not modules & set(COMPILER)


def test_only_packages_that_a_training_uses(modules: set[str]) -> None:
    roots = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    private = {name for name in roots if name.startswith("_") or name == "cython_runtime"}
    assert roots - private <= PACKAGES


def test_a_check_of_a_folder_loads_no_reader_of_arrays_and_tables(tmp_path: Path) -> None:
    """They take longer than the check, and each start checks its data before the engine does."""
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    code = (
        "import sys; from engine.recipes.recipe import Recipe; "
        "from engine.start import recipe_resolution; "
        f"recipe_resolution.check_data(Recipe(data={str(tmp_path)!r})); "
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
