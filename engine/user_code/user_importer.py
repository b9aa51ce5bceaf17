"""Lets Python import what lies beside a user's file: the run's copy of it where there is one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

from engine.user_code.user_code import INIT, UserCode


class UserLoader(SourceFileLoader):
    """Runs a copy of a module, and leaves no `__pycache__` beside it.

    The module's `__file__` is the original, beside which its other files lie.
    """

    def set_data(self, path: str, data: object, *, _mode: int = 0o666) -> None:
        """Write nothing."""


class UserImporter(MetaPathFinder):
    """Finds the modules and packages that are the user's own. Others find the rest."""

    def __init__(self, code: UserCode) -> None:
        self.code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        folder = self.code.served.get(top)
        if folder is None:
            return None
        inner = Path(folder, *fullname.split("."))
        for relative in (inner / INIT, inner.with_suffix(".py")):
            original, is_package = self.code.root / relative, relative.name == INIT
            kept = self.code.kept / relative if self.code.kept else original
            if file := next((each for each in (kept, original) if each.is_file()), None):
                return importlib.util.spec_from_file_location(
                    fullname,
                    original,
                    loader=UserLoader(fullname, str(file)),
                    submodule_search_locations=[str(original.parent)] if is_package else None,
                )
        return None


def install(code: UserCode) -> None:
    """Make Python import what this user's file imports.

    Modules of other code with the same names, or of other copies, are forgotten.
    """
    mine = [each for each in sys.meta_path if isinstance(each, UserImporter)]
    for importer in mine:
        if importer.code != code and importer.code.served.keys() & code.served.keys():
            _forget(importer)
    if code.served and not any(importer.code == code for importer in mine):
        sys.meta_path.insert(0, UserImporter(code))
    # Last, so that nothing beside the file hides a module of Python or of an installed package.
    for folder in (code.original.parent, code.root):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _forget(importer: UserImporter) -> None:
    sys.meta_path.remove(importer)
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] in importer.code.served and _is_users(module):
            del sys.modules[name]


def _is_users(module: ModuleType) -> bool:
    return isinstance(getattr(module, "__loader__", None), UserLoader)


def taken_by(code: UserCode) -> str:
    """The file of another package that is already loaded under the name of the user's; else empty.

    Such as `engine`, which this program calls its own.
    """
    top = code.module.partition(".")[0]
    loaded = sys.modules.get(top)
    if not code.in_package or loaded is None or _is_users(loaded):
        return ""
    place = getattr(loaded, "__file__", None) or top
    return "" if Path(place).is_relative_to(code.root) else place
