"""Prints the findings of `cnn-tui doctor` in sections, each with a sign and an advice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.diagnosis.finding import Finding
from engine.text import harmless
from tui.cli import doctor_text as words

# For a pipe, a file or a paste, which have no width.
WIDTH = 100
# Characters beyond ASCII in our own words, and what stands for them.
PLAIN = str.maketrans({"×": "x", "…": "...", "–": "-"})


def print_report(findings: Sequence[Finding], console: Console, *, plain: bool) -> None:
    """Print all findings; `plain` draws with ASCII characters."""
    signs = words.PLAIN_SIGNS if plain else words.SIGNS
    names = max(len(finding.name) for finding in findings)
    for section, members in groupby(findings, key=lambda finding: finding.section):
        console.print(Text(section, style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1)
        table.add_column(min_width=min(names, 26), max_width=26)
        table.add_column()
        for finding in members:
            style = words.STYLES[finding.verdict]
            name, value = _written(finding.name, plain), _written(finding.value, plain)
            table.add_row(Text(signs[finding.verdict], style), Text(name, "dim"), Text(value))
            if finding.advice:
                advice = Text(_written(finding.advice, plain), "" if style == "green" else style)
                table.add_row("", "", advice)
        console.print(Padding(table, (0, 0, 0, 2), expand=False))
        console.print()
    warnings, failures = (
        sum(finding.verdict == verdict for finding in findings)
        for verdict in ("warning", "failure")
    )
    console.print(Text(words.summary(warnings, failures, signs)))


def _written(text: str, plain: bool) -> str:
    text = harmless(text)
    return text.translate(PLAIN).encode("ascii", "backslashreplace").decode() if plain else text
