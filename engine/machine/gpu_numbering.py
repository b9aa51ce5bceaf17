"""Which GPUs CUDA finds, and the numbers that it gives them: torch's `cuda:N`.

NVML numbers all GPUs of a machine by their place on the bus. CUDA finds those that
CUDA_VISIBLE_DEVICES names and numbers them as they stand there; without it, by the bus where
CUDA_DEVICE_ORDER says so, as it does for every engine that we start (see "CUDA environment
variables" in the CUDA C++ programming guide). What both agree on is the UUID of a GPU.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence

# CUDA's name for NVML's order.
ORDER = "PCI_BUS_ID"


def numbers(uuids: Sequence[str], environment: Mapping[str, str] = os.environ) -> dict[int, int]:
    """The number of each place in `uuids`, NVML's order; none for a GPU that CUDA does not find.

    Torch is asked where it has begun to use GPUs, as in an engine, and is never imported. Parts of
    a GPU (MIG) have UUIDs of their own, that match none.
    """
    seen = _torch()
    matched = {place: seen.index(uuid) for place, uuid in enumerate(uuids) if uuid in seen}
    return matched or {place: number for number, place in enumerate(places(uuids, environment))}


def ordered_as_by_nvml(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether an engine that is started from here numbers GPUs in NVML's order."""
    named = environment.get("CUDA_VISIBLE_DEVICES", "")
    return environment.get("CUDA_DEVICE_ORDER", ORDER) == ORDER or named.startswith("GPU-")


def places(uuids: Sequence[str], environment: Mapping[str, str]) -> list[int]:
    """The places in `uuids` that CUDA finds, in its order.

    As CUDA does, the first name that says nothing ends the list, and one GPU named twice empties
    it. Parts of a GPU are counted, not told apart.
    """
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return list(range(len(uuids)))
    names = [name.strip() for name in named.split(",")]
    if named.startswith("MIG-"):
        return list(range(min(len(names), len(uuids))))
    found: list[int] = []
    for name in names:
        place = _of_uuid(name, uuids) if named.startswith("GPU-") else _of_index(name, uuids)
        if place is None:
            break
        if place in found:
            return []
        found.append(place)
    return found


def _of_uuid(name: str, uuids: Sequence[str]) -> int | None:
    """A UUID or how one begins, as far as no other begins so."""
    matching = [place for place, uuid in enumerate(uuids) if uuid.startswith(name)]
    return matching[0] if name.startswith("GPU-") and len(matching) == 1 else None


def _of_index(name: str, uuids: Sequence[str]) -> int | None:
    """A number, whatever stands after it (strtoul)."""
    number = re.match(r"\+?(\d+)", name, re.ASCII)
    return int(number[1]) if number and int(number[1]) < len(uuids) else None


def _torch() -> list[str]:
    """The UUIDs of torch's GPUs in its order; none before it uses any."""
    cuda = sys.modules.get("torch.cuda")
    # The thread that trains may be importing it.
    if cuda is None or not hasattr(cuda, "is_initialized") or not cuda.is_initialized():
        return []
    count = cuda.device_count()
    return [f"GPU-{cuda.get_device_properties(number).uuid}" for number in range(count)]
