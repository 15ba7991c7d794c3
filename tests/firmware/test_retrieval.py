"""The log to whichever host asks: nothing is taken for told that another link was told."""

import pytest

from posturecore import flash, frames, wire
from tests.firmware.parts import numbered_tape
from tests.firmware.test_app import Device
from trunkline.protocol.log import LogReader


@pytest.fixture
def device(tmp_path):
    device = Device(numbered_tape(tmp_path / "tape"), tmp_path)
    for k in range(10):
        device.log.append(frames.CUE, (k, 0, 1, 0))
    with device.rig:
        yield device


def read(device, record, count, connection=1):
    """Ask, and put together what comes."""
    device.radio.logged.clear()
    device.radio.write(connection, wire.pack_frame(flash.LOG_READ, 0, (record, count)))
    device.pass_ms(1000)
    reader = LogReader()
    records = [each for data in device.radio.logged for each in reader.receive_data(data)]
    return reader, [each.number for each in records]


def test_host_that_came_back_between_two_steps_is_told_where_its_answer_begins(device):
    device.meet()
    assert read(device, 0, 2)[1] == [0, 1]
    device.radio.disconnect(1)
    device.meet(2)
    reader, numbers = read(device, 2, 1, connection=2)
    assert (reader.next, reader.end) == (3, 3)
    assert numbers == [2]


def test_host_that_stays_is_told_it_once(device):
    device.meet()
    read(device, 0, 2)
    assert read(device, 2, 1)[0].next is None
