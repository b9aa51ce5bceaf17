"""The processor of this machine, as the Linux kernel describes it in /proc/cpuinfo."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import NamedTuple

CPUINFO = Path("/proc/cpuinfo")
# Intel's and AMD's lines, then those of ARM.
IDENTITY = ("vendor_id", "cpu family", "model", "stepping", "model name")
ARM_IDENTITY = ("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision")
# Instructions that multiply bfloat16 numbers.
BF16 = frozenset({"avx512_bf16", "amx_bf16"})


class Processor(NamedTuple):
    """`model` tells processors apart that share a name, as virtual machines often do."""

    name: str
    model: str
    instructions: frozenset[str]

    @property
    def multiplies_bf16(self) -> bool:
        return bool(self.instructions & BF16)


def processor(cpuinfo: Path = CPUINFO) -> Processor:
    """The first processor of the file; without a file, only the name of the architecture."""
    try:
        first, _, _ = cpuinfo.read_text(errors="replace").partition("\n\n")
    except OSError:
        first = ""
    pairs = (line.partition(":") for line in first.splitlines())
    facts = {key.strip(): value.strip() for key, _, value in pairs}
    identity = [facts[key] for key in (*IDENTITY, *ARM_IDENTITY) if key in facts]
    return Processor(
        name=facts.get("model name") or platform.machine(),
        model=" ".join([platform.machine(), *identity]),
        instructions=frozenset(f"{facts.get('flags', '')} {facts.get('Features', '')}".split()),
    )
