"""Where the training runs: all that differs between a processor and a GPU stands here."""

from __future__ import annotations

import contextlib
import os
import platform
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from engine import text
from engine.catalog import architecture_names
from engine.devices import device_text, precision_trial
from engine.errors import UsageError
from engine.machine import memory
from engine.recipes.recipe import Recipe, Resolved

MEMORY_FORMATS = {
    "contiguous": torch.contiguous_format,
    "channels-last": torch.channels_last,
}
# The rest is for the model, its activations and the images in flight.
DATA_SHARE = 0.5
# Of each channel of a batch that a GPU evaluates, at least: 1,000 images of 32×32.
EVALUATED_PIXELS = 2**20
PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}


def choose(wanted: str) -> torch.device:
    """The device that `auto`, `cpu`, `cuda` or `cuda:N` means here.

    `auto` and `cuda` take the GPU with the most free memory; without one, `auto` is the
    processor. Raises UsageError where a GPU is asked for and none such is usable.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cpu" or (wanted == "auto" and not count):
        return torch.device("cpu")
    if not count:
        raise UsageError(text.no_cuda(wanted))
    _, _, index = wanted.partition(":")
    if not index:
        free = [torch.cuda.mem_get_info(i)[0] for i in range(count)]
        return torch.device("cuda", free.index(max(free)))
    if int(index) >= count:
        raise UsageError(text.no_such_gpu(wanted, count))
    return torch.device("cuda", int(index))


def unusable_gpu(device: torch.device) -> str | None:
    """Why a GPU that is present is not used, or None; also where the environment hides all."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if device.type == "cuda" or hidden or not Path("/proc/driver/nvidia/gpus").exists():
        return None
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        return str(error).partition("\n")[0]
    return None


def tells_at_once(device: torch.device) -> bool:
    """Whether reading a number from the device costs nothing."""
    return device.type == "cpu"


def room(device: torch.device, sharers: int = 1) -> float:
    """Bytes that a data set may take on this device, and on the way there.

    So many processes on this machine share its memory.
    """
    free = memory.free_bytes() // sharers
    if device.type == "cuda":
        free = min(free, torch.cuda.mem_get_info(device)[0])
    return free * DATA_SHARE


def resolve(
    recipe: Recipe,
    device: torch.device,
    size: int,
    loader: Literal["resident", "streaming"] = "resident",
    *,
    alone: bool = True,
) -> Resolved:
    """Every `auto` of a recipe as a choice for this device, before the model is known.

    `alone` is whether no other process shares the training.

    bfloat16 where the hardware multiplies it (AVX-512 BF16, AMX, compute capability 8 and above)
    and, on a processor, where a trial finds it faster; float32 elsewhere. Channels-last on a
    processor and with bfloat16. Compiled only where the recipe says so.
    """
    precision, layout = recipe.precision, recipe.memory_format
    if precision == "auto":
        precision = "bf16" if prefers_bf16(device) else "float32"
    if layout == "auto":
        suits = precision == "bf16" or device.type == "cpu"
        layout = "channels-last" if suits else "contiguous"
    return Resolved(
        device="cuda" if device.type == "cuda" else "cpu",
        precision=precision,
        memory_format=layout,
        threads=torch.get_num_threads() if recipe.threads == "auto" else recipe.threads,
        size=size,
        loader=loader,
        compile="on" if recipe.compile == "on" else "off",
        cuda_graph="on" if alone and replays(recipe, device) else "off",
    )


def replays(recipe: Recipe, device: torch.device) -> bool:
    """Whether the steps of this recipe are recorded and replayed here.

    `auto` leaves a user's own model alone, whose Python may decide anew at every step. A trunk that
    thaws changes what a step is.
    """
    if device.type != "cuda" or recipe.freeze:
        return False
    own = architecture_names.user_function(recipe.arch) is not None
    return recipe.cuda_graph == "on" or (recipe.cuda_graph == "auto" and not own)


def multiplies_bf16(device: torch.device) -> bool:
    """Whether this device has bfloat16 matrix arithmetic in hardware."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def prefers_bf16(device: torch.device) -> bool:
    """Whether a step is faster in bfloat16 here."""
    return multiplies_bf16(device) and (device.type == "cuda" or precision_trial.faster_in_bf16())


def evaluation_batch(device: torch.device, batch: int, shape: tuple[int, ...]) -> int:
    """How many images of `shape` (C, H, W) are evaluated at a time, trained in such batches.

    Without gradients twice as many take no more memory; a GPU has time for more of small ones, in
    a bound, so that a smaller batch takes less memory in any case.
    """
    small = EVALUATED_PIXELS // (shape[1] * shape[2]) if device.type == "cuda" else 0
    return min(max(2 * batch, small), 8 * batch)


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Mixed precision for one forward pass; nothing in float32."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def compiled(model: nn.Module) -> Callable[[Tensor], Tensor]:
    """A model's passes in kernels of their own, which are made at the first call.

    It shares the model's parameters. Call it on one thread, and with no hooks on the model: they
    would be compiled in, and those that come later ignored.
    """
    return torch.compile(model)


@contextlib.contextmanager
def untouched(model: nn.Module, device: torch.device) -> Iterator[None]:
    """What is computed inside leaves a model's BN statistics and the random state as they were."""
    before = [buffer.clone() for buffer in model.buffers()]
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            for buffer, saved in zip(model.buffers(), before, strict=True):
                buffer.copy_(saved)


def name(device: torch.device, ranks: int = 1) -> str:
    """`cuda:1 NVIDIA RTX A5000`, `cpu Intel Xeon`, or, of several, `cuda×8 NVIDIA H100`."""
    several = f"{device.type}×{ranks}" if ranks > 1 else ""
    if device.type == "cuda":
        return f"{several or device} {torch.cuda.get_device_name(device)}"
    capabilities = torch.cpu.get_capabilities()
    return f"{several or 'cpu'} {capabilities.get('cpu_name') or platform.machine()}"


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The states of the global generators that a run on this device draws from."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(device: torch.device, state: dict[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def recorded(
    step: Callable[[], None], device: torch.device, draws: torch.Generator
) -> Callable[[], None]:
    """A step's launches on a GPU as a single one, which is what is returned; nothing is computed.

    See "CUDA graphs" in PyTorch's documentation. Besides the global generator the step draws from
    `draws`, which may be seeded again before each launch. Raises RuntimeError where the step cannot
    be recorded: it waits for the GPU, or there is no memory for its activations twice.
    """
    kept, reserved = torch.cuda.memory_allocated(device), torch.cuda.memory_reserved(device)
    free = torch.cuda.mem_get_info(device)[0] + reserved - kept
    # A recording keeps the memory of its activations, beside which others are taken now and then.
    if 2 * (torch.cuda.max_memory_allocated(device) - kept) > free:
        raise torch.OutOfMemoryError(device_text.NO_ROOM_TO_RECORD)
    graph, pool = torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
    graph.register_generator_state(draws)
    with (
        torch.cuda.device(device),
        _spared(draws, device, pool),
        # Other threads may do what they like meanwhile.
        torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"),
    ):
        step()
    return graph.replay


@contextlib.contextmanager
def _spared(draws: torch.Generator, device: torch.device, pool: Any) -> Iterator[None]:
    """All is as before where a recording into this pool fails, which PyTorch does not see to.

    It leaves the stream of the recording current, the generators that took part unusable, and, up
    to 2.12, memory that other streams have used unfreed (pytorch#180395).
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
            with contextlib.suppress(RuntimeError):  # of versions that have done it already
                torch._C._cuda_endAllocateToPool(torch.cuda.current_device(), pool)
            raise


class Backlog:
    """Steps that a GPU has yet to compute: few, so that a pause or a save waits for few.

    The processor has nothing to put off.
    """

    STEPS = 4

    def __init__(self, device: torch.device) -> None:
        self._device = device
        # Blocking ones sleep where others would keep a core busy.
        self._ends: deque[Any] = deque()
        if device.type == "cuda":
            events = (torch.cuda.Event(blocking=True) for _ in range(self.STEPS))  # type: ignore[no-untyped-call]
            self._ends.extend(events)

    def add(self) -> None:
        """Another step was launched; waits until all but the last few are done."""
        if self._ends:
            self._ends[0].synchronize()
            self._ends[0].record(torch.cuda.current_stream(self._device))
            self._ends.rotate(-1)


class Readback:
    """Tensors on their way from the device to the host, without stopping the device.

    On CUDA the copies go into pinned memory and an event tells when they are there; reading
    before that event would read garbage. On the processor they are there at once.
    """

    def __init__(self, device: torch.device, tensors: Sequence[Tensor]) -> None:
        self._event: Any = None
        if device.type != "cuda":
            self._host = [tensor.detach().clone() for tensor in tensors]
            return
        self._host = [torch.empty_like(t, device="cpu", pin_memory=True) for t in tensors]
        for host, tensor in zip(self._host, tensors, strict=True):
            host.copy_(tensor.detach(), non_blocking=True)
        self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._event.record(torch.cuda.current_stream(device))

    def ready(self) -> bool:
        return self._event is None or bool(self._event.query())

    def wait(self) -> list[Tensor]:
        """The tensors on the host; waits for the device where they are not there yet."""
        if self._event is not None:
            self._event.synchronize()
        return self._host
