"""What a model returns: its logits, and what it returns beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from cnn_tui.nested_tensors import first_tensor, tensors_in

# Keys and attributes under which models return their logits; "out" as torchvision's segmentation.
_LOGITS = ("logits", "out")


def logits_of(output: object) -> Tensor:
    """The logits: the output itself, its `logits` or `out`, else its first tensor.

    The output may be a tensor, a sequence, a named tuple, a mapping, or an object with attributes.
    Raises TypeError if it has no tensor.
    """
    if isinstance(output, Tensor):
        return output
    for name in _LOGITS:
        value = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
        if isinstance(value, Tensor):
            return value
    first = first_tensor(_parts(output))
    if first is None:
        raise TypeError(f"the model returns no tensor, but {type(output).__name__}")
    return first


def others_of(output: object) -> Iterator[Tensor]:
    """All tensors of an output but its logits, in order."""
    logits = logits_of(output)
    return (tensor for tensor in tensors_in(_parts(output)) if tensor is not logits)


def _parts(output: object) -> object:
    """The output, or the attributes of an object that is no container."""
    if isinstance(output, (Tensor, Mapping, list, tuple)):
        return output
    return vars(output) if hasattr(output, "__dict__") else ()
