"""The results of tests in the folder of a run, and how the dashboard learns of them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engine.run import kept_tests
from engine.run.run_paths import RunDir
from tests import scripted
from tests.data_tests import data_test
from tests.scripted import Clock
from tests.test_judgements_hold import run
from tui.app import CnnTui
from tui.drawing import cells
from tui.screens.dashboard import Dashboard
from tui.screens.verdict_line import VerdictLine
from tui.screens.verdicts import verdict_row, verdicts
from tui.viewer.run_follower import RunFollower
from tui.viewer.tests_folder import LOOK_SECONDS, KeptTests


@pytest.fixture
def folder(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path)


def test_the_newest_of_each_data_set_is_kept(folder: RunDir) -> None:
    first = data_test("photos", time=1.0)
    again = data_test("photos", time=3.0, predicted=[0, 0, 0, 1, 1, 2, 2])
    other = data_test("mail order/../x", time=2.0)
    for one in (first, other, again):
        kept_tests.keep(folder, one)
    assert kept_tests.read_all(folder) == (again, other)
    assert all(path.parent == folder.tests for path in folder.path.rglob("*.json"))


def test_other_splits_and_checkpoints_are_other_tests(folder: RunDir) -> None:
    every = [data_test(), data_test(split="validation"), data_test(checkpoint="last.pt")]
    for one in every:
        kept_tests.keep(folder, one)
    assert len(kept_tests.read_all(folder)) == 3


def test_files_that_hold_no_result_are_left_out(folder: RunDir) -> None:
    kept_tests.keep(folder, data_test())
    (folder.tests / "other.json").write_text('{"type": "DataTest"}')
    (folder.tests / "torn.json").write_text("[" * 100_000)
    (folder.tests / "latin.json").write_bytes(b'{"data": "\xff"}')
    late = msgspec.json.encode(msgspec.structs.replace(data_test(), time=1e300))
    (folder.tests / "late.json").write_bytes(late)
    os.mkfifo(folder.tests / "pipe.json")
    assert kept_tests.read_all(folder) == (data_test(),)


def test_a_new_result_is_noticed_at_the_next_look(
    folder: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    kept = KeptTests(folder, clock)
    assert not kept.update()
    kept_tests.keep(folder, data_test())
    clock.now += LOOK_SECONDS / 2
    assert not kept.update()
    clock.now += LOOK_SECONDS / 2
    assert kept.update()
    assert kept.found == (data_test(),)
    # A folder that has not changed is not read again.
    monkeypatch.setattr(kept_tests, "read_all", lambda run: pytest.fail("read again"))
    clock.now += LOOK_SECONDS
    assert not kept.update()


def line(width: int, *tests: kept_tests.DataTest) -> str:
    learned = run([(2.0, 0.3, 2.0, 0.4), (1.0, 0.6, 1.0, 0.7)], None)
    return cells.text(verdict_row(verdicts(learned, tests=tests), width)).rstrip()


def test_the_line_under_the_header_tells_the_newest_test_first() -> None:
    other, own = data_test(epoch=2, time=2.0), data_test(own=True, epoch=2, split="validation")
    learns = " ✓ learns: val 70.0 %, best so far"
    assert line(120, other, own) == (
        f"{learns}   ✓ tested on photos: 66.7 % (ECE 23.3 %)   ✓ val ECE 23.3 %"
    )
    assert line(120, own, other) == (
        f"{learns}   ✓ val ECE 23.3 %   ✓ tested on photos: 66.7 % (ECE 23.3 %)"
    )
    assert line(60, other, own) == f"{learns}   ✓ on photos: 66.7 %"
    assert line(120, data_test(own=True, epoch=2)) == f"{learns}   ✓ test 66.7 % (ECE 23.3 %)"


def test_weights_that_are_not_the_best_ones_are_named_by_their_epoch() -> None:
    assert "(ECE 23.3 %) @1" in line(120, data_test(epoch=1))
    assert "(ECE 23.3 %) @2" in line(120, data_test(epoch=2, checkpoint="last.pt"))


def test_the_reason_has_the_other_tests() -> None:
    tests = data_test(time=3.0), data_test("mail", time=2.0), data_test("web\x1b", time=1.0)
    history = run([(2.0, 0.3, 2.0, 0.4)], None)
    [reason] = [one.reason for one in verdicts(history, tests=tests) if "photos" in one.text]
    assert "best.pt of epoch 4 judge 6 images" in reason
    assert reason.endswith("Tests before: mail 66.7 %, web\\x1b 66.7 %.")


def test_the_test_at_the_end_of_the_run_gives_way_to_the_same_test_with_its_calibration() -> None:
    done = run([(2.0, 0.3, 2.0, 0.4)], "done")
    said = [one.text for one in verdicts(done, tests=[data_test(own=True, epoch=1)])]
    assert "test 66.7 % (ECE 23.3 %)" in said
    assert "test 50.0 %" not in said
    assert "test 50.0 %" in [one.text for one in verdicts(done)]


async def test_a_dashboard_that_is_open_shows_a_new_test(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with CnnTui(run.path.parent, watch=partial(RunFollower, run), clock=Clock()).run_test(
        size=(120, 40)
    ) as pilot:
        await pilot.pause()
        dashboard = pilot.app.screen
        assert isinstance(dashboard, Dashboard)
        line = dashboard.query_one(VerdictLine)
        kept_tests.keep(run, data_test())
        assert isinstance(dashboard.source, RunFollower)
        dashboard.source._tests._next_look = 0.0
        dashboard.read()
        await pilot.pause()
        assert "on photos: 66.7 %" in line.render_line(0).text
        assert "best.pt of epoch 4 judge 6 images" in dashboard._verdict_reasons
