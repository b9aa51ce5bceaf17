"""The themes: the colour of each ink on a dark and on a light background."""

from __future__ import annotations

from dataclasses import replace

from textual.color import Color
from textual.theme import Theme

# The palette of Okabe and Ito: distinct with every common kind of colour vision.
INKS_DARK = {
    "ink-dim": "#8a8a8a",
    "ink-border": "#4e4e4e",
    "ink-key": "#d0d0d0",
    "ink-train": "#56b4e9",
    "ink-validation": "#e69f00",
    "ink-rate": "#56b4e9",
    "ink-good": "#2fbf8f",
    "ink-warning": "#f0e442",
    "ink-error": "#ff6b5b",
    "ink-miss": "#d98e4a",
    # Backgrounds: a step has the same luminance for hits and mistakes, in colour and in grey.
    "fill-hit1": "#10283a",
    "fill-hit2": "#1d4d6d",
    "fill-hit3": "#3a86b4",
    "fill-hit4": "#6fc3f5",
    "fill-miss1": "#38220f",
    "fill-miss2": "#6b3d12",
    "fill-miss3": "#b8702a",
    "fill-miss4": "#ffb25a",
    "ink-selected": "#f0c060",
    # The curves of a comparison, each of which also has a letter.
    "ink-run1": "#56b4e9",
    "ink-run2": "#e69f00",
    "ink-run3": "#2fbf8f",
    "ink-run4": "#cc79a7",
    "ink-run5": "#f0e442",
    "ink-run6": "#ff6b5b",
    "ink-run7": "#a9a9f5",
}
INKS_LIGHT = {
    "ink-dim": "#707070",
    "ink-border": "#b8b8b8",
    "ink-key": "#303030",
    "ink-train": "#0072b2",
    "ink-validation": "#b35900",
    "ink-rate": "#0072b2",
    "ink-good": "#00795a",
    "ink-warning": "#8a6d00",
    "ink-error": "#c03020",
    "ink-miss": "#b06020",
    "fill-hit1": "#dcecf7",
    "fill-hit2": "#a8d0ea",
    "fill-hit3": "#4f9fd0",
    "fill-hit4": "#005a8f",
    "fill-miss1": "#fbe6d3",
    "fill-miss2": "#f2c193",
    "fill-miss3": "#d98a3d",
    "fill-miss4": "#9a4200",
    "ink-selected": "#9a5b00",
    "ink-run1": "#0072b2",
    "ink-run2": "#b35900",
    "ink-run3": "#00795a",
    "ink-run4": "#a0307a",
    "ink-run5": "#8a6d00",
    "ink-run6": "#c03020",
    "ink-run7": "#5a4fcf",
}
# Dark letters are easier to read on a background that is brighter than this, light ones otherwise.
READABLE = 0.4
# With sixteen colours, the nearest one would often be yellow or cyan, both unreadable on white;
# on black, `good` would look like `train`.
FEW_DARK = {
    "ink-good": "#55ff55",
    "ink-run1": "#55ffff",
    "ink-run2": "#ffff55",
    "ink-run3": "#55ff55",
    "ink-run4": "#ff55ff",
    "ink-run5": "#ffffff",
    "ink-run6": "#ff5555",
    "ink-run7": "#5555ff",
}
FEW_LIGHT = {
    "ink-train": "#0000aa",
    "ink-validation": "#aa00aa",
    "ink-rate": "#0000aa",
    "ink-good": "#00aa00",
    "ink-warning": "#aa00aa",
    "ink-error": "#aa0000",
    "ink-miss": "#aa00aa",
    "ink-selected": "#aa00aa",
    "ink-run1": "#0000aa",
    "ink-run2": "#555555",
    "ink-run3": "#00aa00",
    "ink-run4": "#aa00aa",
    "ink-run5": "#000000",
    "ink-run6": "#aa0000",
    "ink-run7": "#0000aa",
}
DARK = Theme(
    name="cnn-dark",
    primary="#56b4e9",
    foreground="#d4d4d4",
    background="#0c0c0c",
    surface="#1a1a1a",
    panel="#262626",
    dark=True,
    variables=INKS_DARK,
)
LIGHT = Theme(
    name="cnn-light",
    primary="#0072b2",
    foreground="#222222",
    background="#ffffff",
    surface="#f0f0f0",
    panel="#e4e4e4",
    dark=False,
    variables=INKS_LIGHT,
)


def letters_on(background: str, theme: Theme) -> str:
    """The colour of this theme that is easiest to read on a background."""
    colours = [theme.foreground or "", theme.background or ""]
    dark, light = sorted(colours, key=lambda colour: Color.parse(colour).brightness)
    return dark if Color.parse(background).brightness > READABLE else light


def dark_and_light(few_colours: bool) -> tuple[Theme, Theme]:
    """The two themes, for a terminal with many colours or with sixteen."""
    if not few_colours:
        return DARK, LIGHT
    pairs = ((DARK, FEW_DARK), (LIGHT, FEW_LIGHT))
    dark, light = (replace(one, variables=one.variables | few) for one, few in pairs)
    return dark, light


def on_light(colours: str) -> bool:
    """Whether a terminal with this COLORFGBG (`15;0`: white on black) has a light background."""
    return colours.rpartition(";")[2] in ("7", "15")
