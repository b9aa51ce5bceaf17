"""`cnn-tui attach PATH` shows logs of other programs, and writes nothing beside them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests import event_logs, scripted
from tests.processes import Terminal
from tui.cli.command_line import main

HEAD = "epoch,step,train_loss,val_loss,val_acc\n"
ROWS = [
    f"{e},{10 * e + 9},{2 / (e + 1):.4f},{2.2 / (e + 1):.4f},{1 - 0.9 / (e + 1):.4f}\n"
    for e in range(30)
]


def table(path: Path, rows: int = 20, age: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join([HEAD, *ROWS[:rows]]))
    os.utime(path, (time.time() - age,) * 2)
    return path


def entries(folder: Path) -> dict[str, tuple[int, int, int]]:
    """All that is below a folder, with its size and the times at which it was changed."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.stat()
        found[str(path)] = status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return found


def attach(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["attach", *arguments])


def test_a_live_log_is_followed_and_left_as_it_was() -> None:
    folder = Path("lightning_logs/version_0")
    file = table(folder / "metrics.csv", rows=10)
    (folder / "hparams.yaml").write_text("lr: 0.1\n")
    folder.chmod(0o555)
    before = entries(folder)
    seen = Terminal("attach", str(folder), columns=120, rows=40)
    seen.wait_for("? quiet")
    seen.wait_for("CSV")
    seen.wait_for("@10")
    assert entries(folder) == before
    with file.open("a") as log:
        log.writelines(ROWS[10:15])
    seen.wait_for("@15")
    seen.wait_for("● live")
    grown = entries(folder)
    seen.type("p")
    seen.wait_for("it is only read, and takes no commands")
    seen.type("q")
    assert seen.wait_end() == 0
    assert f"again with: cnn-tui attach {file}" in " ".join(seen.text.split())
    assert entries(folder) == grown
    folder.chmod(0o755)


def test_of_many_logs_one_is_chosen_and_left_again() -> None:
    table(Path("logs/new/metrics.csv"), rows=12)
    table(Path("logs/older/metrics.csv"), rows=7, age=7_300)
    before = entries(Path("logs"))
    seen = Terminal("attach", "logs", columns=80, rows=24)
    seen.wait_for("older/metrics.csv")
    assert "● new/metrics.csv" in seen.text
    assert "2 h ago" in seen.text
    seen.type("/old")
    seen.wait_until(lambda: "new/metrics.csv" not in seen.text, "the filtered list")
    seen.type("\r")
    seen.wait_until(lambda: "Filter" not in seen.text, "the list alone")
    seen.type("\r")
    seen.wait_for("quiet 2 h")
    seen.type("\x1b")
    seen.wait_for("Logs in ./logs")
    assert entries(Path("logs")) == before
    seen.type("q")
    assert seen.wait_end() == 0


def test_without_a_terminal_one_log_is_a_frame_and_many_are_a_list() -> None:
    file = table(Path("logs/a b/metrics.csv"), rows=12)
    one = attach("logs", "--once")
    assert one.exit_code == 0
    assert "metrics.csv" in one.stdout
    assert "@12" in one.stdout
    refused = attach(str(file))
    assert refused.exit_code == 2
    assert "attach needs a terminal" in refused.stderr

    table(Path("logs/c.csv"), age=90_000)
    for arguments in (("logs",), ("logs", "--once")):
        many = attach(*arguments)
        assert many.exit_code == 0
        rows = [line.split("   ")[0].strip() for line in many.stdout.splitlines()[2:]]
        assert rows[:2] == [
            "cnn-tui attach 'logs/a b/metrics.csv'",
            "cnn-tui attach logs/c.csv",
        ]
        assert "1 d ago" in many.stdout


def test_what_columns_mean_can_be_said() -> None:
    file = Path("strange.csv")
    file.write_text("n,train_l\n" + "".join(f"{i},{2 / i:.3f}\n" for i in range(1, 41)))
    shown = attach(str(file), "--once", "--columns", "step=n,loss=train_l").stdout
    assert "train_l is read as the training loss" in shown
    wrong = attach(str(file), "--once", "--columns", "loss")
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("cnn-tui: ")


def test_a_misspelt_column_is_one_line_of_error() -> None:
    Path("own.csv").write_text("epoch,my_result\n1,0.5\n2,0.4\n")
    done = attach("own.csv", "--once", "--columns", "loss=my_resul")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "did you mean my_result?" in done.stderr


def test_a_run_has_no_columns() -> None:
    scripted.run_dir(Path("runs"), scripted.half_a_run())
    result = attach("1", "--once", "--columns", "loss=x")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--columns is for a table" in result.stderr


def test_event_files_have_no_columns() -> None:
    event_logs.write(Path("log"), [event_logs.scalar("a", 1, 1.0)])
    result = attach("log", "--once", "--columns", "loss=a")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--columns is for a table" in result.stderr


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("notes.txt", "notes.txt is no run, and no log that is read"),
        ("pictures", "./pictures is no run and holds no log that is read"),
        ("absent/x", "there is no file and no folder absent/x: check the path."),
        ("absent", "there is no run 'absent' in the folder"),
        (
            "absent.csv",
            "the log absent.csv cannot be read: No such file or directory; check the path.",
        ),
        (
            "circle",
            "the log circle cannot be read: Too many levels of symbolic links; check the path.",
        ),
        ("/dev/null", "/dev/null is no run, and no log that is read"),
        ("./runs", "./runs is a folder of runs, and no run itself: name one of them"),
    ],
)
def test_what_is_neither_a_run_nor_a_log_is_said_in_one_sentence(path: str, why: str) -> None:
    scripted.run_dir(Path("runs"), scripted.half_a_run())
    Path("pictures").mkdir()
    Path("notes.txt").write_text("x")
    Path("circle").symlink_to("circle")
    result = attach(path, "--once")
    assert result.exit_code == 1
    assert why in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_run_is_meant_before_a_folder_of_the_same_name() -> None:
    scripted.run_dir(Path("runs"), scripted.half_a_run(), "1-logs")
    table(Path("logs/metrics.csv"))
    assert "run 1" in attach("logs", "--once").stdout
    assert "metrics.csv" in attach("./logs", "--once").stdout
