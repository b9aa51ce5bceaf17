"""A drawing as SVG inside of a page: in the colours of the page's theme, with names of its own."""

from __future__ import annotations

import io
import re
import warnings
from xml.etree import ElementTree

from engine.report.figure_style import PALETTE, Drawing, styled

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
# An inch of a drawing on a screen, in pixels, where the style sheet does not say it.
PIXELS = 125

_COLOURS = re.compile("|".join(PALETTE.values()))
_VARIABLES = {colour: f"var(--{name})" for name, colour in PALETTE.items()}


def inline_svg(drawing: Drawing) -> str:
    """The element <svg>. It has no comment, no metadata, and no name that another drawing has."""
    root = ElementTree.fromstring(svg_bytes(drawing))  # this drops comments
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _adapted(key, value, drawing.name))
    width, height = drawing.inches
    root.attrib.pop("version", None)
    root.set("width", f"{width * PIXELS:.0f}")
    root.set("height", f"{height * PIXELS:.0f}")
    root.set("style", f"--inches: {width:.2f}")
    root.set("role", "img")
    root.set("aria-label", drawing.caption)
    return ElementTree.tostring(root, encoding="unicode")


def svg_bytes(drawing: Drawing) -> bytes:
    """A file in SVG, in the colours of the light theme and without a background."""
    written = io.BytesIO()
    with styled(drawing.families), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user is told once which characters no font has
        drawing.figure.savefig(written, format="svg", metadata=NO_METADATA)
    return written.getvalue()


def _adapted(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == f"{{{XLINK}}}href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    if key in ("style", "fill", "stroke"):
        value = _COLOURS.sub(lambda found: _VARIABLES[found[0]], value)
    return value.replace("url(#", f"url(#{name}-")
