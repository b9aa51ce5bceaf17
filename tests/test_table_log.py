"""Tables of other programs as events. The texts are as the frameworks write them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import asdict

from engine.errors import RunError
from engine.log_names import kind_of_file
from engine.logs.columns import Meaning
from engine.logs.table_kinds import looks_like_log
from engine.logs.table_log import TableReader
from engine.protocol.events import Alert, EpochEnded, Event, RunStarted, Steps
from engine.run.history import History
from tests.event_logs import one_by_one

LONG_AGO = 1_700_000_000.0

# Lightning 2.6.6, CSVLogger and LearningRateMonitor: 4 steps an epoch, a log every second step.
LIGHTNING = """\
epoch,lr-SGD,step,train_loss_epoch,train_loss_step,val_acc,val_loss\r
,0.1,0,,,,\r
0,,1,,1.1712599992752075,,\r
0,,3,,0.9850705862045288,,\r
0,,3,,,0.375,1.097395658493042\r
0,,3,1.1437345743179321,,,\r
,0.1,4,,,,\r
1,,5,,1.1111962795257568,,\r
1,,7,,nan,,\r
1,,7,,,0.38999998569488525,1.095018744468689\r
1,,7,1.1261409521102905,,,\r
"""
# Keras 3.15.1, CSVLogger with validation_freq=2.
KERAS = """\
epoch,accuracy,learning_rate,loss,val_accuracy,val_loss\r
0,0.375,0.01,1.2180579900741577,NA,NA\r
1,0.38,0.01,1.2097784280776978,0.3125,1.6962661743164062\r
2,0.39,0.001,1.2020028829574585,NA,NA\r
3,0.40,0.001,nan,0.3125,1.6788911819458008\r
"""
# timm 1.0.31, train.py --val-interval 2 --epochs 5: epochs without a validation have no row.
TIMM = """\
epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\r
1,6.91,6.89,0.812,3.25,0.0001\r
3,6.50,6.31,2.44,8.1,0.0003\r
4,6.40,6.21,2.84,8.9,0.0004\r
"""
# Ultralytics 8.0 pads names and cells. In 8.4.190 they are not padded.
ULTRALYTICS = "".join(
    ",".join(f"{cell:>23}" for cell in row.split()) + "\n"
    for row in (
        "epoch train/loss metrics/accuracy_top1 metrics/accuracy_top5 val/loss lr/pg0 lr/pg1",
        "1 2.1034 0.425 0.91 1.9503 0.000237 0.000237",
        "2 1.7001 0.525 0.93 1.5012 0.000471 0.000471",
    )
)
# mmengine 0.10.7: `step` of a validation is its epoch, and of training the iteration.
MMENGINE = """\
{"lr": 0.1, "data_time": 0.011, "loss": 2.31, "time": 0.2, "epoch": 1, "iter": 10, "step": 10}
{"lr": 0.1, "data_time": 0.010, "loss": 2.10, "time": 0.2, "epoch": 1, "iter": 20, "step": 20}
{"accuracy/top1": 45.5, "accuracy/top5": 91.25, "step": 1}
{"lr": 0.1, "data_time": 0.010, "loss": 1.90, "time": 0.2, "epoch": 2, "iter": 30, "step": 30}
"""
# mmcv 1.7: `iter` begins again with each epoch, and `mode` names the images.
MMCV = """\
{"env_info": "sys.platform: linux", "seed": 0}
{"mode": "train", "epoch": 1, "iter": 50, "lr": 0.1, "loss": 2.31}
{"mode": "train", "epoch": 1, "iter": 100, "lr": 0.1, "loss": 2.10}
{"mode": "val", "epoch": 1, "iter": 40, "lr": 0.1, "accuracy_top-1": 45.5}
{"mode": "train", "epoch": 2, "iter": 50, "lr": 0.1, "loss": 1.9}
"""
# Transformers 5.24.0, trainer_state.json.
TRANSFORMERS = {
    "best_metric": None,
    "epoch": 2.0,
    "global_step": 100,
    "log_history": [
        {"epoch": 0.8, "grad_norm": 1.5, "learning_rate": 4e-05, "loss": 2.1, "step": 40},
        {"epoch": 1.0, "eval_accuracy": 0.5, "eval_loss": 1.9, "eval_runtime": 1.2, "step": 50},
        {"epoch": 1.6, "grad_norm": 1.2, "learning_rate": 1e-05, "loss": 1.7, "step": 80},
        {"epoch": 2.0, "eval_accuracy": 0.6, "eval_loss": 1.6, "eval_runtime": 1.2, "step": 100},
    ],
    "max_steps": 100,
}
# The log.txt of DeiT and its successors.
DEIT = """\
{"train_lr": 1e-06, "train_loss": 6.9, "test_acc1": 1.2, "test_acc5": 4.5, "epoch": 0}
{"train_lr": 0.0001, "train_loss": 6.5, "test_acc1": 3.4, "test_acc5": 9.5, "epoch": 1}
"""
# The log.txt of bearpaw's pytorch-classification: tabs, one behind the last cell as well.
BEARPAW = """\
Learning Rate\tTrain Loss\tValid Loss\tTrain Acc.\tValid Acc.\t
0.100000\t1.536312\t1.245817\t43.226000\t55.170000\t
0.100000\t1.102315\t1.105231\t60.300000\t61.020000\t
"""
# fastai 2.8.12, CSVLogger: the accuracy is that of the validation, and the time is text.
FASTAI = """\
epoch,train_loss,valid_loss,accuracy,time
0,1.912345,1.512345,0.451234,00:05
1,1.412345,1.312345,0.551234,00:05
"""


class Log:
    """A file, its reader, and all events that are valid by now."""

    def __init__(self, path: Path, columns: dict[str, Meaning] | None = None) -> None:
        self.path = path
        self.reader = TableReader(path, columns or {}, now=lambda: LONG_AGO + self.age)
        self.events: list[Event] = []
        self.age = 100.0
        self.begun_anew = 0

    def write(self, text: str | bytes, append: bool = False) -> None:
        with open(self.path, "ab" if append else "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.utime(self.path, (LONG_AGO, LONG_AGO))

    def read(self) -> list[Event]:
        more = True
        while more:
            news = self.reader.read(0.0)
            if news.anew:
                self.events = []
                self.begun_anew += 1
            self.events += one_by_one(news.events)
            more = news.more
        return self.events


@pytest.fixture
def log(tmp_path: Path) -> Log:
    (tmp_path / "run").mkdir()
    return Log(tmp_path / "run" / "metrics.csv")


def last(events: Sequence[Event]) -> list[Event]:
    """The events without those that a later one of the same epoch and step replaces."""
    ends = {(e.epoch, e.step): e for e in events if isinstance(e, EpochEnded)}
    return [e for e in events if not isinstance(e, EpochEnded) or ends[e.epoch, e.step] is e]


def told(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The measured numbers of the steps and epochs, in order."""
    rows = []
    for event in last(events):
        if isinstance(event, Steps | EpochEnded):
            fields = {
                k: v for k, v in asdict(event).items() if v is not UNSET and v not in ({}, False)
            }
            rows.append({k: v for k, v in fields.items() if k not in ("seq", "time", "left_out")})
    return rows


def started(events: Sequence[Event]) -> RunStarted:
    return [event for event in events if isinstance(event, RunStarted)][-1]


def alerts(events: Sequence[Event], code: str) -> list[str]:
    return [e.text for e in events if isinstance(e, Alert) and e.code == code]


def read(log: Log, text: str) -> list[Event]:
    log.write(text)
    return log.read()


def test_lightning(log: Log) -> None:
    log.path.with_name("hparams.yaml").write_text("lr: 0.1\n")
    events = read(log, LIGHTNING)
    assert told(events) == [
        {"epoch": 1, "step": 1, "lr": 0.1},
        {"epoch": 1, "step": 2, "loss": 1.17126},
        {"epoch": 1, "step": 4, "loss": 0.9850706},
        {
            "epoch": 1,
            "step": 4,
            "train_loss": 1.143735,
            "loss": 1.097396,
            "top1": 0.375,
            "best": True,
        },
        {"epoch": 1, "step": 5, "lr": 0.1},
        {"epoch": 2, "step": 6, "loss": 1.111196},
        {"epoch": 2, "step": 8, "loss": None},
        {
            "epoch": 2,
            "step": 8,
            "train_loss": 1.126141,
            "loss": 1.095019,
            "top1": 0.39,
            "best": True,
        },
    ]
    start = started(events)
    assert start.steps_per_epoch == 4
    assert start.watched is not None
    assert (start.watched.framework, start.watched.log) == ("Lightning", "CSV")
    assert start.watched.unit == "epoch"
    assert log.reader.label == "run/metrics.csv"


def test_an_epoch_told_in_two_rows_is_one_epoch_of_the_history(log: Log) -> None:
    history = History()
    history.fold(read(log, LIGHTNING))
    assert [(e.epoch, e.train_loss, e.loss) for e in history.epochs] == [
        (1, 1.143735, 1.097396),
        (2, 1.126141, 1.095019),
    ]
    logged = [event.epoch for event in history.log if isinstance(event, EpochEnded)]
    assert logged[-1:] == [2]
    assert logged.count(2) == 1


def test_a_loss_that_comes_after_the_validation_is_in_the_curve(log: Log) -> None:
    """Lightning with on_step=False: the row of the training comes last."""
    history = History()
    history.fold(
        read(log, "epoch,step,train_loss,val_loss\n0,3,,1.5\n0,3,2.0,\n1,7,,1.25\n1,7,1.75,\n")
    )
    assert [part.mean for part in history.loss.bins()] == [2.0, 1.75]


def test_lightning_resumed_counts_from_zero_though_no_zero_is_there(log: Log) -> None:
    """The logger replaces the file, which then begins in the middle of the training."""
    log.path.with_name("hparams.yaml").write_text("{}\n")
    events = read(log, "epoch,step,val_acc\r\n2,149,0.4\r\n3,199,0.5\r\n")
    assert [(row["epoch"], row["step"]) for row in told(events)] == [(3, 150), (4, 200)]
    assert started(events).steps_per_epoch == 50


def test_keras(log: Log) -> None:
    events = read(log, KERAS)
    assert [row["epoch"] for row in told(events)] == [1, 2, 3, 4]
    assert told(events)[0] == {
        "epoch": 1,
        "step": 1,
        "train_loss": 1.218058,
        "train_top1": 0.375,
        "lr": 0.01,
    }
    assert told(events)[3]["train_loss"] is None
    assert [row.get("best") for row in told(events)] == [None, True, None, None]
    assert started(events).steps_per_epoch == 1


def test_timm_counts_epochs_from_zero_though_no_zero_is_there(log: Log) -> None:
    events = read(log, TIMM)
    assert [(row["epoch"], row["lr"]) for row in told(events)] == [
        (2, 0.0001),
        (4, 0.0003),
        (5, 0.0004),
    ]
    # The first accuracy alone looks like a fraction; the top-5 beside it shows that it is none.
    assert told(events)[0]["top1"] == 0.00812
    assert (
        "eval_top1 is read as the validation accuracy (in per cent)" in alerts(events, "columns")[0]
    )


def test_ultralytics_counts_epochs_from_one(log: Log) -> None:
    events = read(log, ULTRALYTICS)
    assert told(events)[0] == {
        "epoch": 1,
        "step": 1,
        "train_loss": 2.1034,
        "loss": 1.9503,
        "top1": 0.425,
        "top5": 0.91,
        "lr": 0.000237,
        "scalars": {"lr/pg1": 0.000237},
        "best": True,
    }


def test_mmengine(log: Log) -> None:
    events = read(log, MMENGINE)
    assert told(events)[2] == {
        "epoch": 1,
        "step": 20,
        "top1": 0.455,
        "top5": 0.9125,
        "best": True,
    }
    assert started(events).steps_per_epoch == 20
    assert [row["step"] for row in told(events)] == [10, 20, 20, 30]


def test_mmcv(log: Log) -> None:
    events = read(log, MMCV)
    measured = [row for row in told(events) if row.keys() & {"loss", "top1"}]
    assert [(row["epoch"], row["step"]) for row in measured] == [
        (1, 50),
        (1, 100),
        (1, 100),
        (2, 150),
    ]
    assert measured[2]["top1"] == 0.455


def test_transformers(log: Log) -> None:
    events = read(log, json.dumps(TRANSFORMERS, indent=2, sort_keys=True) + "\n")
    assert [(row["epoch"], row["step"]) for row in told(events)] == [
        (1, 40),
        (1, 50),
        (2, 80),
        (2, 100),
    ]
    assert started(events).steps_per_epoch == 50
    assert told(events)[3]["top1"] == 0.6


def test_deit(log: Log) -> None:
    events = read(log, DEIT)
    assert [row["epoch"] for row in told(events)] == [1, 2]
    assert [row["top1"] for row in told(events)] == [0.012, 0.034]


def test_fastai(log: Log) -> None:
    assert told(read(log, FASTAI))[1] == {
        "epoch": 2,
        "step": 2,
        "train_loss": 1.412345,
        "loss": 1.312345,
        "top1": 0.551234,
        "best": True,
    }


def test_tabs_without_an_epoch_are_counted_and_it_is_said(log: Log) -> None:
    events = read(log, BEARPAW)
    assert [(row["epoch"], row["step"], row["top1"]) for row in told(events)] == [
        (1, 1, 0.5517),
        (2, 2, 0.6102),
    ]
    assert started(events).watched is not None
    assert any("its rows are counted" in text for text in alerts(events, "columns"))


ALL = (LIGHTNING, KERAS, TIMM, ULTRALYTICS, MMENGINE, MMCV, DEIT, BEARPAW, FASTAI)


@settings(deadline=None, max_examples=60)
@given(text=st.sampled_from(ALL), data=st.data())
def test_a_file_read_while_it_is_written_tells_the_same(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    """Cut at any bytes, inside a cell or a line end, and read in between."""
    folder = tmp_path_factory.mktemp("log")
    whole, cut = Log(folder / "whole.csv"), Log(folder / "cut.csv")
    written = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=4)))
    cut.age = 0.0
    for start, end in zip([0, *cuts], [*cuts, len(written)], strict=True):
        cut.write(written[start:end], append=True)
        cut.read()
    assert told(cut.events) == told(read(whole, text))


def test_each_byte_at_a_time(log: Log, tmp_path: Path) -> None:
    log.age = 0.0
    for byte in LIGHTNING.encode():
        log.write(bytes([byte]), append=True)
        log.read()
    whole = Log(tmp_path / "run" / "whole.csv")
    assert told(log.events) == told(read(whole, LIGHTNING))


def test_a_last_line_without_an_end_is_read_once_the_file_is_quiet(log: Log) -> None:
    log.age = 0.5
    log.write("epoch,val_loss\n1,0.5\n2,0.1")
    assert [row["epoch"] for row in told(log.read())] == [1]
    log.age = 3.0
    assert [row["loss"] for row in told(log.read())] == [0.5, 0.1]
    log.write("25\n", append=True)
    assert [row["loss"] for row in told(log.read())] == [0.5, 0.125]


def test_columns_move(log: Log) -> None:
    """Lightning writes the file anew where a metric is added, with its columns sorted."""
    log.write("epoch,step,train_loss\r\n0,1,2.0\r\n")
    log.read()
    log.write("aux,epoch,step,train_loss\r\n,0,1,2.0\r\n7.0,0,3,1.5\r\n")
    assert told(log.read()) == [
        {"epoch": 1, "step": 2, "loss": 2.0},
        {"epoch": 1, "step": 4, "loss": 1.5, "scalars": {"aux": 7.0}},
    ]


def test_a_file_that_is_being_written_anew_keeps_its_events(log: Log) -> None:
    """Lightning truncates the file before it writes it anew."""
    log.write("epoch,val_loss\n1,0.5\n")
    log.read()
    log.write("")
    assert len(told(log.read())) == 1
    log.write("aux,epoch,val_loss\n")
    assert len(told(log.read())) == 1
    log.write("7,1,0.25\n", append=True)
    assert [row["loss"] for row in told(log.read())] == [0.25]


def test_a_header_in_the_middle_starts_the_training_again(log: Log) -> None:
    header = "epoch,loss,val_loss\n"
    events = read(log, f"{header}0,1,0.9\n1,1,0.8\n2,1,0.7\n{header}1,1,0.6\n")
    assert [(row["epoch"], row["loss"]) for row in told(events)] == [(1, 0.9), (2, 0.6)]


def test_another_header_in_the_middle(log: Log) -> None:
    events = read(log, "epoch,loss,val_loss\n1,1,0.9\nepoch,lr,loss,val_loss\n2,0.1,1,0.6\n")
    assert [row["loss"] for row in told(events)] == [0.9, 0.6]
    assert told(events)[1]["lr"] == 0.1


def test_keras_appends_rows_of_other_metrics_below_the_old_header(log: Log) -> None:
    """Keras 3.15.1 with append=True and a metric more: the cells are those of other columns."""
    events = read(
        log,
        "epoch,accuracy,loss,val_accuracy,val_loss\r\n"
        "0,0.35,1.7,0.31,1.85\r\n"
        "0,0.22,1.77,1.0,0.5,1.48,1.0\r\n"
        "1,0.22,1.74,1.0,0.5,1.47,1.0\r\n",
    )
    assert [row["loss"] for row in told(events)] == [1.85]
    assert alerts(events, "damaged") == [
        f"line 3 of {log.path}, at byte 65, is left out: it has 7 cells and the header 5."
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"3,0.5,1,2", "it has 4 cells and the header 2"),
        (b"3", "it has 1 cells and the header 2"),
        (b"3,\0\0\0", "it holds zero bytes"),
        (b"3," + b"9" * (1 << 21), "it is too long"),
    ],
)
def test_a_damaged_line_is_told_with_its_place(log: Log, line: bytes, why: str) -> None:
    log.write(b"epoch,val_loss\n1,0.5\n" + line + b"\n4,0.25\n")
    events = log.read()
    assert [row["epoch"] for row in told(events)] == [1, 4]
    assert alerts(events, "damaged") == [f"line 3 of {log.path}, at byte 21, is left out: {why}."]


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_line_of_json(log: Log, line: bytes) -> None:
    log.write(b'{"epoch": 1, "val_loss": 0.5}\n' + line + b'\n{"epoch": 2, "val_loss": 0.25}\n')
    events = log.read()
    assert [row["loss"] for row in told(events)] == [0.5, 0.25]
    assert "line 2 of" in alerts(events, "damaged")[0]
    assert "at byte 30" in alerts(events, "damaged")[0]


def test_cells(log: Log) -> None:
    """NaN as pandas, Python and PyTorch write it, tensors, quotes, and what is not measured."""
    events = read(
        log,
        "\ufeffepoch;val_loss;note;a\n"
        '1;nan;"x;y";tensor(0.5)\n'
        "2;NaN;;\"tensor(0.25, device='cuda:0')\"\n"
        "3;inf;none;1e-3\n"
        "4;NA;-;1_000\n"
        "5;-inf;;2\n",
    )
    assert [row["loss"] for row in told(events)] == [None, None, None, None]
    assert [row.get("scalars") for row in told(events)] == [
        {"a": 0.5},
        {"a": 0.25},
        {"a": 0.001},
        {"a": 2.0},
    ]


def test_decimal_commas(log: Log) -> None:
    """Spreadsheets of many countries write 0,5, and cut cells by semicolons or tabs."""
    events = read(log, "epoch;val_loss;a\n1;0,5;1,25e-3\n2;0,25;1,2,3\n")
    assert [row["loss"] for row in told(events)] == [0.5, 0.25]
    assert told(events)[0]["scalars"] == {"a": 0.00125}


def test_a_comma_after_the_last_cell(log: Log) -> None:
    """Scripts write it after each number, and not after the last name."""
    assert [row["loss"] for row in told(read(log, "epoch,val_loss\n1,0.5,\n2,0.25,\n"))] == [
        0.5,
        0.25,
    ]


def test_json_values(log: Log) -> None:
    """Nested names, numbers in strings, and NaN as Python's json writes it."""
    events = read(
        log,
        '{"epoch": 1, "val": {"loss": NaN, "iou": "0.5"}, "ok": true, "tags": [1]}\n'
        '{"epoch": 2, "val": {"loss": 0.5}, "big": 1' + "0" * 400 + "}\n",
    )
    assert told(events) == [
        {"epoch": 1, "step": 1, "loss": None, "scalars": {"val.iou": 0.5}},
        {"epoch": 2, "step": 2, "loss": 0.5, "scalars": {"big": None}, "best": True},
    ]


def test_the_user_says_what_columns_mean(tmp_path: Path) -> None:
    log = Log(tmp_path / "a.csv", {"n": Meaning.STEP, "objective": Meaning.LOSS})
    events = read(log, "n,objective\n10,0.5\n20,0.25\n")
    assert told(events) == [
        {"epoch": 1, "step": 10, "loss": 0.5},
        {"epoch": 1, "step": 20, "loss": 0.25},
    ]


def test_columns_that_nobody_knows_are_scalars_and_it_is_said(log: Log) -> None:
    events = read(log, "n,objective\n10,0.5\n")
    assert told(events) == [{"epoch": 1, "step": 1, "scalars": {"n": 10.0, "objective": 0.5}}]
    assert any("no column is known as a loss" in text for text in alerts(events, "columns"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,2\n3,4\n", "{} begins with numbers: put a line with the column names first."),
        ("a,b\nx,y\n", "{} has no numbers: name a file with the numbers of a training."),
        ("\x7fELF\0\0\n", "{} is no text in UTF-8: name a CSV file or one of JSON lines."),
        ("[1, 2]\n", "{} holds no list of objects: name a log of a training."),
        ("[1, 2\n", "{} is damaged, since it is no JSON"),
    ],
)
def test_what_is_no_log(log: Log, text: str, sentence: str) -> None:
    log.write(text)
    with pytest.raises(RunError, match="^" + sentence.format(log.path).replace(".", r"\.")):
        log.read()


def test_a_first_line_that_no_header_is_as_long_as(log: Log) -> None:
    log.write("a," * (1 << 20) + "b\n1,2\n")
    with pytest.raises(RunError, match="begins with a line that is too long: put a line with"):
        log.read()


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    log = Log(tmp_path / "a.csv", {"train_los": Meaning.LOSS})
    log.write("epoch,train_loss\n1,2\n")
    with pytest.raises(RunError, match="has no column 'train_los': did you mean train_loss"):
        log.read()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read: No such file"):
        Log(tmp_path / "a.csv").read()


def test_an_empty_file_is_waited_for(log: Log) -> None:
    log.write("")
    assert log.read() == []
    log.write("epoch,val_loss\n1,0.5\n")
    assert len(told(log.read())) == 1


def test_read_obeys_its_time(log: Log) -> None:
    log.write("step,loss\n" + "".join(f"{i},0.5\n" for i in range(1, 50_000)))
    news = log.reader.read(0.0)
    assert news.more
    assert 0.0 < log.reader.read_share < 0.5
    assert len(told(log.read())) + len(told(one_by_one(news.events))) == 49_999
    assert log.reader.read_share == 1.0
    assert log.reader.written_at == LONG_AGO


@pytest.mark.parametrize(
    "text", [LIGHTNING, KERAS, TIMM, ULTRALYTICS, MMENGINE, DEIT, BEARPAW, FASTAI]
)
def test_looks_like_a_log(log: Log, text: str) -> None:
    log.write(text)
    assert looks_like_log(log.path)


@pytest.mark.parametrize(
    "text", ["file,label\na.png,3\n", '{"lr": 0.1, "epochs": 3}', "", "\x89PNG\0loss,acc\n", "loss"]
)
def test_looks_like_no_log(log: Log, text: str) -> None:
    log.write(text)
    assert looks_like_log(log.path) == (text == "loss")


def test_names_of_tables() -> None:
    names = ["metrics.csv", "a.TSV", "20240101.log.json", "log.txt", "notes.txt", "a.png"]
    assert [kind_of_file(name) == "table" for name in names] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


@settings(deadline=None, max_examples=100)
@given(text=st.sampled_from(ALL), data=st.data())
def test_no_damage_is_more_than_told(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    log = Log(tmp_path_factory.mktemp("log") / "damaged.csv")
    written = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(written)))
        size = data.draw(st.integers(0, 20))
        new = st.binary(max_size=4) | st.sampled_from(
            [b'"', b"{", b"\n", b",", b"1e999", b"-1", b"nan"]
        )
        written[at : at + size] = data.draw(new)
    log.write(bytes(written))
    with contextlib.suppress(RunError):
        log.read()
