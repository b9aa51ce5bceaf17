"""Reads pickles of plain values and NumPy arrays, and runs no code of theirs."""

from __future__ import annotations

import pickle
import warnings
from typing import IO, Any

from engine.data.inventory.containers import container_text

# What the pickles of arrays name, under NumPy 1 and 2 and by Python 2 and 3.
ALLOWED = frozenset(
    (
        *(("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")),
        *(
            (module, name)
            for module in ("numpy.core.multiarray", "numpy._core.multiarray")
            for name in ("_reconstruct", "scalar")
        ),
        *(("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer")),
    )
)


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(container_text.forbidden_name(f"{module}.{name}"))
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def unpickled(file: IO[bytes]) -> Any:
    """The value in a pickle; byte strings of Python 2 become text in Latin-1.

    Raises UnpicklingError for names of anything but arrays, and other errors for damaged files.
    """
    with warnings.catch_warnings():
        # NumPy 2.4 deprecates the way in which the arrays of 2009 are pickled.
        warnings.simplefilter("ignore")
        return _RestrictedUnpickler(file, encoding="latin1").load()
