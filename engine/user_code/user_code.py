"""Where a user's Python file lies, what it is called in Python, and where a run keeps its copy."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

INIT = "__init__.py"


class UserCode(NamedTuple):
    """A user's Python file, and the copies that a run keeps of it.

    `original` is the user's own file, which may be gone. `module` is its name in Python: `net`, or
    `mypkg.nets.net` where it lies in a package. `file` is the one that runs. `kept` is the folder
    of the copies, laid out as `root`; None without a run. `names` are the modules and packages
    beside the file that it imports, each with its folder below `root`.
    """

    original: Path
    module: str
    file: Path
    kept: Path | None
    names: Mapping[str, str]

    @property
    def root(self) -> Path:
        """The folder from which Python imports `module`."""
        return self.original.parents[self._depth]

    @property
    def in_package(self) -> bool:
        return self._depth > 0

    @property
    def served(self) -> Mapping[str, str]:
        """The modules and packages that are the user's own: `names` and the file's package."""
        top = {self.module.partition(".")[0]: "."} if self.in_package else {}
        return {**self.names, **top}

    @property
    def _depth(self) -> int:
        is_package = self.original.name == INIT and self.module != Path(INIT).stem
        return self.module.count(".") + is_package

    def line_of(self, error: BaseException) -> str:
        """`net.py, line 12`: the innermost line of the user's code in the error; else empty."""
        frames = traceback.extract_tb(error.__traceback__)
        places = [(frame.filename, frame.lineno) for frame in frames]
        if isinstance(error, SyntaxError) and error.filename:
            places.append((error.filename, error.lineno))
        found = ((self._shown(Path(name)), line) for name, line in places)
        lines = [f"{shown}, line {line}" for shown, line in found if shown]
        return lines[-1] if lines else ""

    def _shown(self, file: Path) -> str:
        """The user's name of a file that a traceback names; empty for those of others."""
        if file in (self.file, self.original):
            return self.original.name
        for folder in filter(None, (self.kept, self.root)):
            for name, beside in self.served.items():
                own = folder / beside / name
                if file == own.with_suffix(".py") or file.is_relative_to(own):
                    return str(file.relative_to(folder / beside))
        return ""


def code_of(file: Path) -> UserCode:
    """A user's file where it lies, without a run."""
    original = file.absolute()
    return UserCode(original, module_name(original), original, None, {})


def module_name(file: Path) -> str:
    """`mypkg.nets.net` for a file in packages, that is, in folders with an `__init__.py`."""
    parts = [file.stem]
    for folder in file.parents:
        if not folder.name.isidentifier() or not (folder / INIT).is_file():
            break
        parts.insert(0, folder.name)
    return ".".join(parts[:-1] if file.name == INIT and len(parts) > 1 else parts)
