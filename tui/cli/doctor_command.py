"""`cnn-tui doctor`: what was found on this machine, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import text
from engine.errors import RunError
from tui.cli import cli_text, doctor_text
from tui.cli.options import ascii_option, json_option, runs_option
from tui.cli.printed_json import print_line, print_object
from tui.cli.terminal_findings import TerminalFacts

if TYPE_CHECKING:
    from rich.console import Console

    from engine.diagnosis.finding import Finding


@click.command(help=doctor_text.HELP)
@json_option
@ascii_option
@click.option("--forget-choices", is_flag=True, help=doctor_text.HELP_FORGET)
@click.option("--data-dir", default="", metavar="FOLDER", help=cli_text.HELP_DATA_DIR)
@runs_option
@click.pass_context
def doctor(
    ctx: click.Context,
    as_json: bool,
    ascii_only: bool,
    forget_choices: bool,
    data_dir: str,
    runs_dir: Path,
) -> None:
    if forget_choices:
        _forget(as_json=as_json)
        return
    from rich.console import Console

    from engine.diagnosis.finding import fails

    console = Console()
    findings, facts = _examined(console, runs_dir, data_dir)
    if as_json:
        print_object(findings)
    else:
        from tui.cli import doctor_report

        plain = ascii_only or facts.wide or facts.tmux_without_utf8 or not facts.is_utf8
        width = console.width if console.is_terminal else doctor_report.WIDTH
        doctor_report.print_report(findings, Console(width=width), plain=plain)
    ctx.exit(1 if fails(findings) else 0)


def _examined(
    console: Console, runs_dir: Path, data_dir: str
) -> tuple[list[Finding], TerminalFacts]:
    """What is found on this machine and in its terminal, and the facts on the terminal."""
    from engine.diagnosis.examination import examine
    from engine.diagnosis.examined_system import System
    from tui.cli import terminal_findings
    from tui.terminal import ambiguous_width, ending_signals, tmux_clients

    # A signal must not leave the terminal as it is while it is asked.
    ending_signals.handle(sys.exit)
    system = System()
    without_utf8 = tmux_clients.ask()
    with ambiguous_width.asked() as answer:
        findings = examine(system, runs_dir, data_dir)
    facts = TerminalFacts(
        is_terminal=console.is_terminal,
        columns=console.width,
        rows=console.height,
        encoding=console.encoding,
        colours=None if console.no_color else console.color_system,
        wide=answer.wide,
        tmux_without_utf8=without_utf8(),
    )
    return [*findings, *terminal_findings.terminal(system, facts)], facts


def _forget(*, as_json: bool) -> None:
    from engine.machine import kept_choices

    folder = kept_choices.choices_folder()
    try:
        count = kept_choices.forget(folder)
    except OSError as error:
        raise RunError(doctor_text.not_forgotten(str(folder), text.reason(error))) from error
    if as_json:
        print_line({"forgotten": count})
    else:
        click.echo(doctor_text.forgotten(count))
