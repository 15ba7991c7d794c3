"""What a host makes of a device that takes an update, at its last moments."""

import asyncio

import pytest

from posturecore import flash
from tests.host.test_session import Wire, polite
from trunkline import InputError, LinkError
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, send_bundle

NONE, RECEIVING, CHECKED, REFUSED, ON_TRIAL = range(len(flash.UPDATE_STATES))
BUNDLE = Bundle(bytes(100))
SOON = Reconnect(first_s=0.01, jitter=0.0)


class Updated(Wire):
    """A device that takes all, says in the end what it thinks of it, and restarts.

    Of each of its runs: its last word, None for none, and what it says of an update when asked.
    """

    def __init__(self, *last_words, states=(RECEIVING, RECEIVING)):
        super().__init__(self._answer)
        self._last_words, self._states = last_words, states
        self.ends = 0

    def _answer(self, frame, sequence, values, items):
        size = len(BUNDLE.data)
        if frame == flash.UPDATE_BEGIN:
            yield flash.UPDATE_STATUS, (size, size, RECEIVING)
        elif values == (flash.UPDATE_STATUS,):
            yield flash.UPDATE_STATUS, (size, size, self._states[self.ends])
        yield from polite(frame, sequence, values, items)
        if frame == flash.UPDATE_END:
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self):
        word = self._last_words[self.ends]
        self.ends += 1
        if word is not None:
            self.say(flash.UPDATE_STATUS, (len(BUNDLE.data), len(BUNDLE.data), word))
        self.on_lost()


async def update(device, reconnect=SOON):
    async with asyncio.timeout(10), Session(device, reconnect=reconnect) as session:
        await send_bundle(session, BUNDLE, lambda done, size: None)


async def test_device_that_restarts_once_it_has_checked_is_updated():
    await update(Updated(CHECKED), reconnect=None)


async def test_device_that_is_lost_before_it_has_checked_is_not():
    with pytest.raises(LinkError):
        await update(Updated(None), reconnect=None)


@pytest.mark.parametrize("last_word", [CHECKED, None], ids=["told", "lost"])
async def test_device_that_comes_back_on_trial_is_updated(last_word):
    device = Updated(last_word, states=(RECEIVING, ON_TRIAL))
    await update(device)
    assert device.ends == 1


async def test_device_that_was_lost_before_it_had_checked_is_asked_again():
    device = Updated(None, CHECKED, states=(RECEIVING, RECEIVING, ON_TRIAL))
    await update(device)
    assert device.ends == 2


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (NONE, "back with the firmware it had before; .* on trial"),
        (REFUSED, "refused: it arrived"),
    ],
)
async def test_device_that_comes_back_without_the_update_is_told(state, sentence):
    with pytest.raises(InputError, match=sentence):
        await update(Updated(CHECKED, states=(RECEIVING, state)))


async def test_device_that_refuses_it_is_told():
    with pytest.raises(InputError, match="refused: it arrived"):
        await update(Updated(REFUSED))


async def test_device_that_is_on_trial_already_is_not_taken_for_updated_when_it_is_lost():
    device = Updated(None, CHECKED, states=(ON_TRIAL, ON_TRIAL, ON_TRIAL))
    await update(device)
    assert device.ends == 2


async def test_link_that_is_lost_again_and_again_is_given_up():
    device = Updated(*[None] * 9, states=[RECEIVING] * 10)
    with pytest.raises(LinkError):
        await update(device)
    assert device.ends == 6
