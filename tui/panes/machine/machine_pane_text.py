"""Words of the machine pane."""

from __future__ import annotations

from collections.abc import Mapping

from engine.run import fold
from tui.shared_text import CHECKPOINT, EVALUATION, INPUT


def more(count: int) -> str:
    return f"… {count} more"


MACHINE_TITLE = "Machine"

MEMORY = "memory"

CPU = "cpu"

RAM = "ram"

SPEED = "img/s"

DISK = "disk"

OTHERS = "others"

HIDDEN = "hidden"

IDLE = "idle"

START = "start"

# The curves over time, by the names of the loads in a history.
LOADS: Mapping[str, str] = {
    fold.GPU_LOAD: "gpu",
    fold.CPU_LOAD: "cpu",
    fold.ENGINE_LOAD: "engine's cpu",
    fold.MEMORY_LOAD: "memory",
    fold.SPEED_LOAD: "img/s",
}

SCRIPT_LOAD = "script's cpu"

NO_HARDWARE = "the first sample of the machine is due"

AT_THE_END = "as it was at the end"


def used_of(used: str, total: str) -> str:
    return f"{used} of {total}"


BOUND = "bound"

VIEWER = "viewer"

ENGINE = "engine"

SCRIPT = "script"

SOMEONE = "someone"


def bound_by(what: str, share: str) -> str:
    return f"by {what} {share} %"


def share_of_time(what: str, share: str) -> str:
    return f"{what} {share} %"


def step_time(time: str) -> str:
    return f"{time} a step"


def viewer_cost(share: str, kib: str) -> str:
    return f"{share} % of a core   {kib} KiB/s"


def cpu_share(share: str, cores: int) -> str:
    return f"{share} % of {cores} cores"


def cores_taken(share: str) -> str:
    return f"{OTHERS} take {share}"


def cores_taken_brief(share: str) -> str:
    return f"{OTHERS} {share}"


def about(per_cent: int) -> str:
    return f"about {per_cent} %"


OF_THE_CORES = " of the cores"


def epoch_time(train: str, validation: str) -> str:
    return f"{train} train + {validation} validation"


def disk_free(size: str) -> str:
    return f"{size} free"


def checkpoint_cost(size: str, seconds: str) -> str:
    return f"{CHECKPOINT} {size}, {seconds}"


MACHINE_TAB = "machine"

GO_TO_MACHINE = "Go to the machine"

# What `e` says

EXPLAIN_MACHINE = (
    "The machine's load and memory, the training images per second, and the free disk space. After "
    "some steps, this pane also shows what limits the speed."
)

EXPLAIN_OTHERS = "Others use the same GPUs, so the speed is not yours alone."

EXPLAIN_LIMITS: Mapping[str, str] = {
    INPUT: (
        "The network waits for images: more workers, a faster disk or lighter augmentation would "
        "speed it up, a faster GPU would not."
    ),
    EVALUATION: "Fewer validation images would speed it up.",
}


def explain_compute(device: str) -> str:
    return (
        f"The {device} is busy with the network itself: a smaller network, lower precision or a "
        f"faster {device} would speed it up."
    )


def explain_cores(share: str, *, over: bool) -> str:
    if over:
        return f"Other programs took {share} of the CPU: without them it would have been faster."
    return f"Other programs take {share} of the CPU: without them it would be faster."


def explain_limit(what: str, share: str) -> str:
    return f"{what.capitalize()} takes the largest part of the time, {share} %."
