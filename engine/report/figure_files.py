"""A drawing as files at print size: PNG with 300 dots per inch on white, PDF and SVG."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from pathlib import Path

from engine.report.figure_style import Drawing, styled
from engine.report.inline_svg import svg_bytes
from engine.run.whole_file import made_folder, whole_file

DOTS = 300


def write_figures(drawn: Iterable[Drawing], folder: Path) -> None:
    """Write the files of all drawings into a folder. Raises RunError."""
    with made_folder(folder):
        for drawing in drawn:
            for name, data in figure_files(drawing).items():
                with whole_file(folder / name) as file:
                    file.write(data)


def figure_files(drawing: Drawing) -> dict[str, bytes]:
    """The contents of its files by their names."""
    return {
        f"{drawing.name}.png": _written(drawing, "png", dpi=DOTS, facecolor="white"),
        f"{drawing.name}.pdf": _written(drawing, "pdf", metadata={"CreationDate": None}),
        f"{drawing.name}.svg": svg_bytes(drawing),
    }


def _written(drawing: Drawing, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    with styled(drawing.families), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawing.figure.savefig(written, format=kind, **options)
    return written.getvalue()
