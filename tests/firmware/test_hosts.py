"""The ways to a host as one: who is answered, who is told."""

import pytest

from posturecore import frames, wire
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path

from hosts import Hosts  # isort: skip
from port import Port  # isort: skip


class Way(Port):
    """A port that takes every frame; `sent` are their kinds."""

    is_open = is_busy = True

    def __init__(self):
        super().__init__()
        self.sent = []

    def _put(self, frame):
        self.sent.append(frame[1])
        return True


@pytest.mark.parametrize("asks", [0, 1], ids=["air", "cable"])
def test_answer_goes_to_the_host_that_asked_and_news_to_all(asks):
    ways = Way(), Way()
    hosts = Hosts(ways)
    ways[asks]._take_in(wire.pack_frame(frames.REQUEST, 0, (frames.STATUS,)))
    assert hosts.receive()[1] == frames.REQUEST
    hosts.answer(frames.ACK, (frames.REQUEST, 0, frames.ACK_DONE))
    hosts.tell(frames.CUE, (7, 0, 1, 0))
    assert ways[asks].sent == [frames.ACK, frames.CUE]
    assert ways[1 - asks].sent == [frames.CUE]
