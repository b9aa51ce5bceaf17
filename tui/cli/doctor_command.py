"""`cnn-tui doctor`: what was found on this machine, and what to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from engine import text
from engine.errors import RunError
from tui.cli import cli_text, doctor_text
from tui.cli.options import ascii_option, json_option, runs_option
from tui.cli.terminal_findings import TerminalFacts


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

    from engine.diagnosis.examination import examine
    from engine.diagnosis.examined_system import System
    from engine.diagnosis.finding import fails
    from tui.cli import doctor_report, terminal_findings
    from tui.terminal import ambiguous_width, ending_signals, tmux_clients

    # A signal must not leave the terminal as it is while it is asked.
    ending_signals.handle(sys.exit)
    system, console = System(), Console()
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
    findings += terminal_findings.terminal(system, facts)
    if as_json:
        import msgspec

        click.echo(json.dumps(msgspec.to_builtins(findings), indent=2))
    else:
        plain = ascii_only or facts.wide or facts.tmux_without_utf8 or not facts.is_utf8
        width = console.width if console.is_terminal else doctor_report.WIDTH
        doctor_report.print_report(findings, Console(width=width), plain=plain)
    ctx.exit(1 if fails(findings) else 0)


def _forget(*, as_json: bool) -> None:
    from engine.machine import kept_choices

    folder = kept_choices.choices_folder()
    try:
        count = kept_choices.forget(folder)
    except OSError as error:
        raise RunError(doctor_text.not_forgotten(str(folder), text.reason(error))) from error
    click.echo(json.dumps({"forgotten": count}) if as_json else doctor_text.forgotten(count))
