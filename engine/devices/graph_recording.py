"""Records the launches of a step as one CUDA graph; see "CUDA graphs" in PyTorch's docs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from engine.devices import device_text


def record_graph(
    step: Callable[[], None], device: torch.device, draws: Sequence[torch.Generator]
) -> Callable[[], None]:
    """Record a step's launches on a GPU without computing; returns a function that replays them.

    The step may draw random numbers from the global generator and from `draws`. A replay draws from
    the states that these generators have then, so seed `draws` before each replay. Raises
    RuntimeError where the step cannot be recorded: it waits for the GPU, or the GPU has no memory
    for a second copy of its activations.
    """
    kept, reserved = torch.cuda.memory_allocated(device), torch.cuda.memory_reserved(device)
    free = torch.cuda.mem_get_info(device)[0] + reserved - kept
    # A graph keeps the memory of its activations, and steps that are not replayed need as much.
    if 2 * (torch.cuda.max_memory_allocated(device) - kept) > free:
        raise torch.OutOfMemoryError(device_text.NO_ROOM_TO_RECORD)
    graph, pool = torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
    for generator in draws:
        graph.register_generator_state(generator)
    with (
        torch.cuda.device(device),
        _restored_on_failure(draws, device, pool),
        # "thread_local" lets other threads use the GPU meanwhile.
        torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"),
    ):
        step()
    return graph.replay


@contextlib.contextmanager
def _restored_on_failure(
    draws: Sequence[torch.Generator], device: torch.device, pool: Any
) -> Iterator[None]:
    """Clean up after a failed recording into this pool, since PyTorch does not.

    A failed recording leaves its stream current and its generators unusable. Up to PyTorch 2.12 it
    also keeps memory that other streams have used (pytorch#180395).
    """
    generators = *draws, torch.cuda.default_generators[torch.cuda.current_device()]
    states = [generator.get_state() for generator in generators]
    with torch.cuda.stream(torch.cuda.current_stream(device)):
        try:
            yield
        except RuntimeError:
            for generator, state in zip(generators, states, strict=True):
                fresh = torch.Generator(device)
                fresh.set_state(state)
                generator.graphsafe_set_state(fresh)
            with contextlib.suppress(RuntimeError):  # newer versions have done it
                torch._C._cuda_endAllocateToPool(torch.cuda.current_device(), pool)
            raise
