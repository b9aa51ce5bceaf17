"""The GPUs that CUDA sees, and their numbers in torch's `cuda:N`.

NVML numbers all GPUs of a machine by their position on the bus. CUDA sees only the GPUs that
CUDA_VISIBLE_DEVICES names, and numbers them in that order. Without that variable, CUDA numbers all
GPUs by the bus if CUDA_DEVICE_ORDER says so. This program sets CUDA_DEVICE_ORDER so for every
engine. See "CUDA environment variables" in the CUDA C++ programming guide. NVML and CUDA agree on
the UUID of a GPU.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence

# CUDA's name for the order in which NVML numbers GPUs.
NVML_ORDER = "PCI_BUS_ID"


def cuda_numbers(
    uuids: Sequence[str], environment: Mapping[str, str] = os.environ
) -> dict[int, int]:
    """Map indices into `uuids`, in NVML's order, to CUDA's numbers. Leaves out hidden GPUs.

    If torch already uses GPUs, as in an engine, its order counts. This function never imports
    torch. Parts of a GPU (MIG) have their own UUIDs, which match none of these.
    """
    seen = _torch_uuids()
    matched = {index: seen.index(uuid) for index, uuid in enumerate(uuids) if uuid in seen}
    return matched or {
        index: number for number, index in enumerate(visible_gpus(uuids, environment))
    }


def ordered_as_by_nvml(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether an engine that starts in this environment numbers GPUs in NVML's order."""
    named = environment.get("CUDA_VISIBLE_DEVICES", "")
    order = environment.get("CUDA_DEVICE_ORDER", NVML_ORDER)
    return order == NVML_ORDER or named.startswith("GPU-")


def visible_gpus(uuids: Sequence[str], environment: Mapping[str, str]) -> list[int]:
    """The indices into `uuids` of the GPUs that CUDA sees, in CUDA's order.

    As in CUDA, the first invalid name ends the list, and a GPU named twice empties it. Parts of a
    GPU (MIG) are only counted.
    """
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return list(range(len(uuids)))
    names = [name.strip() for name in named.split(",")]
    if named.startswith("MIG-"):
        return list(range(min(len(names), len(uuids))))
    found: list[int] = []
    for name in names:
        find = _index_by_uuid if named.startswith("GPU-") else _index_by_number
        index = find(name, uuids)
        if index is None:
            break
        if index in found:
            return []
        found.append(index)
    return found


def _index_by_uuid(name: str, uuids: Sequence[str]) -> int | None:
    """The index of the only UUID that begins with this name."""
    matching = [index for index, uuid in enumerate(uuids) if uuid.startswith(name)]
    return matching[0] if name.startswith("GPU-") and len(matching) == 1 else None


def _index_by_number(name: str, uuids: Sequence[str]) -> int | None:
    """The number at the start of this name. As in C's strtoul, anything may follow it."""
    number = re.match(r"\+?(\d+)", name, re.ASCII)
    return int(number[1]) if number and int(number[1]) < len(uuids) else None


def _torch_uuids() -> list[str]:
    """The UUIDs of torch's GPUs, in torch's order; empty before torch uses any."""
    cuda = sys.modules.get("torch.cuda")
    # The training thread may be importing torch at this moment.
    if cuda is None or not hasattr(cuda, "is_initialized") or not cuda.is_initialized():
        return []
    count = cuda.device_count()
    return [f"GPU-{cuda.get_device_properties(number).uuid}" for number in range(count)]
