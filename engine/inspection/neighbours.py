"""The training images of two classes that lie nearest to an image, by a network's features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from engine.data.base.dataset import ShownImage
from engine.data.reading.chosen_images import readable
from engine.devices.forward_pass import Judge
from engine.errors import UsageError
from engine.inspection import candidates, inspection_text, pictures
from engine.inspection.features import Features, features
from engine.inspection.training_images import TrainingImages
from engine.protocol.events import Example, Neighbours

# At most so many images of each class are shown.
NEIGHBOURS = 8
# The side in pixels of the picture of the image itself, which is shown large.
LARGE_SIDE = 96


class NeighbourSearch(NamedTuple):
    """A network, and the training images among which it searches. `classes` is their number."""

    model: nn.Module
    judge: Judge
    normalise: Callable[[Tensor], Tensor]
    training: TrainingImages
    classes: int

    def near(
        self, image: ShownImage, at: int | None, given: int, held: int, step: int
    ) -> Neighbours:
        """The neighbours of an image among those with two labels. Waits for the device.

        `at` is its index among the training images, if it is one of them. Raises UsageError where
        a class does not exist or the features of the image are not finite.
        """
        if not (0 <= given < self.classes and 0 <= held < self.classes):
            raise UsageError(inspection_text.no_such_class(self.classes))
        own = self._judged([image])
        if not own.features.isfinite().all():
            raise UsageError(inspection_text.NOT_FINITE)
        shown = pictures.example(image, own.logits[0], LARGE_SIDE)
        near_given, near_held = (self._of_class(label, at, own) for label in (given, held))
        return Neighbours(shown, near_given, near_held, step=step)

    def _of_class(self, label: int, at: int | None, own: Features) -> tuple[Example, ...]:
        """The training images with this label that are nearest to an image, nearest first."""
        found = readable(self.training.split, self._candidates(label, at, own.logits[0]))
        if not found:
            return ()
        logits, theirs = self._judged(found)
        alike = F.cosine_similarity(theirs.double(), own.features.double(), dim=1)
        order = alike.argsort(descending=True, stable=True)
        nearest = order[alike[order].isfinite()][:NEIGHBOURS].tolist()
        return tuple(pictures.example(found[index], logits[index]) for index in nearest)

    def _candidates(self, label: int, at: int | None, logits: Tensor) -> list[int]:
        """The indices of the images with this label among which the neighbours are, without `at`.

        `logits` (classes,) are those of the image now; those of its sightings count more.
        """
        members = (self.training.split.labels == label).nonzero()[:, 0]
        if at is not None:
            members = members[members != at]
        sighted = self.training.logits
        if sighted is None:
            return candidates.spread(members).tolist()
        if at is not None:
            mean, seen = sighted.means(members.new_tensor([at]))
            logits = mean[0] if seen else logits
        return candidates.nearest_logits(members, sighted, logits).tolist()

    def _judged(self, images: Sequence[ShownImage]) -> Features:
        pixels = [image.pixels for image in images]
        return features(self.model, self.judge, self.normalise, pixels, self.classes)
