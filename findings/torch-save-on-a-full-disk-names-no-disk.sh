#!/bin/sh
# Guess:   torch.save(state, path) on a full disk raises what any write raises: OSError, errno 28, "No space left on
#          device".
# Truth:   it raises a RuntimeError that has no errno and does not name the disk: "[enforce fail at
#          inline_container.cc:672] . unexpected pos 704 vs 598" for a state of 4 MB, and "basic_ios::clear: iostream
#          error" for one of some bytes. Given a file that Python opened, it raises either the same or, without a
#          buffer, the OSError.
# Version: torch 2.14.1 on Linux, whose /dev/full stands for the full disk.
# Source:  torch/serialization.py, `_open_zipfile_writer_file.__exit__`: it writes the end of the file also where a
#          write has failed, and the complaint about its position takes the place of the first error;
#          caffe2/serialize/inline_container.cc, `PyTorchStreamWriter`.
# Matters: a script that saves under `except OSError`, so as to train on over a full disk, ends all the same, and
#          whoever reads the message looks for a fault of the network or of the file.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PYTHON'
import errno

import torch

print("torch", torch.__version__)


def error_of(what: str, state: dict[str, torch.Tensor], target: object) -> Exception:
    try:
        torch.save(state, target)
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {str(error).splitlines()[0]}")
        return error
    raise AssertionError(f"{what} was saved")


large, small = {"weight": torch.zeros(1 << 20)}, {"weight": torch.zeros(10)}
by_path = [error_of("4 MB, by path", large, "/dev/full"), error_of("40 bytes, by path", small, "/dev/full")]
by_file = error_of("4 MB, a file with a buffer", large, open("/dev/full", "wb"))
unbuffered = error_of("4 MB, a file without a buffer", large, open("/dev/full", "wb", buffering=0))
for error in (*by_path, by_file):
    assert type(error) is RuntimeError and "space" not in str(error), error
assert isinstance(unbuffered, OSError) and unbuffered.errno == errno.ENOSPC, unbuffered
PYTHON
