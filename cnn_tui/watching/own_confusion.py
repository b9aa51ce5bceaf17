"""A confusion matrix that a script has counted itself."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnn_tui.watching import obeying_text
from cnn_tui.watching.refusal_error import RefusalError


def checked_matrix(matrix: Any, classes: int) -> Tensor:
    """Counts (classes, classes) int64 on the CPU, a row for each true class.

    Takes a tensor, an array or nested lists; `classes` is 0 if the script did not name them. Raises
    RefusalError for anything that is no such matrix.
    """
    try:
        values = torch.as_tensor(matrix.tolist() if hasattr(matrix, "tolist") else matrix).cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise RefusalError(
            obeying_text.bad_matrix(f"a {type(matrix).__name__}", classes)
        ) from error
    shape = " × ".join(map(str, values.shape)) or "one number"
    is_square = values.ndim == 2 and values.shape[0] == values.shape[1] and len(values) > 0
    if not is_square or (classes and len(values) != classes):
        raise RefusalError(obeying_text.bad_matrix(shape, classes))
    if (
        values.is_complex()
        or not bool((values.double() == values.double().round()).all())
        or bool((values < 0).any())
    ):
        raise RefusalError(obeying_text.BAD_COUNTS)
    return values.long()
