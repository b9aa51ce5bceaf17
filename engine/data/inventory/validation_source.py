"""Where the validation images of a data set come from. Loads no torch."""

from __future__ import annotations

from typing import Literal, TypeAlias

# The published test split, a share held out of the training images, or a validation split.
ValidationSource: TypeAlias = Literal["test", "held out", "separate"]
