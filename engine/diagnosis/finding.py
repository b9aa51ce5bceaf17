"""One thing that was found on this machine, and whether a run can live with it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

# ok: nothing to do. warning: a run works, but slower or not for long. failure: a run fails.
Verdict: TypeAlias = Literal["ok", "warning", "failure"]


class Finding(msgspec.Struct, frozen=True):
    """`advice` says what to do; it is empty if nothing is to be done."""

    section: str
    name: str
    value: str
    verdict: Verdict = "ok"
    advice: str = ""


def fails(findings: list[Finding]) -> bool:
    return any(finding.verdict == "failure" for finding in findings)
