"""Dark and light: readable, told apart in 256 and in 16 colours, and without any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from textual.color import Color as TextualColor
from textual.pilot import Pilot
from textual.theme import Theme

from tests import scripted
from tests.test_dashboard import app_of
from tui.app import CnnTui
from tui.widgets.themes import DARK, LIGHT, dark_and_light, letters_on, on_light

THEMES = [DARK, LIGHT]
FEW = dark_and_light(few_colours=True)
# Of the sixteen those that are read on black, and on white.
READ_ON_BLACK = {2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
READ_ON_WHITE = {0, 1, 2, 4, 5, 8}
# Inks that say different things side by side.
TOLD_APART = [
    ("ink-train", "ink-validation"),
    ("ink-good", "ink-error"),
    ("ink-good", "ink-warning"),
    ("ink-train", "ink-good"),
]


def contrast(one: str, other: str) -> float:
    """The ratio of luminances by WCAG, 1 to 21."""
    lights = sorted((_luminance(TextualColor.parse(c)) + 0.05 for c in (one, other)), reverse=True)
    return lights[0] / lights[1]


def _luminance(colour: TextualColor) -> float:
    parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_ink_is_read_on_its_background(theme: Theme) -> None:
    assert theme.background is not None
    assert theme.foreground is not None
    assert contrast(theme.foreground, theme.background) > 7
    for name, colour in theme.variables.items():
        if name.startswith("fill-"):
            assert contrast(colour, letters_on(colour, theme)) >= 4.5, name
        else:
            least = 1.5 if name == "ink-border" else 3.0
            assert contrast(colour, theme.background) >= least, name


def seen(colour: str, system: ColorSystem) -> str:
    """The colour that a terminal with so few shows instead."""
    return str(Color.parse(colour).downgrade(system).number)


@pytest.mark.parametrize("system", [ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_few_colours_still_tell_apart(theme: Theme, system: ColorSystem) -> None:
    assert theme.background is not None
    for one, other in TOLD_APART:
        colours = theme.variables[one], theme.variables[other]
        assert seen(colours[0], system) != seen(colours[1], system), (one, other)
    for name, colour in theme.variables.items():
        if name.startswith("ink-") and name != "ink-border":
            assert seen(colour, system) != seen(theme.background, system), name


@pytest.mark.parametrize(("theme", "read"), zip(FEW, (READ_ON_BLACK, READ_ON_WHITE), strict=True))
def test_sixteen_colours_are_read_and_tell_apart(theme: Theme, read: set[int]) -> None:
    inks = {name: ink for name, ink in theme.variables.items() if name.startswith("ink-")}
    shown = {name: seen(colour, ColorSystem.STANDARD) for name, colour in inks.items()}
    unread = {name for name, number in shown.items() if int(number) not in read}
    assert unread <= {"ink-border"}
    for one, other in TOLD_APART:
        assert shown[one] != shown[other], (one, other)


@pytest.mark.parametrize(("term", "few"), [("xterm", True), ("xterm-256color", False)])
def test_the_terminal_says_how_many_colours_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, term: str, few: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM", raising=False)
    app = CnnTui(tmp_path)
    assert app.get_theme(LIGHT.name) == dark_and_light(few)[1]


def colours(pilot: Pilot[str]) -> Iterator[tuple[int, int, int]]:
    for strip in pilot.app.screen._compositor.render_strips():
        for _, style, _ in strip:
            if style is not None and style.color is not None and style.color.triplet is not None:
                yield style.color.triplet


async def test_no_color_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    monkeypatch.setenv("NO_COLOR", "1")
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert {max(c) - min(c) for c in colours(pilot)} == {0}


async def test_there_is_colour_otherwise(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert max(max(c) - min(c) for c in colours(pilot)) > 100


@pytest.mark.parametrize(
    ("said", "light"),
    [("0;15", True), ("0;7", True), ("0;default;15", True), ("15;0", False), ("", False)],
)
def test_the_theme_that_the_terminal_asks_for(said: str, light: bool) -> None:
    assert on_light(said) == light


async def test_the_theme_changes_while_it_is_shown(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = set(colours(pilot))
        app.action_toggle_theme()
        await pilot.pause()
        assert set(colours(pilot)).isdisjoint(before)
        app.action_toggle_theme()
        await pilot.pause()
        assert set(colours(pilot)) == before
