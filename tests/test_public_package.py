"""The package that people's own scripts import: light, and open to older versions of Python."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cnn_tui

FILES = sorted(Path(cnn_tui.__file__).parent.rglob("*.py"))
ROOT = Path(cnn_tui.__file__).parents[1]
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in FILES
    if file.stem != "__init__"
]
# Those of a framework may import it, and no other one. Lightning is reached through its trainer.
OF_KERAS = [module for module in MODULES if module.startswith("cnn_tui.keras_")]
# What a script's own project may have under the same names, or may lack.
FOREIGN = {
    *("engine", "tui", "msgspec", "textual", "rich", "click", "torchvision"),
    *("lightning", "pytorch_lightning", "keras", "tensorflow", "jax"),
}


def loaded_by(*modules: str) -> set[str]:
    """The packages in memory after these imports in a fresh interpreter."""
    code = f"import sys, {', '.join(modules)}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_root_loads_the_standard_library_alone() -> None:
    before = loaded_by("importlib", "__future__")
    assert loaded_by("cnn_tui") - before == {"cnn_tui"}


def test_importing_the_root_loads_not_even_typing() -> None:
    bare = [sys.executable, "-I", "-S", "-c"]
    code = f"import sys; sys.path.append({str(ROOT)!r}); import cnn_tui; print(*sys.modules)"
    done = subprocess.run([*bare, code], check=True, capture_output=True, text=True)
    assert "cnn_tui" in done.stdout.split()
    assert "typing" not in done.stdout.split()


def test_its_modules_load_torch_but_nothing_else_of_this_program() -> None:
    loaded = loaded_by(*(module for module in MODULES if module not in OF_KERAS))
    assert "torch" in loaded
    assert not loaded & FOREIGN


def test_its_modules_for_keras_need_keras_and_numpy_alone() -> None:
    """An environment of TensorFlow or JAX has no torch."""
    imported = {name for module in OF_KERAS for name in imports_of(module)}
    shared = {name for name in imported if name.startswith("cnn_tui.")} - set(OF_KERAS)
    assert "cnn_tui.watching.channel" in shared
    assert "torch" not in loaded_by(*(name for name in shared if name in MODULES))
    roots = {name.partition(".")[0] for name in imported}
    assert roots - sys.stdlib_module_names == {"cnn_tui", "keras", "numpy"}


def imports_of(module: str) -> Iterator[str]:
    """The modules that a module names in its imports; of a name in a package, both."""
    file = (ROOT / module.replace(".", "/")).with_suffix(".py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_python_3_9(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    # `zip` got its keyword in 3.10.
    assert not any(keyword.arg == "strict" for call in calls for keyword in call.keywords)
