"""Words of the machine pane."""

from __future__ import annotations

from tui.text import CHECKPOINT


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

NO_HARDWARE = "the first sample of the machine is due"

AT_THE_END = "as it was at the end"


def used_of(used: str, total: str) -> str:
    return f"{used} of {total}"


BOUND = "bound"

VIEWER = "viewer"

ENGINE = "engine"

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
    return f"{OTHERS} take {share} %"


OF_THE_CORES = " of the cores"


def epoch_time(train: str, validation: str) -> str:
    return f"{train} train + {validation} validation"


def disk_free(size: str) -> str:
    return f"{size} free"


def checkpoint_cost(size: str, seconds: str) -> str:
    return f"{CHECKPOINT} {size}, {seconds}"
