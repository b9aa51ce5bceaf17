"""Kernels that compute the same bits every time; see "Reproducibility" in PyTorch's docs."""

from __future__ import annotations

import warnings
from typing import TextIO

import torch

# How PyTorch's warning of an operation goes on after its name.
HAS_NONE = " does not have a deterministic implementation"


class DeterministicKernels:
    """Asks for deterministic kernels in this process, and notes operations that have none.

    PyTorch warns of such an operation and computes it all the same, so that a training goes on.
    cuBLAS needs a variable of the environment too (`engine/start/engine_environment.py`).
    """

    def __init__(self) -> None:
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True, warn_only=True)
        # It would fill each new tensor, which is one more launch for what is written next.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        self._new: list[str] = []
        self._noted: set[str] = set()
        self._show = warnings.showwarning
        warnings.showwarning = self._note

    def pop_missing(self) -> list[str]:
        """The operations that have no deterministic kernel and first ran since the last call."""
        new, self._new = self._new, []
        return new

    def _note(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        operation, has_none, _ = str(message).partition(HAS_NONE)
        if has_none and operation not in self._noted:
            self._noted.add(operation)
            self._new.append(operation)
        self._show(message, category, filename, lineno, file, line)
