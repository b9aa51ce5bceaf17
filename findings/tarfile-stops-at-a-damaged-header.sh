#!/bin/sh
# Guess:   tarfile raises ReadError for an archive that is damaged in the middle, or cut off.
# Truth:   where the header of a member other than the first is damaged, the listing ends there without a word,
#          as if the archive ended; likewise where the file is cut off between two members. ReadError comes only
#          where the first header is damaged, or where the data of a member are cut.
# Version: Python 3.11.7.
# Source:  Lib/tarfile.py, TarFile.next: InvalidHeaderError and EOFHeaderError end the loop where offset is not 0;
#          nobody looks for the two blocks of zeros at the end.
# Matters: a data set of a hundred thousand images loses its rest, and trains on what came before. Who lists an
#          archive can look at `tar.offset` afterwards: a block of zeros must stand there.
set -eu
python3 - <<'PYTHON'
import io
import tarfile
import sys

print("Python", sys.version.split()[0])
if sys.version_info[:2] != (3, 11):
    sys.exit("this was found with Python 3.11: put a python3 of that version first in PATH.")

def archive(count):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number in range(count):
            info = tarfile.TarInfo(f"{number}.png")
            info.size = 100
            tar.addfile(info, io.BytesIO(bytes(100)))
    return bytearray(buffer.getvalue())


def names(content):
    with tarfile.open(fileobj=io.BytesIO(bytes(content))) as tar:
        found = tar.getnames()
        end = content[tar.offset : tar.offset + 512]
        return found, "zeros" if end and not any(end) else "nothing" if not end else "something"


whole = archive(4)
damaged = archive(4)
damaged[1024] ^= 0xFF  # the first letter of the second name
found = {"whole": names(whole), "damaged": names(damaged), "cut": names(whole[:2048])}
for name, (listed, end) in found.items():
    print(f"{name}: {listed}, then {end}")
assert found["whole"] == (["0.png", "1.png", "2.png", "3.png"], "zeros")
assert found["damaged"] == (["0.png"], "something")
assert found["cut"] == (["0.png", "1.png"], "nothing")
PYTHON
