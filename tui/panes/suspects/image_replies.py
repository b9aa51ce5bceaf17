"""What the network replies on the images of the list: their pictures, and their neighbours."""

from __future__ import annotations

from typing import NamedTuple

from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Alert, Event, Examples, Neighbours, Picture
from tui.panes.suspects.listed_suspects import ListedImage, Place


class _Asked(NamedTuple):
    """A request, and the image that it is on: another list may have another one at its number."""

    request: InspectionRequest
    place: Place


class ImageReplies:
    """The replies so far. One request is open at a time, and a newer one replaces it."""

    def __init__(self) -> None:
        self._pictures: dict[Place, Picture] = {}
        self._neighbours: dict[_Asked, Neighbours] = {}
        self._open: _Asked | None = None
        self.refusal = ""
        """Why the last request had no reply; empty if it had, or has none yet."""

    def picture(self, image: ListedImage | None) -> Picture | None:
        return self._pictures.get(image.place) if image is not None else None

    def neighbours(self, image: ListedImage) -> Neighbours | None:
        return self._neighbours.get(_neighbours_of(image))

    def request_picture(self, image: ListedImage) -> InspectionRequest | None:
        """The request to send; None if there is a picture, or one comes, or none will."""
        request = InspectionRequest("images", images=(image.number,), split=image.split)
        asked = _Asked(request, image.place)
        if image.place in self._pictures or self._open == asked or self.refusal:
            return None
        self._open = asked
        return request

    def request_neighbours(self, image: ListedImage) -> InspectionRequest | None:
        """The request to send, also after a refusal; None if there is a reply, or one comes."""
        asked = _neighbours_of(image)
        if asked in self._neighbours or self._open == asked:
            return None
        self._open, self.refusal = asked, ""
        return asked.request

    def receive(self, reply: Event) -> None:
        """Take the reply to the open request."""
        asked, self._open = self._open, None
        if asked is None:
            return
        match reply:
            case Neighbours():
                self._neighbours[asked] = reply
                self._pictures[asked.place] = reply.image.picture
            case Examples(examples=(first, *_)):
                self._pictures[asked.place] = first.picture
            case Alert():
                self.refusal = reply.text

    def try_again(self) -> None:
        self.refusal = ""


def _neighbours_of(image: ListedImage) -> _Asked:
    cell = image.given, image.given if image.held is None else image.held
    request = InspectionRequest("neighbours", images=(image.number,), cell=cell, split=image.split)
    return _Asked(request, image.place)
