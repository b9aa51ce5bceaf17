"""Examines what may end a run: the login session, and a batch job."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding

SECTION = "session"


def login(system: System) -> Iterator[Finding]:
    """Whether logind ends the processes of a user who logs out."""
    if not (system.root / "run/systemd/system").exists():
        yield Finding(SECTION, "logout", words.NO_LOGIND)
        return
    # Without a session's name, loginctl shows the settings of logind itself.
    said = system.tool("loginctl", "show-session", "--property=KillUserProcesses")
    kills = said == "KillUserProcesses=yes"
    lingers = (system.root / "var/lib/systemd/linger" / (system.user or "?")).exists()
    value = words.logout(kills=kills, lingers=lingers)
    if kills and not lingers:
        yield Finding(SECTION, "logout", value, "warning", words.LINGER)
    else:
        yield Finding(SECTION, "logout", value)


def batch(system: System) -> Iterator[Finding]:
    if "SLURM_JOB_ID" in system.environment:
        yield Finding(SECTION, "Slurm", words.IN_JOB, "ok", words.REQUEUE)
    elif shutil.which("sbatch", path=system.environment.get("PATH")):
        yield Finding(SECTION, "Slurm", words.OUTSIDE_JOB, "warning", words.SUBMIT)
    else:
        yield Finding(SECTION, "Slurm", words.NONE)
