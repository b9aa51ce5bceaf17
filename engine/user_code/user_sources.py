"""Finds, without running anything, the Python files that belong to a user's file."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import NamedTuple

from engine import regular_files
from engine.user_code.user_code import INIT, UserCode

# Folders whose files are no part of a user's code: caches, environments, what a build made.
FOREIGN_FOLDERS = frozenset(
    ["__pycache__", "build", "dist", "node_modules", "site-packages", "dist-packages", "venv"]
)
# More than this a run does not copy, in bytes.
MOST_BYTES = 5_000_000


class UserSources(NamedTuple):
    """The user's Python files by their path below `root`, and what the file imports from beside it.

    `names` maps each such module or package to its folder below `root`.
    """

    files: dict[str, Path]
    names: dict[str, str]

    @property
    def size(self) -> int:
        """In bytes. Raises OSError."""
        return sum(file.stat().st_size for file in self.files.values())


def sources_of(code: UserCode) -> UserSources:
    """The file, the whole package that it lies in, and the modules beside it that these import.

    Left out are hidden folders, environments, caches and folders of builds. What goes beyond
    `MOST_BYTES` is not read for its imports. Raises OSError.
    """
    found, size = UserSources({}, {}), 0
    top = code.root / code.module.partition(".")[0]
    to_read = [*(_package(top) if code.in_package else ()), code.original]
    while to_read:
        file = to_read.pop()
        key = str(file.relative_to(code.root))
        if key in found.files:
            continue
        found.files[key] = file
        size += file.stat().st_size
        imported = _imported(file) if size <= MOST_BYTES else set()
        for name in imported.difference(found.names):
            for folder in (code.original.parent, code.root):
                if beside := _beside(name, folder):
                    found.names[name] = str(folder.relative_to(code.root))
                    to_read += beside
                    break
    return found


def _imported(file: Path) -> set[str]:
    """The first parts of all names that a file imports, not relative to its package."""
    try:
        tree = ast.parse(regular_files.read_bytes(file), str(file))
    except (SyntaxError, ValueError, RecursionError):  # told when Python runs it
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _beside(name: str, folder: Path) -> list[Path]:
    """The files of a module or package in this folder, unless Python finds the name elsewhere."""
    file, package = folder / f"{name}.py", folder / name
    is_package = (package / INIT).is_file()
    if not (is_package or file.is_file()) or is_installed(name, folder):
        return []
    return _package(package) if is_package else [file]


def is_installed(name: str, folder: Path) -> bool:
    """Whether Python already finds this module or package, and not in this folder."""
    if name in sys.builtin_module_names or name in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return name in sys.modules
    return spec is not None and not Path(spec.origin or "/").is_relative_to(folder)


def _package(folder: Path) -> list[Path]:
    """The Python files of a package, in order.

    A folder without any ends the search, so that images or runs that lie in it are not listed.
    """
    entries = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    files = [each for each in entries if each.suffix == ".py" and each.is_file()]
    if not files:
        return []
    folders = [each for each in entries if each.is_dir() and not _is_foreign(each)]
    return [*files, *(file for each in folders for file in _package(each))]


def _is_foreign(folder: Path) -> bool:
    """Whether a folder is no part of the user's own code, or is only linked into it."""
    named = folder.name in FOREIGN_FOLDERS
    return named or folder.is_symlink() or (folder / "pyvenv.cfg").exists()
