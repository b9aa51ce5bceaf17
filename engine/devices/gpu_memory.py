"""How much memory of a GPU is left, and how much some work needs."""

from __future__ import annotations

from collections.abc import Callable

import torch


def free(device: torch.device) -> int:
    """Bytes that this process can still take on a GPU, with those that its allocator keeps."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept


def needed(work: Callable[[], None], device: torch.device) -> int | None:
    """Bytes that some work needs on a GPU, beside what is taken; None where it gets too few.

    Counts what the allocator reserves, which is more than the tensors: its blocks have gaps.
    """
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    taken = torch.cuda.memory_allocated(device)
    try:
        work()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_reserved(device) - taken
    except torch.OutOfMemoryError:
        return None
    finally:
        torch.cuda.empty_cache()
