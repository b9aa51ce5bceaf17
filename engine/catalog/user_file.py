"""The Python file of a user's model, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from engine import regular_files

Maker: TypeAlias = ast.FunctionDef | ast.ClassDef

# The names by which functions take the number of classes, and that of the images' channels.
CLASSES = ("classes", "num_classes", "n_classes")
CHANNELS = ("in_channels", "in_chans", "channels")
# Names that show that a file may define more than its text tells.
UNREADABLE = frozenset(["*", "globals", "locals", "vars", "exec", "setattr", "__getattr__"])


@dataclass(frozen=True)
class UserFile:
    """What a file defines at its top level, as far as its text tells.

    `names` are all names; `functions` are the functions and classes that may make a model, and what
    may be one. The text does not tell all names if `is_open`: it has an `import *`, or code that
    makes names.
    """

    names: frozenset[str]
    functions: tuple[str, ...]
    is_open: bool

    @classmethod
    def read(cls, file: Path) -> UserFile:
        """Raises OSError if the file cannot be read, and SyntaxError or ValueError if it is no
        Python.
        """
        tree = ast.parse(regular_files.read_bytes(file), str(file.absolute()))
        statements = [*_top_level(tree.body)]
        makers = [each for each in statements if isinstance(each, Maker)]
        names = frozenset(name for each in statements for name in _names(each))
        likely = [*_likely(makers), *(name for each in statements for name in _instances(each))]
        return cls(names, tuple(dict.fromkeys(likely)), bool(names & UNREADABLE))


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the file is loaded, also those under `if`, `try` and `with`."""
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            if not isinstance(statement, Maker | ast.AsyncFunctionDef):
                yield from _top_level(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from _top_level(handler.body)


def _names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds."""
    if isinstance(statement, Maker | ast.AsyncFunctionDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0]
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                yield node.id


def _likely(makers: Sequence[Maker]) -> Iterator[str]:
    """Those that take `CLASSES`, functions first; if there are none, all that are not private."""
    ordered = sorted(makers, key=lambda each: isinstance(each, ast.ClassDef))
    taking = [each.name for each in ordered if _takes_classes(each)]
    yield from taking or [each.name for each in ordered if not each.name.startswith("_")]


def _instances(statement: ast.stmt) -> Iterator[str]:
    """What a statement makes by a call: `net = Net(10)`. It may be a model, or a maker of one."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
        for target in statement.targets:
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                yield target.id


def _takes_classes(maker: Maker) -> bool:
    if isinstance(maker, ast.FunctionDef):
        arguments = maker.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return any(argument.arg in CLASSES for argument in named)
    methods = [each for each in maker.body if isinstance(each, ast.FunctionDef)]
    return any(_takes_classes(each) for each in methods if each.name == "__init__")
