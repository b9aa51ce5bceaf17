"""Which GPUs CUDA sees, and how it numbers them: torch's `cuda:N`.

NVML numbers all GPUs of a machine by their position on the bus. CUDA sees only the GPUs that
CUDA_VISIBLE_DEVICES names, and numbers them in that order. Without that variable, it numbers them
by the bus if CUDA_DEVICE_ORDER says so, as it does for every engine that this program starts (see
"CUDA environment variables" in the CUDA C++ programming guide). NVML and CUDA agree on the UUID of
a GPU.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence

# CUDA's name for NVML's order.
ORDER = "PCI_BUS_ID"


def cuda_numbers(
    uuids: Sequence[str], environment: Mapping[str, str] = os.environ
) -> dict[int, int]:
    """Map indices into `uuids`, in NVML's order, to CUDA's numbers, without the GPUs it hides.

    Torch answers if it already uses GPUs, as in an engine; it is never imported. Parts of a GPU
    (MIG) have UUIDs of their own, which match none of these.
    """
    seen = _torch()
    matched = {index: seen.index(uuid) for index, uuid in enumerate(uuids) if uuid in seen}
    return matched or {
        index: number for number, index in enumerate(visible_gpus(uuids, environment))
    }


def ordered_as_by_nvml(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether an engine that starts in this environment numbers GPUs in NVML's order."""
    named = environment.get("CUDA_VISIBLE_DEVICES", "")
    return environment.get("CUDA_DEVICE_ORDER", ORDER) == ORDER or named.startswith("GPU-")


def visible_gpus(uuids: Sequence[str], environment: Mapping[str, str]) -> list[int]:
    """The indices into `uuids` of the GPUs that CUDA sees, in its order.

    As in CUDA, the first invalid name ends the list, and a GPU that is named twice empties it.
    Parts of a GPU (MIG) are only counted.
    """
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return list(range(len(uuids)))
    names = [name.strip() for name in named.split(",")]
    if named.startswith("MIG-"):
        return list(range(min(len(names), len(uuids))))
    found: list[int] = []
    for name in names:
        index = _of_uuid(name, uuids) if named.startswith("GPU-") else _of_index(name, uuids)
        if index is None:
            break
        if index in found:
            return []
        found.append(index)
    return found


def _of_uuid(name: str, uuids: Sequence[str]) -> int | None:
    """The index of the only UUID that begins with this name."""
    matching = [index for index, uuid in enumerate(uuids) if uuid.startswith(name)]
    return matching[0] if name.startswith("GPU-") and len(matching) == 1 else None


def _of_index(name: str, uuids: Sequence[str]) -> int | None:
    """The number at the start of this name, whatever follows it (strtoul)."""
    number = re.match(r"\+?(\d+)", name, re.ASCII)
    return int(number[1]) if number and int(number[1]) < len(uuids) else None


def _torch() -> list[str]:
    """The UUIDs of torch's GPUs in its order; empty before torch uses any."""
    cuda = sys.modules.get("torch.cuda")
    # The training thread may just be importing it.
    if cuda is None or not hasattr(cuda, "is_initialized") or not cuda.is_initialized():
        return []
    count = cuda.device_count()
    return [f"GPU-{cuda.get_device_properties(number).uuid}" for number in range(count)]
