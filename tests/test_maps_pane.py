"""The maps pane alone: what it asks for and what it shows, driven by keys."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from engine.protocol import events
from engine.protocol.events import FeatureMaps
from engine.run.history import History
from tests import scripted
from tests.drawing import examples
from tests.test_dashboard import rows
from tui.app import CnnTui
from tui.drawing import cells
from tui.drawing.cells import Span
from tui.panes.base.pane import Pane
from tui.panes.maps.maps_pane import MapsPane

GLIMPSE = replace(examples.feature_maps(), shape=(6, 28, 28), image=0, step=10)
Question = tuple[str, str, tuple[int, ...]]


class Host(App[None]):
    """Nothing but the pane."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.questions: list[Question] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return CnnTui.get_theme_variable_defaults(self)  # type: ignore[arg-type]

    def compose(self) -> ComposeResult:
        yield MapsPane(6)

    def on_pane_inspection_requested(self, message: Pane.InspectionRequested) -> None:
        asked = message.request
        self.questions.append((asked.kind, asked.layer, asked.images))


def history(*said: events.Event) -> History:
    folded = History()
    folded.fold(scripted.stamped([scripted.started(), *said]))
    return folded


class Driven:
    """The pane under a pilot."""

    def __init__(self, pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, Host)
        self.pilot, self.app = pilot, pilot.app
        self.pane = pilot.app.query_one(MapsPane)

    async def show(self, *said: events.Event) -> None:
        self.pane.show(history(*said), None)
        await self.pilot.pause()

    async def press(self, *keys: str) -> list[Question]:
        """What is asked because of these keys."""
        self.app.questions.clear()
        self.pane.focus()
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return self.app.questions

    def rows(self) -> list[str]:
        return [cells.text(row) for row in self.pane.draw(*self.pane.size)]

    @property
    def foot(self) -> str:
        return self.rows()[-1]


async def test_an_image_without_a_label_has_no_true_class() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        pane = Driven(pilot)
        await pane.show(GLIMPSE)
        assert any("true" in row for row in pane.rows())
        await pane.show(replace(GLIMPSE, true=-1, top=()))
        assert not any("true" in row for row in pane.rows())


def answer(layer: str, image: int = 0, step: int = 10) -> FeatureMaps:
    return replace(GLIMPSE, layer=layer, image=image, step=step)


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


async def test_a_glimpse_is_shown_until_something_is_asked_for() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show()
        assert "feature maps come with the next validation" in driven.rows()[1]
        await driven.show(GLIMPSE)
        assert "conv1  6×28×28   image 0" in driven.foot
        assert driven.app.questions == []
        await driven.show(GLIMPSE, replace(GLIMPSE, step=20))
        assert driven.app.questions == [], "the journal brings it, nobody need be asked"


async def test_layers_with_maps_one_after_the_other() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        assert await driven.press("n") == [("maps", "pool1", (0,))]
        assert "conv1, image 0   waiting for pool1, image 0 …" in driven.foot
        driven.pane.receive(answer("pool1"))
        assert "pool1  6×28×28   image 0" in driven.foot
        assert await driven.press("n", "n") == [
            ("maps", "conv2", (0,)),
            ("maps", "conv1", (0,)),
        ], "a linear layer has none"
        assert await driven.press("N") == [("maps", "conv2", (0,))]


async def test_images_by_arrows_and_by_number() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        assert await driven.press("right", "shift+right", "left", "left") == [
            ("maps", "conv1", (1,)),
            ("maps", "conv1", (11,)),
            ("maps", "conv1", (10,)),
            ("maps", "conv1", (9,)),
        ]
        assert await driven.press("ctrl+left") == [("maps", "conv1", (9,))], "100 images go round"
        assert await driven.press("g", "4", "3", "backspace", "2") == []
        assert "image 0-99: 42_" in driven.foot
        assert await driven.press("enter") == [("maps", "conv1", (42,))]
        assert await driven.press("g", "9", "9", "9", "9", "enter") == [("maps", "conv1", (99,))]
        assert await driven.press("g", "7", "escape") == []
        assert "waiting" in driven.foot


async def test_what_was_refused_leaves_what_was_there() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        await driven.press("n")
        driven.pane.receive(events.Alert("warning", "probe", "no"))
        assert "conv1  6×28×28   image 0" in driven.foot


async def test_an_answer_is_asked_again_once_for_each_later_glimpse() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        await driven.press("n")
        driven.pane.receive(answer("pool1"))
        driven.app.questions.clear()
        await driven.show(GLIMPSE)
        assert driven.app.questions == []
        for _ in range(2):
            await driven.show(GLIMPSE, replace(GLIMPSE, step=20))
        assert driven.app.questions == [("maps", "pool1", (0,))]


async def test_news_are_drawn_as_a_run_ages_at_last_every_ten_seconds_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        drawn: list[float] = []
        folded = History()
        monkeypatch.setattr(driven.pane, "redraw", lambda: drawn.append(folded.last_time))
        ended = events.RunEnded("done")
        for time in range(51):
            said: events.Event = ended if time == 50 else replace(GLIMPSE, step=time)
            folded.fold([replace(said, time=scripted.START + time)])
            driven.pane.show(folded, frozenset({type(said)}))
        assert [time - scripted.START for time in drawn] == [
            0,
            1,
            2,
            3,
            5,
            8,
            12,
            18,
            27,
            37,
            47,
            50,
        ]
        folded.fold([events.Hardware(1, 0, 0, 0, 0, 0, 0, time=scripted.START + 90)])
        driven.pane.show(folded, frozenset({events.Hardware}))
        assert len(drawn) == 12, "no news"


async def test_pages_and_order_want_all_channels() -> None:
    async with Host().run_test(size=(80, 12)) as pilot:
        driven = Driven(pilot)
        await driven.show(replace(GLIMPSE, shape=(64, 28, 28)))
        assert "1-3 of 64" in driven.foot
        assert await driven.press("down") == [("maps", "conv1", (0,))]
        driven.pane.receive(GLIMPSE)
        assert "4-6 of 6" in driven.foot
        assert await driven.press("down", "pagedown") == [], "there are no more"
        assert "4-6 of 6" in driven.foot
        assert await driven.press("o") == []
        assert "1-3 of 6  strongest first" in driven.foot
        assert await driven.press("up") == []


async def test_kernels_and_back() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        assert await driven.press("K") == [("kernels", "", (0,))]
        driven.pane.receive(examples.kernels())
        assert "6 kernels of 3×3×3" in driven.foot
        assert await driven.press("K") == []
        assert "image 0" in driven.foot


async def test_a_layer_that_is_pointed_at_is_shown() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        for layer in ("fc", "nothing", "conv1"):
            driven.pane.select_layer(layer)
        driven.pane.select_layer("conv2")
        await pilot.pause()
        assert driven.app.questions == [("maps", "conv2", (0,))]


async def test_a_hidden_pane_asks_when_it_is_shown() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        driven.pane.display = False
        await pilot.pause()
        driven.pane.select_layer("conv2")
        await pilot.pause()
        assert driven.app.questions == []
        driven.pane.display = True
        await driven.show(GLIMPSE)
        assert driven.app.questions == [("maps", "conv2", (0,))]


async def test_a_run_that_pauses_shows_its_newest_maps() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        run = history(GLIMPSE)
        driven.pane.show(run, None)
        await pilot.pause()
        newest = replace(GLIMPSE, step=20, time=run.last_time)
        driven.pane.show(run, run.fold([newest]))
        assert "epoch 1" in rows(driven.pane)[-1].text
        driven.pane.show(run, run.fold([events.Phase("paused", time=run.last_time)]))
        assert "epoch 2" in rows(driven.pane)[-1].text


def test_a_row_that_is_cut_keeps_the_colours_of_its_pixels() -> None:
    row = (Span(" "), Span("▀▀▀", "plain", ("#080808", "#121212")))
    assert cells.fit(row, 2)[1] == Span("▀", "plain", ("#080808", "#121212"))


@pytest.mark.parametrize("way", ["colours", "key", "ascii", "no colour", "sixteen"])
async def test_half_blocks_only_where_there_are_colours_or_greys(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    elif way == "sixteen":
        monkeypatch.setenv("TERM", "linux")
        monkeypatch.delenv("COLORTERM")
    async with Host(ascii_only=way == "ascii").run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        if way == "key":
            await driven.press("b")
        assert ("▀" in "".join(driven.rows())) == (way in ("colours", "no colour"))


async def test_kernels_that_are_not_there_yet_are_said_to_be_asked_for() -> None:
    async with Host().run_test(size=(60, 14)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        await driven.press("K")
        assert "image 0   waiting for kernels …" in driven.foot
        driven.pane.receive(examples.kernels())
        assert "waiting" not in driven.foot


async def test_where_all_maps_fit_they_are_shown_from_the_first_on() -> None:
    async with Host().run_test(size=(44, 12)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        await driven.press("down")
        assert " 1-" not in driven.foot
        await pilot.resize_terminal(200, 60)
        assert "1-6 of 6" in driven.foot


async def test_a_picture_keeps_its_own_name_until_the_reply_comes() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        driven = Driven(pilot)
        await driven.show(GLIMPSE)
        await driven.press("n", "right")
        assert "conv1, image 0   waiting for pool1, image 1 …" in driven.foot
        await pilot.resize_terminal(50, 24)
        await pilot.pause()
        assert "conv1, image 0 → pool1, image 1 …" in driven.foot
        driven.pane.receive(answer("pool1", 1))
        assert "pool1   image 1" in driven.foot
        assert "waiting" not in driven.foot
