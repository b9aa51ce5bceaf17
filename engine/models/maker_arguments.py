"""How a user's function or class takes the number of classes and of channels."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from engine.catalog.data_shape import DataShape
from engine.catalog.user_file import CHANNELS, CLASSES

# A parameter `channels` with another default than these is no number of channels of images.
IMAGE_CHANNELS = (Parameter.empty, None, 1, 2, 3, 4)
UNEXPECTED = re.compile(r"got an unexpected keyword argument '(\w+)'")


@dataclass(frozen=True)
class MakerArguments:
    """The parameters of a function or class to which a number is given.

    `classes` and `channels` are their names; empty where it takes no such number. With
    `any_keyword` the name may be any: those of `CLASSES` are tried. `unknown` are parameters that
    have no default and mean something else.
    """

    maker: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    classes: str
    channels: str
    any_keyword: bool
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, maker: Callable[..., Any]) -> MakerArguments:
        parameters = _parameters(maker)
        classes = next((name for name in CLASSES if name in parameters), "")
        channels = next((name for name in CHANNELS if _counts_channels(name, parameters)), "")
        needed = [name for name in _required(parameters) if name not in (classes, channels)]
        any_keyword = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        # Of a single number without a known name, only the classes can be meant.
        by_place = needed or [
            n for n, each in parameters.items() if each.kind is each.VAR_POSITIONAL
        ]
        if not classes and (needed or not any_keyword):
            classes, needed = next(iter(by_place), ""), needed[1:]
        return cls(maker, parameters, classes, channels, any_keyword, tuple(needed))

    @property
    def signature(self) -> str:
        """`classes, width, **options`."""
        parameters = [each.replace(annotation=each.empty) for each in self.parameters.values()]
        return str(inspect.Signature(parameters))[1:-1]

    def call(self, shape: DataShape) -> object:
        """What the maker returns for images of this shape. Raises what it raises."""
        unnamed = self.any_keyword and not self.classes
        *others, last = CLASSES if unnamed else (self.classes,)
        for name in others:
            try:
                return self._call({name: shape.classes, self.channels: shape.channels})
            except (TypeError, KeyError) as error:
                wants_another = isinstance(error, KeyError) and error.args[0] in CLASSES
                if not wants_another and self.refused(error) != name:
                    raise
        return self._call({last: shape.classes, self.channels: shape.channels})

    def refused(self, error: BaseException) -> str:
        """The keyword that was given and is not taken; empty for other errors."""
        found = UNEXPECTED.search(str(error)) if isinstance(error, TypeError) else None
        given = (self.classes, self.channels, *(CLASSES if self.any_keyword else ()))
        return found[1] if found and found[1] in given else ""

    def _call(self, values: dict[str, int]) -> object:
        by_place = (Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL)
        args, named = [], {}
        for name, value in values.items():
            kind = self.parameters[name].kind if name in self.parameters else None
            if kind in by_place:
                args.append(value)
            elif name:
                named[name] = value
        return self.maker(*args, **named)


def _parameters(maker: Callable[..., Any]) -> Mapping[str, Parameter]:
    """The parameters by name, without `self`.

    For a class those of `__init__`, which a general `__new__` would hide.
    """
    try:
        starts = inspect.getattr_static(maker, "__init__") if isinstance(maker, type) else None
        if inspect.isfunction(starts):
            return dict([*inspect.signature(starts).parameters.items()][1:])
        return inspect.signature(maker).parameters
    except (TypeError, ValueError):  # of a function without one, as in C
        return {}


def _required(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    for name, each in parameters.items():
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            yield name


def _counts_channels(name: str, parameters: Mapping[str, Parameter]) -> bool:
    if name not in parameters:
        return False
    return name != "channels" or parameters[name].default in IMAGE_CHANNELS
