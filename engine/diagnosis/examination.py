"""Examines everything that does not need the terminal."""

from __future__ import annotations

from pathlib import Path

from engine.diagnosis import (
    folder_findings,
    gpu_findings,
    memory_findings,
    processor_findings,
    program_findings,
    session_findings,
    settings_findings,
    start_findings,
)
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding
from engine.machine import kept_choices, nvml
from engine.recipes.recipe import Recipe
from engine.start.engine_environment import environment


def examine(system: System, runs: Path, data_dir: str = "") -> list[Finding]:
    """All findings. PyTorch is loaded by another process while the rest is looked at."""
    with program_findings.torch_asked(environment(Recipe())) as answer:
        machine = [
            *settings_findings.settings(system, runs, data_dir),
            *processor_findings.cpu(system),
            *processor_findings.choices(system, kept_choices.choices_folder()),
            *memory_findings.memory(system),
            *memory_findings.shared_memory(system),
            *folder_findings.runs(system, runs),
            *folder_findings.temporary(system),
            *folder_findings.unpacked(system),
            *folder_findings.images(system),
            *session_findings.login(system),
            *session_findings.batch(system),
            *folder_findings.data(data_dir),
            *start_findings.newest_start(runs),
        ]
        listed = nvml.gpus()
        torch = answer()
    return [
        *program_findings.program(system),
        *program_findings.torch(system, torch),
        *gpu_findings.gpus(system, listed, torch.facts),
        *machine,
    ]
