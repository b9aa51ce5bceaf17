"""Keeps the journal small: decides which events it gets, by bytes and by the clock.

Beside `EpochEnded`, a day of a run adds at most 20 MB. Events that repeat have an allowance; one
that finds it spent is held back, and a newer one of its kind takes its place. The newest ones are
written when the run pauses or ends, so that the last state that a viewer shows is true.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.allowance import Allowance

PICTURES = (events.Confusion, events.FeatureMaps)
# The least seconds between the pictures of two steps, unless an epoch is the best so far.
PICTURE_SECONDS = 10.0
# A phase that is held back is written when it has lasted this long.
PHASE_SECONDS = 5.0
# After this many seconds without any event, a `Heartbeat` shows that the engine lives.
HEARTBEAT_SECONDS = 5.0
# The phases that every epoch repeats.
ROUTINE = ("training", "evaluating")


class JournalBudget:
    """Decides which events the journal of one attempt gets; for one thread at a time.

    Its rates add up to 11 MB a day and its bursts to 3 MB. The rest of the 20 MB is for `Steps`,
    which come at their own pace, and for heartbeats.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Feature maps and confusion matrices share an allowance, since they are shown together.
        self._pictures = Allowance(clock, 1_500_000, 45)
        self._allowances: dict[type[Event], Allowance] = {
            events.Hardware: Allowance(clock, 300_000, 40),
            events.LayerHealth: Allowance(clock, 400_000, 25),
            events.Checkpointed: Allowance(clock, 250_000, 10),
            events.Phase: Allowance(clock, 200_000, 6),
        }
        # The newest events that were not written yet, and those of the best epoch.
        self._held: dict[tuple[type[Event], str], Event] = {}
        self._best: list[Event] = []
        self._pictured_at, self._pictured_step = clock() - PICTURE_SECONDS, -1
        self._phase = self._written_phase = events.Phase("starting")
        self._phase_since = self._written_at = clock()

    def admitted(self, event: Event) -> list[Event]:
        """The events to write now, in order: those that waited for this one, and this one.

        It is left out if it waits itself.
        """
        written = self._admitted(event)
        if written:
            self._written_at = self._clock()
        return written

    def overdue(self) -> list[Event]:
        """The events to write although nothing has happened. Call it every few seconds."""
        found: list[Event] = []
        waited = self._clock() - self._phase_since
        if self._phase is not self._written_phase and waited >= PHASE_SECONDS:
            found.append(self._write_phase())
        if self._allowances[events.Checkpointed].left() > 0:
            found += self._saves()
        if not found and self._clock() - self._written_at >= HEARTBEAT_SECONDS:
            found = [events.Heartbeat()]
        if found:
            self._written_at = self._clock()
        return found

    def wanted(self) -> list[Event]:
        """The newest feature maps and confusion matrix, if a person looks and they were held."""
        return self._pop_pictures() if self._is_picture_time() else []

    def _admitted(self, event: Event) -> list[Event]:
        match event:
            case events.Phase() if event.name in ROUTINE and not event.note:
                return self._routine_phase(event)
            case events.Confusion() | events.FeatureMaps():
                return self._picture(event)
            case events.EpochEnded():
                return [*self._pictures_of_epoch(bool(event.best)), event]
            case events.Hardware() | events.LayerHealth():
                return self._limited(event)
            case events.Checkpointed() if event.reason in ("epoch", "best", "interval"):
                return self._limited(event, event.file.partition("-")[0])
            case events.Steered():  # a resume looks for the save before it
                return [*self._saves(), event]
            case events.Resumed():
                self._forget(event.step)
            case events.Phase():
                self._phase = self._written_phase = event
                return [*(self._everything() if event.name == "paused" else ()), event]
            case events.RunEnded():
                return [*self._everything(), event]
        return [event]

    def _limited(self, event: Event, name: str = "") -> list[Event]:
        """The event if its kind has bytes left; else it is held."""
        allowance, key = self._allowances[type(event)], (type(event), name)
        if allowance.left() <= 0:
            self._held[key] = event
            return []
        self._held.pop(key, None)
        allowance.spend(event)
        return [event]

    def _pop(self, *kinds: type[Event]) -> list[Event]:
        """The held events of these kinds, which are then no longer held."""
        return [self._held.pop(key) for key in [*self._held] if key[0] in kinds]

    def _saves(self) -> list[Event]:
        """The held saves."""
        saves = self._pop(events.Checkpointed)
        for save in saves:
            self._allowances[events.Checkpointed].spend(save)
        return saves

    def _forget(self, step: int) -> None:
        """Drop what is held of later steps: they are trained again."""
        self._held = {key: event for key, event in self._held.items() if event.step <= step}
        self._best = [event for event in self._best if event.step <= step]

    def _everything(self) -> list[Event]:
        """All that is held, the best epoch's first."""
        self._phase = self._written_phase
        pictures = self._pop_pictures()
        return [*pictures, *self._pop(*self._allowances)]

    # Phases

    def _routine_phase(self, event: events.Phase) -> list[Event]:
        self._phase, self._phase_since = event, self._clock()
        if event.name == self._written_phase.name and not self._written_phase.note:
            self._written_phase = event  # the journal says so already
            return []
        repeats = self._written_phase.name in ROUTINE
        if repeats and self._allowances[events.Phase].left() <= 0:
            return []
        return [self._write_phase()]

    def _write_phase(self) -> Event:
        self._allowances[events.Phase].spend(self._phase)
        self._written_phase = self._phase
        return self._phase

    # Feature maps and confusion matrices

    def _is_picture_time(self) -> bool:
        return self._clock() - self._pictured_at >= PICTURE_SECONDS

    def _picture(self, event: events.Confusion | events.FeatureMaps) -> list[Event]:
        """Hold the pictures of an evaluation until its epoch ends; others are written or held."""
        key = (type(event), event.layer if isinstance(event, events.FeatureMaps) else "")
        self._held[key] = event
        if self._phase.name == "evaluating":
            return []
        if event.step == self._pictured_step or (
            self._is_picture_time() and self._pictures.left() > 0.5
        ):
            return self._written_pictures([self._held.pop(key)])
        return []

    def _pictures_of_epoch(self, is_best: bool) -> list[Event]:
        """The pictures to write before an epoch ends; half of the allowance is for best epochs."""
        if is_best:
            self._best = self._pop(*PICTURES)
        if self._best and self._pictures.left() > 0:
            found, self._best = self._best, []
            return self._written_pictures(found)
        if self._is_picture_time() and self._pictures.left() > 0.5:
            return self._written_pictures(self._pop(*PICTURES))
        return []

    def _pop_pictures(self) -> list[Event]:
        """The held pictures of the best epoch, and then the newest ones."""
        best, self._best = self._best, []
        return self._written_pictures([*best, *self._pop(*PICTURES)])

    def _written_pictures(self, pictures: list[Event]) -> list[Event]:
        for event in pictures:
            self._pictures.spend(event)
            self._pictured_at, self._pictured_step = self._clock(), event.step
        return pictures
