"""`cnn-tui wait`: when it ends, with which exit code, and what it says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from engine.errors import RunError
from engine.protocol import events
from engine.protocol.events import Event
from engine.run import conditions, lock_owner, run_creation, run_fields, run_liveness
from engine.run.conditions import Condition
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from tests import scripted
from tui.cli import status_text, wait_command
from tui.cli.command_line import main
from tui.viewer import run_status, run_waiting

DONE = events.RunEnded("done", 2, 0.9, seconds=30.0, step=40)
DIED = "the engine died"


def wait(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["wait", *map(str, arguments)])


def until(written: str) -> Condition:
    return conditions.parse(written, run_fields.kind_in(run_fields.RUN_FIELDS))


@pytest.mark.parametrize(
    ("end", "code", "line"),
    [
        (DONE, 0, "done at step 40; best top1 90.0 % in epoch 2"),
        (replace(DONE, reason="stopped"), 3, "stopped at step 40; best top1 90.0 % in epoch 2"),
        (replace(DONE, reason="failed", error="no room."), 1, "failed: no room."),
        (scripted.steps(26), 1, f"failed: {DIED}"),
    ],
    ids=["done", "stopped", "failed", "died"],
)
def test_a_run_that_has_ended_is_not_waited_for(
    tmp_path: Path, end: Event, code: int, line: str
) -> None:
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), end])
    result = wait(1)
    assert (result.exit_code, result.stderr) == (code, "")
    assert result.stdout.startswith(f"1-lenet5-digits: {line}")
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("condition", "code", "line"),
    [
        ("top1>=85%", 0, "top1>=85% holds at step 10: top1=85"),
        ("top1>89% train_top1>0.8", 0, "top1>89% train_top1>80% holds at step 20: top1=90% train"),
        ("step_loss<1", 0, "step_loss<1 holds at step 8: step_loss=0.99"),
        ("epoch=2 state=done", 4, "done, and epoch=2 state=done never held; best top1 90.0 %"),
        ("state=done", 0, "state=done holds at step 40: state=done"),
        ("top1>95%", 4, "done, and top1>95% never held; best top1 90.0 % in epoch 2\n"),
        ("map50>95%", 4, "done, and map50>0.95 never held; best top1 90.0 % in epoch 2; no report"),
    ],
)
def test_a_condition_is_judged_with_every_report(
    tmp_path: Path, condition: str, code: int, line: str
) -> None:
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), DONE])
    result = wait(1, "--until", condition)
    assert result.exit_code == code
    assert result.stdout.startswith(f"1-lenet5-digits: {line}")


def test_durations_are_told_to_a_tenth_of_a_second(tmp_path: Path) -> None:
    said = [
        replace(each, seconds=2.2909998893) if isinstance(each, events.EpochEnded) else each
        for each in scripted.half_a_run()
    ]
    scripted.run_dir(tmp_path / "runs", [*said, DONE])
    assert wait(1, "--until", "seconds>1s").stdout.endswith(": seconds=2.3s\n")


def test_what_a_resume_has_undone_meets_no_condition(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", [*scripted.resumed(scripted.half_a_run()), DONE])
    assert wait(1, "--until", "step_loss<0.15 step=21").exit_code == 4
    assert wait(1, "--until", "step_loss=7 step=21").exit_code == 0


def test_what_is_undone_while_it_waits_meets_no_condition_later(claim: Claim) -> None:
    half = scripted.half_a_run()
    rest = scripted.resumed(half)[len(half) :]
    pauses = Pauses(
        lambda: scripted.write(claim.run, [replace(scripted.steps(26), scalars={"norm": 2.0})]),
        lambda: scripted.write(claim.run, rest),
    )
    found = waited(claim.run, "norm>1 step>27", pauses, timeout=3)
    assert (found.outcome, found.unreported) == ("timeout", ("norm",))


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    """A live run; closing its lock ends its engine."""
    found = run_creation.create(tmp_path / "runs", "x", "")
    scripted.write(found.run, scripted.half_a_run())
    return found


class Pauses:
    """A clock, and what happens during each pause."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.now, self.pauses = 0.0, 0
        self._steps = iter(steps)

    def __call__(self, seconds: float) -> None:
        assert 0 < seconds <= run_waiting.LOOK_SECONDS
        self.now += seconds
        self.pauses += 1
        next(self._steps, lambda: None)()


def waited(
    run: RunDir, condition: str | None, pauses: Pauses, timeout: float | None = None
) -> run_waiting.Waited:
    return run_waiting.wait(
        run,
        until(condition) if condition else None,
        timeout,
        clock=lambda: pauses.now,
        pause=pauses,
    )


def test_it_waits_until_the_condition_holds_even_between_two_looks(claim: Claim) -> None:
    def write(*said: Event) -> Callable[[], None]:
        return lambda: scripted.write(claim.run, said)

    pauses = Pauses(
        write(scripted.steps(27)),
        write(scripted.ended_epoch(3, 0.96), scripted.ended_epoch(4, 0.5)),
    )
    found = waited(claim.run, "top1>95%", pauses)
    assert (found.outcome, pauses.pauses) == ("held", 2)
    assert found.held is not None
    assert (found.held.step, found.held.values) == (30, {"top1": 0.96})
    assert found.status.top1 == 0.5


def test_a_run_that_dies_without_a_word_is_noticed(claim: Claim) -> None:
    pauses = Pauses(lambda: os.close(claim.lock))
    found = waited(claim.run, "top1>95%", pauses)
    assert (found.outcome, pauses.pauses) == ("failed", 1)
    assert found.status.error.startswith(DIED)


def test_a_run_whose_folder_is_taken_away_is_not_said_to_have_died(claim: Claim) -> None:
    pauses = Pauses(lambda: os.rename(claim.run.path, "elsewhere"))
    with pytest.raises(RunError, match=r"1-x has gone: it was moved or deleted"):
        waited(claim.run, "top1>95%", pauses)


def test_a_run_that_ends_is_waited_for_until_its_engine_is_gone(claim: Claim) -> None:
    pauses = Pauses(
        lambda: scripted.write(claim.run, [DONE]), lambda: None, lambda: os.close(claim.lock)
    )
    assert (waited(claim.run, None, pauses).outcome, pauses.pauses) == ("done", 3)


def test_what_the_run_does_now_meets_a_condition(claim: Claim) -> None:
    pauses = Pauses(lambda: scripted.write(claim.run, [events.Phase("paused")]))
    assert waited(claim.run, "state=paused", pauses).outcome == "held"
    assert waited(claim.run, "elapsed>10s", Pauses()).outcome == "held"


def test_the_time_since_the_last_report_counts_as_elapsed(claim: Claim) -> None:
    last = run_status.status_now(claim.run, now=0.0)
    pauses = Pauses()
    found = run_waiting.wait(
        claim.run,
        until(f"elapsed>={last.elapsed + 3}s"),
        timeout=5,
        clock=lambda: pauses.now,
        now=lambda: last.time + pauses.now,
        pause=pauses,
    )
    assert (found.outcome, pauses.now) == ("held", 3.0)


def test_a_state_that_is_over_meets_no_condition_with_later_reports(claim: Claim) -> None:
    pauses = Pauses(
        lambda: scripted.write(claim.run, [events.Phase("paused")]),
        lambda: scripted.write(claim.run, [events.Phase("training"), scripted.steps(26)]),
    )
    assert waited(claim.run, "state=paused step>25", pauses, timeout=3).outcome == "timeout"


def test_the_time_is_over_when_it_is(claim: Claim) -> None:
    pauses = Pauses()
    found = waited(claim.run, "norm>1", pauses, timeout=1.25)
    assert (found.outcome, pauses.now, pauses.pauses) == ("timeout", 1.25, 3)
    assert found.unreported == ("norm",)


def test_a_run_that_waits_for_its_first_engine_is_waited_for(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs")
    pauses = Pauses(lambda: scripted.write(run, [DONE]))
    assert (waited(run, None, pauses).outcome, pauses.pauses) == ("done", 1)


def test_a_run_that_only_another_machine_knows_is_told_of_once(
    claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_liveness, "liveness", lambda run, file=None: "silent")
    told: list[str] = []
    pauses = Pauses()
    found = run_waiting.wait(
        claim.run,
        timeout=2,
        tell_silent=lambda: told.append("silent"),
        clock=lambda: pauses.now,
        pause=pauses,
    )
    assert (found.outcome, found.status.state, told) == ("timeout", "silent", ["silent"])
    owner = lock_owner.read_owner(claim.run)
    assert owner is not None
    result = wait("x", "--timeout", "0s")
    assert result.exit_code == 124
    assert f"and only {owner.host} can tell whether it still runs" in result.stderr


def test_json_is_one_object(claim: Claim) -> None:
    result = wait("x", "--until", "top1>=0.9", "--json")
    told = json.loads(result.stdout)
    assert [*told] == ["outcome", "until", "held", "unreported", "status"]
    assert (told["outcome"], told["until"], told["unreported"]) == ("held", "top1>=90%", [])
    assert told["held"] == {"step": 20, "time": scripted.START + 27, "values": {"top1": 0.9}}
    assert told["status"]["state"] == "live"
    over = json.loads(wait("x", "--timeout", "0s", "--json").stdout)
    assert (over["outcome"], over["held"], over["until"]) == ("timeout", None, None)


def test_a_name_that_the_first_epoch_lacks_is_told_once_while_it_waits(claim: Claim) -> None:
    claim.run.journal.unlink()
    told: list[tuple[int, list[str]]] = []
    first = [each for each in scripted.half_a_run() if not isinstance(each, events.EpochEnded)]
    pauses = Pauses(
        lambda: scripted.write(claim.run, [*first, scripted.ended_epoch(1, 0.5)]),
        lambda: scripted.write(claim.run, [scripted.ended_epoch(2, 0.6)]),
    )
    run_waiting.wait(
        claim.run,
        until("acuracy>90% top1>90% test_top1>50%"),
        timeout=3,
        tell_lacking=lambda names, _: told.append((pauses.pauses, [*names])),
        clock=lambda: pauses.now,
        pause=pauses,
    )
    assert told == [(1, ["acuracy"])]


def test_a_name_that_a_live_run_has_not_reported_is_told_at_once(claim: Claim) -> None:
    asked = ("x", "--timeout", "0s", "--until")
    assert "check the spelling; an accuracy is top1" in wait(*asked, "acuracy<0.1").stderr
    norm = replace(scripted.steps(26), scalars={"gradient_norm": 0.25, "loss": 2.0})
    scripted.write(claim.run, [norm])
    result = wait(*asked, "val_loss<0.1")
    assert result.exit_code == 124
    assert result.stderr == (
        "cnn-tui: 1-x has not reported val_loss so far, and the condition cannot hold before it "
        "does: did you mean loss?\n"
    )
    assert wait(*asked, "scalar/loss<0.1 top1>99% gradient_norm>9").stderr == ""
    assert "did you mean gradient_norm?" in wait(*asked, "Gradient-Norm>9").stderr


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["x", "--until", "top1>90"], "top1 is a share, and 90 is more than all: write 90%", 2),
        (["x", "--timeout", "90"], "'90' is no duration: write one such as 90s, 30m, 2h", 2),
        ([], "missing argument 'RUN'", 2),
        (["y"], "there is no run 'y'", 1),
    ],
)
def test_wrong_use_is_one_sentence(
    claim: Claim, arguments: Iterable[str], sentence: str, code: int
) -> None:
    result = wait(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in result.stderr


def test_the_help_has_every_exit_code() -> None:
    rows = [line.split() for line in status_text.HELP_WAIT.splitlines()]
    listed = {int(words[0]) for words in rows if words and words[0].isdecimal()}
    assert listed == {*wait_command.EXIT_CODES.values(), 2, 130}


def test_ctrl_c_leaves_the_run_and_says_so(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_waiting, "wait", interrupted)
    result = wait("x")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "cnn-tui: stopped waiting; the run goes on\n"
