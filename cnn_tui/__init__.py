"""Watches the training of any script live in a terminal, and inspects any PyTorch model: its layer
table and depth, receptive fields, layer health, feature maps, kernels, and where its numbers stop
being finite.

It needs only the standard library and torch, on Python 3.9 or later, and imports neither `engine`
nor `tui`; `KerasCallback` needs Keras instead of torch. `import cnn_tui` loads neither; its modules
do. What inspects a model leaves its results on the device; what waits for one says so.
"""

from __future__ import annotations

import importlib

# As type checkers know it; to import `typing` takes longer than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnn_tui.keras_callback import KerasCallback as KerasCallback
    from cnn_tui.lightning_callback import LightningCallback as LightningCallback
    from cnn_tui.watching.watch import watch as watch
    from cnn_tui.watching.watched_run import WatchedRun as WatchedRun

# Where each name is, which is loaded when it is used: a script should not wait for what it may not
# need.
_HOMES = {
    "KerasCallback": "cnn_tui.keras_callback",
    "LightningCallback": "cnn_tui.lightning_callback",
    "watch": "cnn_tui.watching.watch",
    "WatchedRun": "cnn_tui.watching.watched_run",
}
# Without the callbacks, whose frameworks need not be there.
__all__ = ["WatchedRun", "watch"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
