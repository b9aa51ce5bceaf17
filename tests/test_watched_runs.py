"""Runs of somebody's own program: what is shown of them, what is absent, and what is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import UNSET
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import OptionList

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import run_lock
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import watched_runs
from tests.drawing import examples
from tests.scripted import Clock
from tui.app import CnnTui
from tui.cli import status_lines, waited_line
from tui.cli.command_line import main
from tui.drawing import axis, cells, curve_facts, place_words, series, status_rows
from tui.panes.curves import curves_explanation
from tui.panes.layers.layers_pane import LayersPane
from tui.panes.pane_list import PANES
from tui.panes.rate import rate_explanation
from tui.panes.scalars.scalars_pane import ScalarsPane
from tui.screens import screen_text
from tui.screens.dashboard import Dashboard
from tui.screens.dashboard_regions import STRIPS, regions
from tui.screens.leave import StopScreen
from tui.screens.pane_arrangement import PaneArrangement
from tui.screens.steer import SteerScreen
from tui.screens.verdicts import verdicts
from tui.shared_text import GoOn
from tui.viewer import run_status
from tui.viewer.run_follower import RunFollower
from tui.viewer.run_waiting import Waited
from tui.widgets.palette import Actions


def folded(told: Sequence[Event]) -> History:
    return examples.history(told)


def standing(told: Sequence[Event]) -> dict[str, str]:
    history = folded(told)
    return {pane.NAME: pane.standing(history) for pane in PANES}


# The history


def test_steps_are_the_axis_where_the_length_of_an_epoch_is_not_known() -> None:
    history = folded(watched_runs.segmentation())
    assert (history.counts_steps, history.step, history.epoch) == (True, 400_000, 9)
    assert (history.planned_steps, history.epochs_planned, history.planned_places) == (None,) * 3
    assert [place for place, _ in series.loss_series(history).points][:2] == [50_000, 100_000]
    assert history.remaining() is None


def test_reports_of_a_new_epoch_are_points_whatever_the_length_of_an_epoch() -> None:
    """A report of an engine that covers more than an epoch is none; a script tells no length."""
    history = folded(watched_runs.segmentation(120))
    assert len(history.recent) == 120


def test_a_total_of_steps_is_enough_for_the_time_left() -> None:
    told = watched_runs.segmentation(100)
    begun = told[0]
    assert isinstance(begun, events.RunStarted)
    history = folded([replace(begun, planned_steps=1_200_000), *told[1:]])
    assert history.remaining() == pytest.approx(1_100 * 10, rel=0.05)
    assert history.progress == pytest.approx(1 / 12)


def test_one_report_an_epoch_tells_the_time_left() -> None:
    history = folded(watched_runs.epochs_only(100))
    assert (history.epoch, history.remaining()) == (101, 200 * 20)


def test_a_script_that_describes_itself_again_rescales_its_curves_and_is_logged_once() -> None:
    told = watched_runs.segmentation(100)
    begun = told[0]
    assert isinstance(begun, events.RunStarted)
    watched = replace(begun.watched, unit="epoch") if begun.watched is not None else None
    again = replace(begun, watched=watched, steps_per_epoch=50_000)
    history = folded([*told, again])
    assert [place for place, _ in series.loss_series(history).points] == [1, 2]
    assert sum(isinstance(event, events.RunStarted) for event in history.log) == 1


def test_what_a_report_does_not_measure_is_as_it_was() -> None:
    begun = watched_runs.started()
    first = events.Steps(epoch=1, step=1, loss=2.0, lr=0.1)
    later = events.Steps(epoch=1, step=2, scalars={"iou": 0.5})
    history = folded([begun, first, later])
    assert history.steps is not None
    assert (history.steps.loss, history.rate, history.steps.step) == (2.0, 0.1, 2)
    assert series.loss_series(history).recent == [(1, 0.0, 2.0)]
    assert not history.has_top1


def test_the_total_of_a_steering_is_none_where_the_program_has_none() -> None:
    begun = watched_runs.started(replace(watched_runs.SCRIPT, epochs=None))
    history = folded([begun, events.Steered(0.5, 3, 0.05, step=10)])
    assert (history.epochs_planned, history.rate) == (None, None)
    assert "epochs" not in cells.text(_log_row(history))


def test_the_total_of_an_earlier_start_does_not_hold() -> None:
    steered = events.Steered(0.5, 30, 0.05, step=10)
    history = folded([watched_runs.started(), steered])
    assert history.epochs_planned == 30
    more = watched_runs.started(replace(watched_runs.SCRIPT, epochs=40), attempt="a2")
    history.fold([replace(more, seq=3)])
    assert (history.epochs_planned, history.steered_factor) == (40, 0.5)


def _log_row(history: History) -> cells.Row:
    from tui.drawing.log_lines import log_line

    return log_line(history, 200, examples.clock)


def test_late_rows_of_a_log_do_not_turn_it_back() -> None:
    told = watched_runs.of_log(watched_runs.segmentation(10))
    late = events.Steps(epoch=1, step=0, scalars={"hparam/lr": 0.1})
    assert folded([*told, late]).step == 10_000
    assert folded([*told, late]).elapsed(0) == pytest.approx(100, abs=2)


def test_a_log_is_in_the_last_epoch_that_it_names_and_took_the_time_between_its_rows() -> None:
    begun, *told = watched_runs.of_log(watched_runs.epochs_only(30))
    history = folded([begun, *told])
    assert history.epoch == 30
    assert history.elapsed(told[-1].time + 5) == pytest.approx(600)
    without_times = folded([replace(event, time=examples.BEGAN) for event in (begun, *told)])
    row = status_rows.status_row(without_times, 80, examples.BEGAN, silence="quiet 2 h")
    assert cells.text(row).strip().endswith("? quiet 2 h   epoch 30/300   ◆ 55.7 @30")
    history.fold([events.Steps(epoch=31, step=31, loss=1.0)])
    assert history.epoch == 31


@pytest.mark.parametrize(("report", "points"), [(None, [1.5]), (1.9, [1.9]), (UNSET, [1.5])])
def test_the_training_of_an_epoch_told_late_is_a_point_where_no_report_was(
    report: events.MaybeMeasured | None, points: list[float]
) -> None:
    begun = watched_runs.of_log([watched_runs.started(steps_per_epoch=10)])
    reports = [] if report is None else [events.Steps(epoch=1, step=9, loss=report, lr=0.1)]
    early = events.EpochEnded(epoch=1, step=10, loss=2.0)
    history = folded([*begun, *reports, early, replace(early, train_loss=1.5)])
    assert len(history.epochs) == 1
    assert [y for _, _, y in series.loss_series(history).recent] == points


# Panes


def test_a_script_that_tells_everything_has_all_panes_but_that_of_single_images() -> None:
    found = standing(watched_runs.classification())
    assert {name for name, place in found.items() if place != "shown"} == {"suspects"}


def test_panes_without_numbers_are_absent() -> None:
    found = standing(watched_runs.segmentation())
    assert {name for name, place in found.items() if place == "absent"} == {
        "accuracy",
        "rate",
        "confusion",
        "suspects",
    }
    # These say what the script should pass.
    assert {name for name, place in found.items() if place == "aside"} == {"layers", "maps"}


def test_a_log_has_no_machine_and_no_inside() -> None:
    found = standing(watched_runs.of_log(watched_runs.segmentation()))
    assert {name for name, place in found.items() if place == "shown"} == {
        "loss",
        "scalars",
        "log",
    }


def test_a_script_of_scalars_alone_shows_no_empty_loss() -> None:
    report = events.Steps(epoch=1, step=1, scalars={"g": 1.0, "d": 2.0})
    assert standing([watched_runs.started(), report])["loss"] == "absent"
    assert standing([watched_runs.started()])["loss"] == "shown"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (160, 45), (100, 34), (60, 20)])
@pytest.mark.parametrize(
    "tiles",
    [
        {"loss", "scalars", "log"},
        {"scalars", "log", "machine"},
        {"loss", "accuracy", "rate", "machine", "log", "scalars"},
        {"loss", "scalars", "machine", "log", "confusion"},
        {"loss", "log"},
    ],
)
def test_the_layout_has_no_gap(size: tuple[int, int], tiles: set[str]) -> None:
    found = regions(*size, "loss", "log", False, frozenset(tiles))
    body = [region for name, region in found.items() if name not in STRIPS]
    head = 3
    assert sum(region.area for region in body) == size[0] * (size[1] - head - 2)
    assert all(a.intersection(b).area == 0 for a in body for b in body if a is not b)
    assert {name for name in found if name not in STRIPS} <= tiles | {"log"}
    beside = "scalars" in tiles and not {"accuracy", "loss"} & tiles
    assert ("scalars" in found) == beside or size[0] >= 100


def test_without_an_accuracy_the_loss_is_the_largest_pane_and_the_scalars_the_first_tab() -> None:
    history = folded(watched_runs.segmentation())
    history.fold([events.Steps(epoch=9, step=400_001, loss=0.1, lr=0.1)])
    arrangement = PaneArrangement(PANES)
    arrangement.resize(80, 24)
    arrangement.take({pane.NAME: pane.standing(history) for pane in PANES})
    areas = {n: at.area for n, at in arrangement.regions.items() if n not in STRIPS}
    assert [*areas] == ["loss", "scalars"]
    assert areas["loss"] > areas["scalars"]


def test_a_script_without_a_matrix_or_health_waits_for_neither_after_its_first_epoch() -> None:
    told = watched_runs.started(classes=("road", "sky"), layers=examples.run_started().layers)
    ended = events.EpochEnded(epoch=1, step=10, loss=0.5)
    before: list[Event] = [told, ended]
    after: list[Event] = [*before, events.Steps(epoch=2, step=11, loss=0.4)]
    assert [standing(said)["confusion"] for said in (before, after)] == ["shown", "absent"]
    for said, waits in ((before, True), (after, False)):
        pane = LayersPane(4)
        pane.history = folded(said)
        pane.redraw()
        text = "".join(cells.text(row) for row in pane.inside(80, 20))
        assert ("follow after the first step" in text) == waits


def test_the_own_numbers_of_a_script_come_before_its_speed() -> None:
    report = events.Steps(epoch=1, step=1, loss=1.0, images_per_second=9.0)
    mae = events.EpochEnded(epoch=1, step=2, scalars={"mae": 0.5})
    pane = ScalarsPane(9)
    pane.history = folded([watched_runs.started(), report, mae])
    assert pane._names == ["mae", "images/s"]


def test_a_newest_accuracy_that_nobody_measures_is_left_out() -> None:
    ended = events.EpochEnded(epoch=1, step=2, top1=0.5, best=True)
    history = folded([watched_runs.started(), events.Steps(epoch=1, step=1, loss=1.0), ended])
    assert cells.text(curve_facts.accuracy_facts(history, 60)).startswith("o val 50.0 @1")


# Words


def test_an_axis_of_steps_is_written_in_thousands() -> None:
    row = axis.epoch_ticks((0.0, 1_048_576.0), 60, 6, unit="step")
    assert cells.text(row) == "─step 0 ───── 200k ──── 400k ──── 600k ───── 800k ── 1.05M ─"


def test_near_steps_are_told_apart() -> None:
    window = (1_199_104.0, 1_200_128.0)
    labels = [axis.written(at, 200.0, "step") for at in (1_199_200.0, 1_199_400.0, *window)]
    assert len(set(labels)) == len(labels)


def test_the_status_says_whose_training_it_is() -> None:
    row = status_rows.status_row(folded(watched_runs.segmentation()), 120, 0.0, label="12-mine")
    assert "run 12 mine · segment.py · PyTorch 2.14.1 · cuda:0 A5000" in cells.text(row)
    assert "step 400,000" in cells.text(row)
    assert "img/s" not in cells.text(row)
    log = folded(watched_runs.of_log(watched_runs.segmentation()))
    assert "TensorBoard's log" in cells.text(status_rows.status_row(log, 120, 0.0))
    told = folded(watched_runs.classification())
    assert "lr 0.1 · batch_size 128" in cells.text(status_rows.status_row(told, 220, 0.0))


def test_only_what_was_measured_stands_in_a_border() -> None:
    history = folded(watched_runs.segmentation())
    assert cells.text(curve_facts.loss_facts(history, 60, 2.3)) == ("now 0.212   o val 0.242 @400k")


def test_nothing_is_compared_with_a_guess_that_nobody_knows() -> None:
    for told in (watched_runs.segmentation(), watched_runs.epochs_only(), _regression()):
        history = folded(told)
        said = [*curves_explanation.of_loss(history), *curves_explanation.of_accuracy(history)]
        said += [*rate_explanation.sentences(history)]
        said += [f"{one.text} {one.reason}" for one in verdicts(history)]
        assert not any(word in " ".join(said) for word in ("guess", "best.pt", "nan", "recipe"))


def _regression() -> list[Event]:
    """The loss may be negative, and validation is far above training."""
    told: list[Event] = [watched_runs.started()]
    for epoch in range(1, 9):
        told.append(
            events.EpochEnded(epoch=epoch, step=epoch, train_loss=-1.0 * epoch, loss=-0.1 * epoch)
        )
    return told


def test_a_loss_alone_has_a_verdict() -> None:
    [said] = verdicts(folded(watched_runs.segmentation()))
    assert said.text == "val loss 0.242, the lowest so far"


def test_a_loss_below_zero_is_on_the_axis() -> None:
    history = folded(_regression())
    scale = series.loss_scale(series.loss_series(history), 0)
    assert scale.low <= -8


def test_a_script_that_stopped_is_started_again_and_not_resumed() -> None:
    told = watched_runs.epochs_only(40)
    history = folded([*told, events.RunEnded("stopped", step=40)])
    [said, *_] = verdicts(history, GoOn("start it again:", "fit.py"))
    assert said.text == "stopped in epoch 41 of 300; start it again: fit.py"


def test_places_are_steps_or_epochs() -> None:
    history = folded(watched_runs.segmentation())
    assert place_words.forms(history, 1500.0) == ("step 1,500", "step 1.5k", "1.5k")
    assert place_words.at_step(history, 1500) == "step 1,500"


# The screen


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    """A script that refuses pauses, and gives `watch` no model."""
    told = watched_runs.segmentation(50)
    begun = told[0]
    assert isinstance(begun, events.RunStarted)
    assert begun.watched is not None
    refusals = {"Pause": "no pause here: DDP.", "Probe": "pass the model."}
    told[0] = replace(begun, watched=replace(begun.watched, refusals=refusals))
    run = watched_runs.write_run(tmp_path / "runs", told)
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def app_of(run: RunDir) -> CnnTui:
    watch = partial(RunFollower, run)
    return CnnTui(run.path.parent, watch=watch, clock=Clock(watched_runs.BEGAN + 600))


async def test_a_key_that_a_program_cannot_obey_says_so_and_sends_nothing(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("p", "a")
        notes = [note.message for note in app._notifications]
        assert notes == ["no pause here: DDP.", "pass the model."]
        assert not [*live.commands.iterdir()]
        dashboard = app.screen
        assert isinstance(dashboard, Dashboard)
        assert {"pause", "augmented"} <= dashboard.useless_actions()
        keys = [key for key, _ in dashboard._strip_state.keys]
        assert "p" not in keys
        assert {"s", "c"} <= {*keys}


async def until(pilot: Pilot[str], holds: Callable[[], bool]) -> None:
    """Let the app work until this holds: a dialog takes several turns to open and to close."""
    turns = 0
    while not holds():
        turns += 1
        assert turns < 200
        await pilot.pause()


def is_asked(app: CnnTui) -> bool:
    """Whether a question has the focus, with its first answer chosen."""
    return isinstance(app.focused, OptionList) and app.focused.highlighted is not None


async def test_the_palette_stops_the_run_and_shows_what_its_program_answers(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()  # keys typed before the first frame are held back
        await pilot.press("1")
        await pilot.pause()
        [stop] = [one for one in Actions(app.screen).actions() if "Stop the run" in one.words]
        await app.run_action(stop.action, stop.node)
        await until(pilot, lambda: is_asked(app))
        assert isinstance(app.screen, StopScreen)
        await pilot.press("enter")  # the first answer lets it go on
        await until(pilot, lambda: isinstance(app.screen, Dashboard))
        assert not [*live.commands.glob("[!.]*.json")]
        await app.run_action(stop.action, stop.node)
        await until(pilot, lambda: is_asked(app))
        assert isinstance(app.screen, StopScreen)
        await pilot.press("s")
        await until(pilot, lambda: any(live.commands.glob("[!.]*.json")))
        [sent] = live.commands.glob("[!.]*.json")
        assert (json.loads(sent.read_text())["type"], app.is_running) == ("Stop", True)
        answer = events.Alert("info", "stop", "the training ends after this epoch.")
        Journal(live.journal, Clock(watched_runs.BEGAN + 700)).append(answer)
        dashboard = app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.read()
        await pilot.pause()
        assert [note.message for note in app._notifications][-1] == answer.text


async def test_a_program_that_takes_no_stop_says_so(live: RunDir) -> None:
    told = watched_runs.started(replace(watched_runs.SCRIPT, refusals={"Stop": "press Ctrl+C."}))
    Journal(live.journal, Clock(watched_runs.BEGAN + 700)).append(told)
    app = app_of(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        dashboard = app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.read()
        await app.run_action("stop", dashboard)
        await pilot.pause()
        assert [note.message for note in app._notifications] == ["press Ctrl+C."]
        assert ":" not in dict(screen_text.help_run({"Stop"}).rows)


async def test_a_pane_that_is_absent_has_no_digit_and_the_next_one_is_taken(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        assert app.focused is not None
        assert app.focused.id == "loss"
        await pilot.press("tab")
        assert app.focused.id == "layers"


async def test_the_steer_dialog_has_no_total_where_nobody_knows_it(live: RunDir) -> None:
    app = app_of(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("s")
        assert isinstance(app.screen, SteerScreen)
        assert not app.screen.query("#epochs")
        await pilot.press(*"x0.5", "enter")
        [sent] = live.commands.glob("[!.]*.json")
        assert json.loads(sent.read_text())["scale"] == 0.5
        await pilot.pause()
        notes = [note.message for note in app._notifications]
        assert notes == ["segment.py applies it after its current step"]


def test_a_past_epoch_is_found_by_its_steps(tmp_path: Path) -> None:
    told = watched_runs.segmentation(150)
    matrix = replace(examples.confusion(2, 10, 0.5), step=100_000)
    at = next(i for i, event in enumerate(told) if event.step > 100_000)
    run = watched_runs.write_run(tmp_path / "runs", [*told[:at], matrix, *told[at:]])
    follower = RunFollower(run)
    while follower.update().more:
        pass
    seen = follower.past(follower.history.epochs[-1])
    assert seen.confusion is not None
    assert seen.epoch_at(seen.confusion.step) == 2


async def test_the_first_confusion_adds_its_pane(tmp_path: Path) -> None:
    run = watched_runs.write_run(tmp_path / "runs", watched_runs.epochs_only(5))
    lock = run_lock.acquire(run)
    app = app_of(run)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        assert isinstance(dashboard, Dashboard)
        assert "confusion" not in dashboard._layout.regions
        with open(run.journal, "ab") as journal:
            journal.write(events.encode(replace(examples.confusion(5, 10, 0.5), seq=99)) + b"\n")
        dashboard.read()
        await pilot.pause()
        assert "confusion" in dashboard._layout.regions
    os.close(lock)


# The command line


def _with_best(told: Sequence[Event]) -> list[Event]:
    """Each epoch has the lowest loss."""
    return [replace(one, best=True) if isinstance(one, events.EpochEnded) else one for one in told]


@pytest.fixture
def seg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    told = _with_best(watched_runs.segmentation(120))
    done = events.RunEnded("done", seconds=1200.0, step=120_000, time=told[-1].time)
    monkeypatch.setenv("CNN_TUI_RUNS", str(tmp_path / "runs"))
    return watched_runs.write_run(tmp_path / "runs", [*told, done])


def cnn_tui(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.mark.parametrize(
    "command",
    [
        ("resume", "12"),
        ("resume", "12", "--epochs", "3"),
        ("test", "12"),
        ("predict", "12", "."),
        ("export", "12", "--onnx", "x.onnx"),
    ],
)
def test_what_needs_a_recipe_or_a_network_is_refused(seg: RunDir, command: Sequence[str]) -> None:
    result = cnn_tui(*command)
    assert result.exit_code == 1
    assert "12-mine was trained by segment.py, " in result.stderr
    assert "resume" not in result.stderr


def test_its_recipe_file_is_no_recipe(seg: RunDir) -> None:
    result = cnn_tui("--no-ui", "--recipe", seg.recipe)
    assert result.exit_code == 1
    assert "it has no recipe that cnn-tui could repeat: start segment.py again." in result.stderr


def test_the_status_leaves_out_what_is_not_measured(seg: RunDir) -> None:
    status = json.loads(cnn_tui("status", "--json").stdout)
    assert status["watched"]["program"] == "segment.py"
    assert "top1" not in status
    assert (status["state"], status["loss"] > 0, status["steps"]) == ("done", True, 0)
    said = cnn_tui("status").stdout
    assert "top1" not in said
    assert "  best        loss 0.570   epoch 2\n" in said
    assert "best epoch 2" in cnn_tui("wait", "12", "--until", "val_loss < 0").output
    assert "none yet" not in said.partition("alert")[0]


def test_the_best_of_a_script_without_an_accuracy_is_its_loss(tmp_path: Path) -> None:
    ended = events.EpochEnded(epoch=7, step=10, loss=0.5, best=True)
    run = watched_runs.write_run(tmp_path, [watched_runs.started(), ended])
    status = run_status.status_now(run, 0.0)
    said = "\n".join(status_lines.lines(status, 0.0))
    assert "best        loss 0.500   epoch 7\n" in said
    assert "nan" not in said
    assert waited_line.line(Waited("done", None, None, (), status), None).endswith(
        "at step 10; best epoch 7"
    )
    history = folded(
        [watched_runs.started(), ended, events.RunEnded("done", best_epoch=7, step=10)]
    )
    assert "◆ loss 0.500 @7" in cells.text(status_rows.status_row(history, 100, 0.0))


def test_it_is_listed_with_its_program(seg: RunDir) -> None:
    row = json.loads(cnn_tui("runs", "--json").stdout)
    assert (row["program"], row["arch"], row["best_top1"]) == ("segment.py", "", None)
    assert "resume" not in cnn_tui("runs").stdout


def test_its_numbers_are_exported(seg: RunDir, tmp_path: Path) -> None:
    result = cnn_tui("export", "--csv", tmp_path / "n.csv")
    assert result.exit_code == 0
    head, first, *_ = (tmp_path / "n.csv").read_text().splitlines()
    cells_of = dict(zip(head.split(","), first.split(","), strict=True))
    assert (cells_of["top1"], cells_of["step_top1"], cells_of["best"]) == ("", "", "")
    assert float(cells_of["iou"]) > 0


def test_a_command_that_its_program_cannot_obey_is_not_sent(live: RunDir) -> None:
    result = cnn_tui("pause", "12", "--runs-dir", live.path.parent)
    assert (result.exit_code, result.stderr) == (1, "cnn-tui: no pause here: DDP.\n")
    assert not [*live.commands.iterdir()]
