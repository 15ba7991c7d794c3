"""What a host makes of a device that takes an update, at its last moments."""

import asyncio

import pytest

from posturecore import flash
from tests.host.test_session import Wire, polite
from trunkline import InputError, LinkError
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, send_bundle

CHECKED = flash.UPDATE_STATES.index("checked")
BUNDLE = Bundle(bytes(100))


class Updated(Wire):
    """A device that takes all, says in the end what it thinks of it, and may restart at once."""

    def __init__(self, last_state, restarts=True):
        super().__init__(self._answer)
        self._last_state = last_state
        self._restarts = restarts

    def _answer(self, frame, sequence, values, items):
        if frame == flash.UPDATE_BEGIN or values == (flash.UPDATE_STATUS,):
            yield flash.UPDATE_STATUS, (len(BUNDLE.data), len(BUNDLE.data), 1)
        yield from polite(frame, sequence, values, items)
        if frame == flash.UPDATE_END:
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self):
        if self._last_state is not None:
            size = len(BUNDLE.data)
            self.say(flash.UPDATE_STATUS, (size, size, self._last_state))
        if self._restarts:
            self.on_lost()


async def test_device_that_restarts_once_it_has_checked_is_updated():
    async with Session(Updated(CHECKED)) as session:
        await send_bundle(session, BUNDLE, lambda done, size: None)


async def test_device_that_is_lost_before_it_has_checked_is_not():
    async with Session(Updated(None)) as session:
        with pytest.raises(LinkError):
            await send_bundle(session, BUNDLE, lambda done, size: None)


async def test_device_without_room_to_unpack_is_to_be_switched_off_and_on():
    state = flash.UPDATE_STATES.index("no memory")
    async with Session(Updated(state, restarts=False)) as session:
        with pytest.raises(InputError, match=r"working memory .* is kept; try: switch .* off and"):
            await send_bundle(session, BUNDLE, lambda done, size: None)
