"""Recording the launches of a step as one CUDA graph; see "CUDA graphs" in PyTorch's docs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from engine.devices import device_text


def record_graph(
    step: Callable[[], None], device: torch.device, draws: torch.Generator
) -> Callable[[], None]:
    """Record a step's launches on a GPU, computing nothing; returns what replays them as one.

    The step may draw random numbers from the global generator and from `draws`. A replay draws from
    the state that these generators have then, so that `draws` may be seeded again before each one.
    Raises RuntimeError where the step cannot be recorded: it waits for the GPU, or the GPU has no
    memory for a second copy of its activations.
    """
    kept, reserved = torch.cuda.memory_allocated(device), torch.cuda.memory_reserved(device)
    free = torch.cuda.mem_get_info(device)[0] + reserved - kept
    # A graph keeps the memory of its activations, and steps that are not replayed need as much.
    if 2 * (torch.cuda.max_memory_allocated(device) - kept) > free:
        raise torch.OutOfMemoryError(device_text.NO_ROOM_TO_RECORD)
    graph, pool = torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
    graph.register_generator_state(draws)
    with (
        torch.cuda.device(device),
        _restored_on_failure(draws, device, pool),
        # "thread_local" lets other threads use the GPU meanwhile.
        torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"),
    ):
        step()
    return graph.replay


@contextlib.contextmanager
def _restored_on_failure(draws: torch.Generator, device: torch.device, pool: Any) -> Iterator[None]:
    """Undo what a failed recording into this pool leaves behind, since PyTorch does not.

    It leaves its stream current, the generators that took part unusable, and, up to 2.12, the
    memory that other streams have used unfreed (pytorch#180395).
    """
    generators = draws, torch.cuda.default_generators[torch.cuda.current_device()]
    states = [generator.get_state() for generator in generators]
    with torch.cuda.stream(torch.cuda.current_stream(device)):
        try:
            yield
        except RuntimeError:
            for generator, state in zip(generators, states, strict=True):
                fresh = torch.Generator(device)
                fresh.set_state(state)
                generator.graphsafe_set_state(fresh)
            with contextlib.suppress(RuntimeError):  # of versions that have done it themselves
                torch._C._cuda_endAllocateToPool(torch.cuda.current_device(), pool)
            raise
