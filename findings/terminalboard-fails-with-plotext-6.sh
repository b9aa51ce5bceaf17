#!/bin/sh
# Guess:   `pip install terminalboard` gives a viewer for TensorBoard logs that draws.
# Truth:   it asks for plotext>=5.2, so pip takes plotext 6, which has another interface: no clear_figure() and no
#          plotext._core. Every frame ends in an AttributeError. With plotext 5.3.2 the same log is drawn.
# Version: terminalboard 0.5.3 with plotext 6.1.0 and with plotext 5.3.2.
# Source:  terminalboard/render.py, `_reset_plotext`; the metadata of terminalboard ("plotext>=5.2").
# Matters: who watches a training through it on a fresh machine sees a traceback, though the log is fine.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet terminalboard==0.5.3 plotext==6.1.0
"$work/venv/bin/python" - "$work/log" <<'PYTHON'
"""Writes a log of TensorBoard with one scalar: records with masked CRC-32C, of Event messages."""
import pathlib
import struct
import sys


def crc(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def event(step: int, loss: float) -> bytes:
    value = field(1, b"loss") + b"\x15" + struct.pack("<f", loss)
    return b"\x09" + struct.pack("<d", 1.7e9 + step) + b"\x10" + bytes([step]) + field(5, field(1, value))


folder = pathlib.Path(sys.argv[1])
folder.mkdir()
with open(folder / "events.out.tfevents.1700000000.host", "wb") as log:
    for step in range(100):
        data = event(step, 2.3 / (1 + step))
        size = struct.pack("<Q", len(data))
        log.write(size + struct.pack("<I", crc(size)) + data + struct.pack("<I", crc(data)))
PYTHON
export COLUMNS=100 LINES=30
"$work/venv/bin/pip" list 2>/dev/null | grep -E "terminalboard|plotext"
code=0
"$work/venv/bin/terminalboard" "$work/log" --once >"$work/out" 2>&1 || code=$?
tail -n 1 "$work/out"
test "$code" -ne 0
grep -q "AttributeError: module 'plotext' has no attribute" "$work/out"
"$work/venv/bin/pip" install --quiet plotext==5.3.2
"$work/venv/bin/pip" list 2>/dev/null | grep plotext
"$work/venv/bin/terminalboard" "$work/log" --once >"$work/out"
head -n 6 "$work/out"
grep -q "loss" "$work/out"
