"""Arrays of uint8 from a MATLAB level 5 file, as far as SVHN needs it.

After a header of 128 bytes come elements: a type and a length of 32 bits each, then the data. A
compressed element holds a matrix, whose inner elements are its flags, its dimensions, its name and
its values in column-major order. Each inner element is padded to 8 bytes; if it has 4 bytes or
fewer, its length is in the upper half of the type. See "MAT-File Format", The MathWorks.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

HEADER = 128
UINT8, COMPRESSED = 2, 15


def arrays(content: bytes) -> dict[str, npt.NDArray[np.uint8]]:
    """The matrices of a file by name, each in its shape."""
    return dict(
        _matrix(zlib.decompress(data))
        for kind, data in _elements(memoryview(content)[HEADER:], align=1)
        if kind == COMPRESSED
    )


def _matrix(content: bytes) -> tuple[str, npt.NDArray[np.uint8]]:
    (_, body), *_ = _elements(memoryview(content), align=8)
    _, (_, dimensions), (_, name), (kind, values) = _elements(body, align=8)
    assert kind == UINT8
    shape = struct.unpack(f"<{len(dimensions) // 4}i", dimensions)
    array = np.frombuffer(values, np.uint8).reshape(shape, order="F")
    return bytes(name).decode("ascii"), array


def _elements(content: memoryview, align: int) -> Iterator[tuple[int, memoryview]]:
    """The type and the data of each element; elements are padded to a multiple of `align` bytes."""
    at = 0
    while at < len(content):
        kind, size = struct.unpack_from("<II", content, at)
        if small := kind >> 16:
            yield kind & 0xFFFF, content[at + 4 : at + 4 + small]
            at += 8
        else:
            yield kind, content[at + 8 : at + 8 + size]
            at += 8 + -(-size // align) * align
