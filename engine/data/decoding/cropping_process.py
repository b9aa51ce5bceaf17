"""What a process loads that crops images: torch, with one thread. Imported by no other process.

An image is too small to be shared by threads, and the other cores have processes of their own.
"""

from __future__ import annotations

import torch

from engine.data.decoding import resampling as resampling

torch.set_num_threads(1)
