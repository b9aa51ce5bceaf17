"""The rows at the top of the screen: the run, its state and its progress."""

from __future__ import annotations

import math
from typing import NamedTuple

from msgspec import UNSET

from engine import numbers
from engine.machine import machine_text
from engine.protocol.events import Phase, RunStarted
from engine.run.fold import BEFORE_TRAINING
from engine.run.history import History
from engine.text import harmless
from tui import shared_text
from tui.drawing import axis, cells, drawing_text
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.log_lines import Clock, local_time

# From this width on, more is shown than the long forms.
WIDE = 160
# The time left is rounded to one of these.
ROUND_SECONDS = (1, 5, 10, 30, 60, 300, 600)
TRAINS = ("training", "evaluating")
# Words in the name of a device that its model does not need.
_VENDORS = ("NVIDIA", "AMD", "GeForce", "RTX", "Tesla", "Radeon", "Instinct", "Quadro")


class StateLabel(NamedTuple):
    """The state of the run in a word with a sign; `running` says whether it makes progress.

    `what` is a longer form of the word; empty if there is none.
    """

    sign: str
    word: str
    ink: Ink
    running: bool = False
    what: str = ""


def status_row(
    history: History,
    width: int,
    now: float,
    clock: Clock = local_time,
    *,
    label: str = "",
    pausing: bool = False,
    silence: str = "",
) -> Row:
    """Name and device on the left, state and time left on the right.

    The row shows the longest pair of forms that fits, and shortens the state last. `label` is the
    name of the run's folder, which a person may have moved since the start; empty if it is unknown.
    `pausing` says that a pause was requested and the engine has not replied, `silence`
    is the word for an engine that has written nothing for a while, empty if there is none.
    """
    names = _names(history, label)
    states = _states(history, now, state(history, pausing, silence), clock)
    pairs = [(name, state) for state in states[:2] for name in names[:2]]
    pairs += [(name, state) for state in states[1:] for name in names[2:] or names]
    if width >= WIDE:
        more = _more_names(history), _more_states(history, states[0])
        pairs.insert(0, (cells.row(*names[0], more[0]), more[1]))
    fits = (p for p in pairs if cells.width(p[0]) + cells.width(p[1]) + 4 <= width)
    left, right = next(fits, ((), states[-1]))
    between = Span(" " * (width - cells.width(left) - cells.width(right) - 2))
    return cells.fit(cells.row(" ", *left, between, *right, " "), width)


def progress_row(history: History, width: int) -> Row:
    """`━━━◆━━╺──── 41 %`: the share of the steps that are done, with ◆ at the best epoch.

    Without a total, a line whose end is open.
    """
    if history.run is not None and history.planned_steps is None:
        line = Span("─" * max(0, width - 4) + " …", "border")
        return cells.fit(cells.row(" ", line), width)
    share = f"{numbers.whole(history.progress):>4} %"
    room = width - len(share) - 6
    if room < 1:
        return cells.fit((Span(share),), width)
    full = min(room, int(history.progress * room))
    signs = (["━"] * full + ["╺"] * (0 < full < room) + ["─"] * room)[:room]
    inks: list[Ink] = ["rate" if i < full else "border" for i in range(room)]
    best, planned = history.best, history.planned_steps
    if best is not None and planned is not None:
        at = axis.column(best.step, planned, room)
        signs[at], inks[at] = "◆", "good"
    return cells.fit(cells.row(" ", *cells.inked(signs, inks), share), width)


def trains(history: History) -> bool:
    """Whether the run is in a phase that every epoch repeats."""
    return history.phase is not None and history.phase.name in TRAINS


def state(history: History, pausing: bool = False, silence: str = "") -> StateLabel:
    """The state of the run, from its last phase and its end; first, whether its journal is read."""
    if history.read_share < 1.0:
        share = drawing_text.reading(numbers.whole(history.read_share))
        return StateLabel("…", share, "warning")
    if history.ended is not None:
        reason = history.ended.reason
        signs = {"done": StateLabel("✓", "", "good"), "failed": StateLabel("✗", "", "error")}
        found = signs.get(reason, StateLabel("·", "", "warning"))
        return found._replace(word=shared_text.RUN_ENDED[reason])
    if silence:
        return StateLabel("?", silence, "warning")
    if history.is_log:
        return StateLabel("●", drawing_text.LOG_GROWS, "good", running=True)
    phase = history.phase
    if pausing:
        return StateLabel("‖", drawing_text.PHASES["pausing"], "warning")
    if phase is None:
        return StateLabel("○", drawing_text.PHASES["starting"], "dim")
    if phase.name == "queued":
        return StateLabel("○", drawing_text.PHASES["queued"], "dim")
    if (phase.name, phase.note) == ("evaluating", "") and history.epochs_are_short:
        phase = Phase("training")  # the word would flicker
    word = drawing_text.PHASES.get(phase.name, phase.name)
    if (phase.name, phase.note) == ("evaluating", "test"):
        word = drawing_text.TESTING
    what = f"{word} {harmless(phase.note)}" if phase.name in BEFORE_TRAINING and phase.note else ""
    if phase.note in machine_text.WHOLE_NOTES:
        what = phase.note
    fraction = numbers.number(phase.fraction)
    if math.isfinite(fraction):
        share = f" {numbers.whole(fraction)} %"
        word, what = word + share, what + share if what else ""
    if phase.name in ("pausing", "paused"):
        return StateLabel("‖", word, "warning")
    ink: Ink = "good" if phase.name in TRAINS else "key"
    return StateLabel("●", word, ink, running=True, what=what)


def _more_names(history: History) -> Span:
    """More words for a wide terminal: memory format, seed and commit."""
    if history.run is None:
        return Span("")
    run, words = history.run, list[str]()
    if run.recipe is not None and run.resolved is not None:
        words = [run.resolved.memory_format, drawing_text.seed(run.recipe.seed)]
    if run.watched is not None:
        words += shared_text.settings(run.watched.settings)
    words += [drawing_text.git(run.git)] if run.git else []
    return Span(harmless("".join(f" · {word}" for word in words)), "dim")


def _more_states(history: History, long: Row) -> Row:
    """The longest form with the step after the epoch."""
    if history.run is None or len(long) != 2:
        return long
    if history.watched is not None and history.steps_per_epoch == 1:
        return long  # steps are all that is counted, or the same as epochs
    epoch = drawing_text.epoch_of(history.epoch, history.epochs_planned)
    step = drawing_text.step_of(history.step, history.planned_steps)
    head, tail = long
    return cells.row(head, Span(tail.text.replace(epoch, f"{epoch}   {step}", 1), tail.ink))


def _names(history: History, label: str) -> tuple[Row, ...]:
    """The name and the device of the run, from long to short."""
    run = history.run
    number, name = _numbered(label if label or run is None else run.name)
    title = harmless(f"{number} {name}".strip())
    if run is None:
        return ((Span(title, "title"),),)
    device, model = _device(run)
    if run.recipe is None or run.resolved is None:
        return _names_of_watched(history, number, title, f"{device} {model}".strip())
    precision = run.resolved.precision
    batch = drawing_text.batch(history.batch or 0, run.resolved.accumulate)
    where = " · ".join((f"{device} {model}".strip(), precision, batch))
    arch, data = map(harmless, history.names)
    numbered = harmless(f"{number} {arch}".strip())
    return (
        cells.row(Span(title, "title"), Span(f" · {where}", "dim")),
        cells.row(Span(f"{numbered} · {data}", "title"), Span(f" · {device} {precision}", "dim")),
        cells.row(Span(f"{numbered} · {data}", "title")),
        cells.row(Span(numbered, "title")),
        cells.row(Span(number or arch, "title")),
    )


def _names_of_watched(history: History, number: str, title: str, device: str) -> tuple[Row, ...]:
    """The name of the run and whose training it is, from long to short."""
    watched = history.watched
    owner = (watched.log or watched.program, watched.framework) if watched is not None else ()
    whose = [harmless(word) for word in owner if word]
    tails = [[*whose, device], whose, whose[:1], []]
    rows = [
        cells.row(Span(title, "title"), Span("".join(f" · {word}" for word in tail if word), "dim"))
        for tail in tails
    ]
    return (*rows, cells.row(Span(number or title, "title")))


def _numbered(name: str) -> tuple[str, str]:
    """`run 43` and `resnet18` of `43-resnet18`; without a number, the first is empty."""
    number, _, rest = name.partition("-")
    return (drawing_text.run(number), rest) if number.isdigit() and rest else ("", name)


def _device(run: RunStarted) -> tuple[str, str]:
    """`cuda:1` and `A5000` of `cuda:1 NVIDIA RTX A5000`; a CPU is just `cpu`."""
    device, _, name = harmless(run.device).partition(" ")
    model = next((word for word in name.split() if word not in _VENDORS), "")
    return device, model if device.startswith("cuda") else ""


def _states(history: History, now: float, doing: StateLabel, clock: Clock) -> list[Row]:
    """State, epoch, speed and time left, from long to short."""
    head = Span(f"{doing.sign} {doing.word}", doing.ink)
    full = Span(f"{doing.sign} {doing.what or doing.word}", doing.ink)
    heads = [full, full, head, head]
    if history.run is None:
        return [(head,) for head in heads]
    long, short = _reached(history)
    if not doing.running:
        result = _result(history, now)
        long, short = long + result, short + result
    elif history.has_begun and history.steps is not None:
        # A median, as for the time left: the speed of the last report would flicker.
        speed = [drawing_text.speed(numbers.speed(history.pace))] if history.has_speed else []
        remaining = history.remaining()
        time = _left(remaining)
        at = clock(now + (remaining or 0.0))[:5] if time else ""
        long += [*speed, *([drawing_text.time_left_at(time, at)] if time else [])]
        short += [*speed, *([shared_text.time_left(time)] if time else [])]
    tails = ["   ".join(["", *long])]
    tails += [" " + "  ".join(words) for words in (short, short[:1] + short[2:], short[:1])]
    return [(head, Span(tail)) for head, tail in zip(heads, tails, strict=True)]


def _reached(history: History) -> tuple[list[str], list[str]]:
    """The epoch or the step that the run has reached, and of how many; long and short."""
    if history.counts_steps:
        step, steps = history.step, history.planned_steps
        of = "" if steps is None else f"/{numbers.count(steps)}"
        return [drawing_text.step_of(step, steps)], [f"{numbers.count(step)}{of}"]
    epoch, planned = history.epoch, history.epochs_planned
    of = "" if planned is None else f"/{planned}"
    return [drawing_text.epoch_of(epoch, planned)], [f"{epoch}{of}"]


def _left(remaining: float | None) -> str:
    """The time left; empty if it is unknown."""
    if remaining is None or not math.isfinite(remaining):
        return ""
    return numbers.duration(_rounded(remaining))


def _rounded(seconds: float) -> float:
    """The time, rounded by at most 2 %: an estimate need not change at every step."""
    step = max((step for step in ROUND_SECONDS if 50 * step <= seconds), default=1)
    return round(seconds / step) * step


def _result(history: History, now: float) -> list[str]:
    """The time that the run took and what was best; none while its journal is being read."""
    if history.read_share < 1.0:
        return []
    elapsed = history.elapsed(now)
    time = [numbers.duration(elapsed)] if elapsed or not history.is_log else []
    return [*time, *_best(history)]


def _best(history: History) -> list[str]:
    """The best accuracy; without one, the loss of the best epoch."""
    best, ended = history.best, history.ended
    if ended is not None and ended.best_epoch is not UNSET:
        top1, epoch = ended.best_top1, ended.best_epoch
    else:
        top1, epoch = (best.top1, best.epoch) if best is not None else (UNSET, 0)
    if top1 is not UNSET:
        return [f"◆ {numbers.percent(top1)} @{epoch}"]
    if best is None or best.loss is UNSET:
        return []
    return [drawing_text.best_loss(numbers.significant(best.loss), best.epoch)]
