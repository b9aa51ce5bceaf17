"""States as tensors and plain values, which a file may hold that loads without running code."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cnn_tui.watching import obeying_text
from cnn_tui.watching.refusal_error import RefusalError

_TENSORS = (Tensor, torch.nn.Parameter)


def plain(value: Any, where: str) -> Any:
    """The same state in tensors, dictionaries, lists, tuples, numbers and strings.

    Functions are left out of dictionaries: an object that is made anew has them. Raises
    RefusalError for anything else, which lies at `where`.
    """
    if value is None or isinstance(value, (bool, torch.dtype)):
        return value
    if isinstance(value, Tensor):
        if type(value) not in _TENSORS:
            raise RefusalError(obeying_text.not_plain(where, value))
        return value.detach()
    if isinstance(value, (int, float, str, bytes)):
        kinds: tuple[Any, ...] = (int, float, str, bytes)
        # Not a subclass, such as a number of NumPy.
        return next(kind(value) for kind in kinds if isinstance(value, kind))
    if isinstance(value, Mapping):
        items = [(key, one) for key, one in value.items() if not callable(one)]
        return {plain(key, where): plain(one, f"{where}[{key!r}]") for key, one in items}
    if isinstance(value, (list, tuple)):
        parts = [plain(one, f"{where}[{index}]") for index, one in enumerate(value)]
        return parts if isinstance(value, list) else tuple(parts)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)):
        return plain(value.tolist(), where)
    raise RefusalError(obeying_text.not_plain(where, value))


def load_into(target: Any, state: Any) -> None:
    """Have an object load a plain state, with the counters among its own state as counters."""
    own = target.state_dict()
    if isinstance(own, Mapping) and isinstance(state, dict):
        state = {
            name: Counter(value) if isinstance(own.get(name), Counter) else value
            for name, value in state.items()
        }
    target.load_state_dict(state)
