"""What a network says about each labelled image, as arrays; loads numpy, not torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

# The label, and the predicted class, of an image that could not be read.
LEFT_OUT = -1
# Top-5 looks for the class of an image among so many; with no more classes it says nothing.
TOP5 = 5

Classes: TypeAlias = NDArray[np.int32]
Probabilities: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Judgements:
    """The judgements of N images in their order, each array (N,).

    `probability` is that of the predicted class, `label_probability` that of the image's class;
    each is 0 where it is not a number. `among_five` says whether the image's class is among the
    five that the network finds most likely. An image that could not be read has `LEFT_OUT` for both
    classes; its other values mean nothing.
    """

    labels: Classes
    predicted: Classes
    probability: Probabilities
    label_probability: Probabilities
    among_five: NDArray[np.bool_]
