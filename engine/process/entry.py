"""python -m engine RUN [--lines]: train the run in this directory, to its end."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from engine.errors import STOP_EXIT, EngineError

if TYPE_CHECKING:
    from engine.distributed.rank import Rank
    from engine.process.session import AttemptOptions
    from engine.run.run_lock import Claim
    from engine.run.run_paths import RunDir

# Ends the process at once, unlike the `os._exit` of other code; see `sudden_exit`.
exit_now = os._exit


def main() -> int:
    """Host a run whose lock this process holds, or serve another option. Returns the exit code."""
    # Exit at once until the host sets its own handlers: nothing is trained yet, so nothing is lost.
    for number, code in STOP_EXIT.items():
        signal.signal(number, lambda *_, code=code: exit_now(code))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    options = parsed_options()
    try:
        return serve(options)
    except Exception as error:  # noqa: BLE001 (no process ends without a sentence)
        # With `lines`, stderr is still the terminal here; else it is a log.
        return _print_error(error, sys.stderr, traceback=not options.lines, run=options.run)


def parsed_options() -> argparse.Namespace:
    """The options of this process. A warm engine waits for those of its run."""
    parser = option_parser()
    options = parser.parse_args()
    if options.warm is not None:
        from engine.process import warm_start

        handed_over = warm_start.handed_over(options.warm)
        options = parser.parse_args(handed_over.arguments)
        options.lock_fd, options.began = handed_over.lock, handed_over.began
    if (options.run is None) != (options.request or options.record or options.queue is not None):
        parser.error("give a run directory, --request, --record or --queue")
    return options


def option_parser() -> argparse.ArgumentParser:
    """`began` is no option: it is when a warm engine got its run, else None."""
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="a run directory")
    parser.add_argument("--request", action="store_true", help="answer the request on stdin")
    parser.add_argument("--record", action="store_true", help="record the script at stdin, stdout")
    parser.add_argument("--queue", type=Path, metavar="RUNS_DIR", help="train what is queued there")
    parser.add_argument("--look", action="store_true", help="reply to inspections, train nothing")
    parser.add_argument("--warm", type=int, metavar="FD", help="get a run through this socket")
    parser.add_argument("--lines", action="store_true", help="print lines as the run goes")
    parser.add_argument("--epochs", type=int, help="go on to this total of epochs")
    parser.add_argument("--until", type=int, metavar="EPOCH", help="stop with this epoch's end")
    parser.add_argument("--queued", action="store_true", help="a queue sees to it if this dies")
    parser.add_argument("--force", action="store_true", help="go on although the data changed")
    parser.add_argument("--dry-run", action="store_true", help="one step, one evaluation batch")
    parser.add_argument("--ended", type=int, metavar="CODE", help="run the command for the end")
    parser.add_argument("--lock-fd", type=int, help="an inherited descriptor that holds the lock")
    parser.add_argument(
        "--ranks", type=int, default=1, help="the number of processes, under torchrun"
    )
    parser.set_defaults(began=None)
    return parser


def serve(options: argparse.Namespace) -> int:
    """Answer a request, record a script, run a queue, serve inspections, host a run, or end one."""
    if options.ended is not None:
        from engine.process import at_end
        from engine.run.run_paths import RunDir

        return at_end.serve(RunDir(options.run), options.ended)
    if options.request:
        from engine.process import request_server

        return request_server.serve()
    if options.record:
        from engine.recording import recorder

        return recorder.record()
    if options.queue is not None:
        from engine.process import queue_process

        return queue_process.serve(options.queue.resolve(), options.lock_fd)
    if options.look:
        from engine.process import inspection_server
        from engine.run.run_paths import RunDir

        return inspection_server.serve(RunDir(options.run.resolve()))
    return host(options)


def host(options: argparse.Namespace) -> int:
    """Host the run that the options name, or be one of its ranks where torchrun started this."""
    from engine.distributed.torchrun_rank import this_rank
    from engine.process import sudden_exit, torchrun
    from engine.process.follower import follow
    from engine.run.run_lock import Claim
    from engine.run.run_paths import RunDir

    run, rank = RunDir(options.run.resolve()), this_rank()
    if not rank.alone:
        torchrun.end_with_torchrun()
    if not rank.leads:
        sudden_exit.notice(run, rank.report_failure)
        return follow(run, rank, _asked(options), sys.stderr)
    out, err = _redirect_output(run) if options.lines else (None, sys.stderr)
    try:
        lock = torchrun.locked(run) if options.lock_fd is None else options.lock_fd
        # Loader workers and other children must not keep the lock alive.
        os.set_inheritable(lock, False)
    except Exception as error:  # noqa: BLE001 (as in `main`)
        return _print_error(error, err, traceback=True, run=options.run)
    code = _hosted(Claim(run, lock), options, rank, out, err)
    _follow_up(options, run, code)
    return code


def _hosted(
    claim: Claim, options: argparse.Namespace, rank: Rank, out: TextIO | None, err: TextIO
) -> int:
    """Host a claimed run; returns the exit code."""
    from engine.process import sudden_exit, torchrun
    from engine.process.host import Host

    try:
        if options.ranks > 1:
            return torchrun.Torchrun(claim, options.ranks, _rank_options(options), out, err).run()
        told = options.lines and rank.alone  # else the log has it, and torchrun's parent tells
        tell = partial(_tell, err) if told else lambda _: None
        sudden_exit.notice(claim.run, tell, partial(_follow_up, options, claim.run))
        return Host(claim, out, err, _asked(options), rank, options.began).run()
    except Exception as error:  # noqa: BLE001 (as in `main`)
        return _print_error(error, err, traceback=True, run=options.run)


def _asked(options: argparse.Namespace) -> AttemptOptions:
    from engine.process.session import AttemptOptions

    return AttemptOptions(options.dry_run, options.epochs, options.force, options.until)


def _follow_up(options: argparse.Namespace, run: RunDir, code: int) -> None:
    """Go on with the user's command, if there is one.

    There is none for a rehearsal, for an attempt that rests before the end of the plan, and for
    one that died, if it is started again by the queue. Of several ranks, the process that started
    torchrun does it.
    """
    from engine.process import at_end, torchrun

    if options.dry_run or torchrun.LOCK_SOCKET in os.environ:
        return
    if options.until is not None and at_end.only_rests(run, code, options.until):
        return
    if not options.queued or at_end.has_said_its_end(run):
        at_end.hand_over(run, code)


def _rank_options(options: argparse.Namespace) -> list[str]:
    """The options that each rank gets too."""
    given = {"--epochs": options.epochs, "--until": options.until}
    epochs = [word for name, n in given.items() if n is not None for word in (name, str(n))]
    flags = [f"--{name}" for name in ("dry-run", "force") if vars(options)[name.replace("-", "_")]]
    return [*epochs, *flags]


def _print_error(error: Exception, err: TextIO, *, traceback: bool, run: Path | None) -> int:
    """Print the sentence of an error; returns the exit code.

    An error of the program leaves its `traceback` on stderr. `run` is None for a request.
    """
    from engine import text
    from engine.process import process_text

    if isinstance(error, EngineError):
        _tell(err, str(error))
        return error.exit_code
    if traceback:
        sys.excepthook(type(error), error, error.__traceback__)
    crashed = process_text.request_crashed if run is None else process_text.crashed
    _tell(err, crashed(text.error_summary(error)))
    return 1


def _tell(err: TextIO, sentence: str) -> None:
    from engine.process.line_printer import say

    say(f"cnn-tui: {sentence}", err)


def _redirect_output(run: RunDir) -> tuple[TextIO, TextIO]:
    """Keep the terminal for our lines alone; the output of libraries goes to engine.log."""
    from engine.run import engine_log

    sys.stdout.flush()
    sys.stderr.flush()
    # A character that the terminal's encoding lacks must not end a training.
    out, err = (os.fdopen(os.dup(n), "w", errors="backslashreplace") for n in (1, 2))
    with engine_log.open_to_append(run) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    return out, err


def run() -> NoReturn:
    """Run the engine process, and exit with its code."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Do not wait for threads of native libraries.
    exit_now(code)
