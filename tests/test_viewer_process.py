"""The program as its user meets it: a real viewer on a pseudo-terminal, and a real engine."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from engine.protocol import events
from engine.run import lock_owner, run_liveness
from engine.run.run_paths import RunDir
from tests.processes import LiveJournal, Terminal, headless, wait_for
from tests.test_giving_back import ended, is_asked

RUN = RunDir(Path("runs/1-lenet5-digits"))
START = ("-m", "lenet5", "-d", "digits", "--epochs", "5000", "--set", "threads=1")


def paused(event: events.Event) -> bool:
    return isinstance(event, events.Phase) and event.name == "paused"


def test_start_watch_pause_checkpoint_detach_come_back_stop() -> None:
    first = Terminal(*START, columns=120, rows=40)
    first.wait_for("training")
    journal = LiveJournal(RUN.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 1)
    first.wait_for("o val 0.")
    first.type("p")
    first.wait_for("‖ paused")
    wait_for(lambda: journal.has(paused))
    at = next(e.step for e in journal.events if paused(e))
    first.type("c")
    first.wait_for("checkpoint by you")
    first.type("p")
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.Steps) and e.step > at))
    assert not any(isinstance(e, events.Steps) and e.step <= at for e in after_pause(journal))
    first.type("d")
    assert first.wait_end() == 0
    first.pump()
    assert "come back with: cnn-tui attach 1" in first.text

    epochs = journal.count(events.EpochEnded)
    wait_for(lambda: journal.count(events.EpochEnded) > epochs)
    second = Terminal("attach", columns=80, rows=24)
    second.wait_for("lenet5 · digits")
    second.wait_for("training")
    second.type("q")
    assert second.wait_end() == 0
    assert run_liveness.is_live(RUN)

    third = headless("stop")
    assert third.communicate()[0] == "sent stop to 1-lenet5-digits\n"
    wait_for(lambda: not run_liveness.is_live(RUN))
    assert journal.has(lambda e: isinstance(e, events.RunEnded) and e.reason == "stopped")


def after_pause(journal: LiveJournal) -> list[events.Event]:
    at = max(i for i, event in enumerate(journal.events) if paused(event))
    return journal.events[at:]


def stop_the_engine() -> None:
    owner = lock_owner.read_owner(RUN)
    assert owner is not None
    os.kill(owner.pid, signal.SIGTERM)
    wait_for(lambda: not run_liveness.is_live(RUN))


def test_whatever_becomes_of_the_terminal_the_training_goes_on() -> None:
    """Of the one that the run was started from, and of others that it is seen on."""
    first = ended(*START, at=is_asked, by=signal.SIGTERM)
    assert "come back with: cnn-tui attach 1" in first.text
    journal = LiveJournal(RUN.journal)
    trains_on(journal)
    closed, killed = Terminal("attach"), Terminal("attach")
    for viewer in (closed, killed):
        viewer.wait_for("training")
    closed.hang_up()
    closed.wait_end()
    killed.kill()
    trains_on(journal)
    stop_the_engine()


def trains_on(journal: LiveJournal) -> None:
    epochs = journal.count(events.EpochEnded)
    wait_for(lambda: journal.count(events.EpochEnded) > epochs + 1)


def test_one_enter_in_the_launcher_starts_the_default_run() -> None:
    viewer = Terminal(columns=100, rows=30)
    viewer.wait_for("cnn-tui --arch lenet5 --data digits --recipe quick")
    viewer.type("\r")
    viewer.wait_for("training")
    assert run_liveness.is_live(RUN)
    viewer.type("q")
    viewer.wait_for("Keep training")
    viewer.type("s")
    assert viewer.wait_end() == 0
    wait_for(lambda: not run_liveness.is_live(RUN))
    viewer.pump()
    assert "cnn-tui resume 1" in viewer.text
