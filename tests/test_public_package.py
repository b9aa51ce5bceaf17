"""The package that people's own scripts import: light, and open to older versions of Python."""

from __future__ import annotations

import ast
import subprocess
import sys
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
# What a script's own project may have under the same names, or may lack.
FOREIGN = ("engine", "tui", "msgspec", "textual", "rich", "click", "torchvision")


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
    # Keras is in an environment of its own, see `tests/extras/frameworks`.
    loaded = loaded_by(*(name for name in MODULES if "keras" not in name))
    assert "torch" in loaded
    assert not loaded & set(FOREIGN)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_python_3_9(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    # `zip` got its keyword in 3.10.
    assert not any(keyword.arg == "strict" for call in calls for keyword in call.keywords)
