"""Image folders in archives, as programs pack them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image


def picture(value: int, side: int = 8) -> bytes:
    """A PNG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (value, 255 - value, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def files(top: str = "") -> dict[str, bytes]:
    """Six images in each of two classes, by name."""
    return {
        f"{top}{name}/{index}.png": picture(20 * index + 10 * number)
        for number, name in enumerate(("cat", "dog"))
        for index in range(6)
    }


def write_zip(path: Path, content: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, written in content.items():
            archive.writestr(zipfile.ZipInfo(name), written, method)
    return path


def write_tar(path: Path, content: Mapping[str, bytes], packing: str = "") -> Path:
    with tarfile.open(path, f"w:{packing}") as archive:  # type: ignore[call-overload]
        for name, written in content.items():
            add(archive, name, written)
    return path


def add(archive: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    """Add a member; `fields` are those of TarInfo."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(content))
