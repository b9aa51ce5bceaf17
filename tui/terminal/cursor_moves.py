"""The shortest ways to move the cursor of a terminal."""

from __future__ import annotations

from typing import TypeAlias

# A column and a line, both counted from 0.
Place: TypeAlias = tuple[int, int]


def way(before: Place | None, to: Place, *, sure_of_column: bool) -> str:
    """The bytes that move the cursor from a place, if it is known, to another one."""
    x, y = to
    ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"]
    if before is not None:
        column, line = before
        ways.append(_down(line, y) + _across(column if sure_of_column else None, x))
    return min(ways, key=len)


def _across(before: int | None, x: int) -> str:
    """The bytes that move the cursor from a column, if that is known, to another one."""
    ways = [f"\x1b[{x + 1}G"]
    if before is not None:
        ways.append(_steps(before - x, "D") if x < before else _steps(x - before, "C"))
        if 0 <= before - x < len(ways[0]):
            ways.append("\b" * (before - x))
    return min(ways, key=len)


def _down(before: int, y: int) -> str:
    """The bytes that move the cursor from a line to another one."""
    return min(
        f"\x1b[{y + 1}d",
        _steps(y - before, "B") if y >= before else _steps(before - y, "A"),
        key=len,
    )


def _steps(count: int, direction: str) -> str:
    """The bytes that move the cursor so many cells in a direction."""
    if count == 0:
        return ""
    return f"\x1b[{direction}" if count == 1 else f"\x1b[{count}{direction}"
