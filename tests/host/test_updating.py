"""What a host makes of a device that takes an update, at its last moments."""

import asyncio

import pytest

from posturecore import flash
from tests.host.test_session import Wire, polite
from trunkline import InputError, LinkError
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, send_bundle

CHECKED = flash.UPDATE_STATES.index("checked")
NO_MEMORY = flash.UPDATE_STATES.index("no memory")
BUNDLE = Bundle(bytes(100))


class Updated(Wire):
    """A device that takes all, says in the end what it thinks of it, and may restart at once."""

    def __init__(self, last_state, then=None):
        super().__init__(self._answer)
        self._last_state, self._then = last_state, then
        self.ends = 0

    def _answer(self, frame, sequence, values, items):
        if frame == flash.UPDATE_BEGIN or values == (flash.UPDATE_STATUS,):
            yield flash.UPDATE_STATUS, (len(BUNDLE.data), len(BUNDLE.data), 1)
        yield from polite(frame, sequence, values, items)
        if frame == flash.UPDATE_END:
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self):
        self.ends += 1
        if self._last_state is not None:
            size = len(BUNDLE.data)
            self.say(flash.UPDATE_STATUS, (size, size, self._last_state))
        self._last_state = self._then
        self.on_lost()


async def test_device_that_restarts_once_it_has_checked_is_updated():
    async with Session(Updated(CHECKED)) as session:
        await send_bundle(session, BUNDLE, lambda done, size: None)


async def test_device_that_is_lost_before_it_has_checked_is_not():
    async with Session(Updated(None)) as session:
        with pytest.raises(LinkError):
            await send_bundle(session, BUNDLE, lambda done, size: None)


async def test_device_without_room_to_unpack_restarts_and_is_updated_then():
    device = Updated(NO_MEMORY, then=CHECKED)
    async with Session(device, reconnect=Reconnect(first_s=0.01, jitter=0.0)) as session:
        await send_bundle(session, BUNDLE, lambda done, size: None)
    assert device.ends == 2


async def test_device_that_restarts_for_room_waits_for_a_new_session():
    async with Session(Updated(NO_MEMORY)) as session:
        with pytest.raises(LinkError, match=r"restarts, to have room .* connect again"):
            await send_bundle(session, BUNDLE, lambda done, size: None)


async def test_device_without_room_after_a_restart_is_to_be_switched_off_and_on():
    device = Updated(NO_MEMORY, then=NO_MEMORY)
    async with Session(device, reconnect=Reconnect(first_s=0.01, jitter=0.0)) as session:
        with pytest.raises(InputError, match=r"working memory .* is kept; try: switch .* off and"):
            await send_bundle(session, BUNDLE, lambda done, size: None)
    assert device.ends == 2
