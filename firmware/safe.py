"""Safe mode: what is left when the application does not start. It says why, and takes an update.

No sensor, no motor, no decisions: ports (Bluetooth, the cable) and services (the update, the log)
only, and few imports, so that little can break it.
"""

import bluetooth
from board import Board

from battery import percent
from ble.bonds import Bonds
from ble.link import Link
from breadcrumbs import RAISED, TOLD, Breadcrumbs
from faults import Faults, errno_of, report_start
from identity import name, next_boot_id, passkey
from posturecore import frames, wire
from posturecore.flash import MODES
from posturecore.scales import SAMPLES_PER_BLOCK
from storage.documents import Storage
from supervisor import COMMANDS, RADIO, TIMEOUT_MS, Supervisor
from update import Update
from uptime import GOOD_MS, Uptime
from version import FIRMWARE

_NO_SENSOR_MHZ = 60_000  # the nominal rate: nothing is measured, and hosts refuse a rate of zero
_WAIT_MS = 200
_HOLD_MS = 3000  # of the button, to let a new host pair, as always
_LAST_WORDS_MS = 1000  # for what is on its way when the device restarts
_WATCHED = (RADIO, COMMANDS)


class SafeMode:
    """Answers hello, status, and what its services answer, on every port; the first is Bluetooth.

    A port is a link: is_open, links, send, receive, tend, bad, unknown, dropped. A service has
    `handlers` {frame id: f(values, items) -> ack code or None}, `requests` {frame id: f()} and
    `tend()`.
    """

    def __init__(self, board, ports, uptime, boot_id, faults):
        self._board = board
        self._ports = ports
        self._uptime = uptime
        self._boot_id = boot_id
        self._faults = faults
        self._services = []
        self._held_ms = None
        self._handlers = {frames.REQUEST: self._request}
        self._requests = {frames.HELLO: self._hello, frames.STATUS: self._status}

    def serve(self, service):
        """Add a service."""
        self._services.append(service)
        self._handlers.update(service.handlers)
        self._requests.update(service.requests)

    def tell(self, frame, values):
        """Send a frame to every host."""
        for port in self._ports:
            port.send(frame, values)

    def step(self):
        """Do what is due."""
        self._uptime.tend()
        for port in self._ports:
            port.tend()
            message = port.receive()
            while message is not None:
                self._command(port, message)
                message = port.receive()
        for service in self._services:
            service.tend()

        self._watch_button()

    def _watch_button(self):
        if self._board.button.value():  # high: not pressed
            self._held_ms = None
        elif self._held_ms is None:
            self._held_ms = self._uptime.ms
        elif self._uptime.ms - self._held_ms >= _HOLD_MS:
            self._ports[0].open_window()

    def _command(self, port, message):
        if wire.examine(message, 0, len(message)) != (wire.OK, len(message)):
            port.bad += 1
            return
        code = self._answer(port, message)
        if code is not None:
            port.send(frames.ACK, (message[1], message[4] | message[5] << 8, code))

    def _answer(self, port, message):
        handler = self._handlers.get(message[1])
        if handler is None:
            port.unknown += 1
            return frames.ACK_UNKNOWN
        try:
            _, _, values, items = wire.unpack_frame(message, 0)
        except ValueError:
            port.bad += 1
            return frames.ACK_BAD_VALUE
        try:
            return handler(values, items)
        except OSError:  # flash is full or worn: nothing has changed
            return frames.ACK_FAILED

    def _request(self, values, _items):
        request = self._requests.get(values[0])
        if request is None:
            return frames.ACK_BAD_VALUE
        request()
        return frames.ACK_DONE

    def _hello(self):
        device_id = (self._board.unique_id + bytes(8))[:8]
        rates = (SAMPLES_PER_BLOCK, _NO_SENSOR_MHZ)
        values = (frames.VERSION,) + FIRMWARE + rates + (self._boot_id, 0, device_id)
        self.tell(frames.HELLO, values + (MODES.index("safe"),))
        self._faults.tell_all()

    def _status(self):
        counts = [0, 0, 0]
        for port in self._ports:
            counts[0] += port.dropped
            counts[1] += port.bad
            counts[2] += port.unknown
        self.tell(
            frames.STATUS,
            (self._boot_id, self._uptime.ms, 0, 0, self._board.battery_mv(), 0, 0, 0, 0)
            + tuple([min(count, 65535) for count in counts])
            + (0, self._faults.last),
        )


def run(slots, start):
    """Build safe mode and run it; never returns."""
    board = Board()
    crumbs = Breadcrumbs(board.chip)
    storage = Storage(board.root)
    bonds = Bonds(storage)
    link = Link(
        bluetooth.BLE(),
        board,
        bonds,
        name(board.unique_id),
        passkey(storage),
        lambda: percent(board.battery_mv()),
    )
    link.start()
    if not len(bonds):
        link.open_window()
    boot_id = next_boot_id(storage)
    crumbs.begin(boot_id)
    watchdog = board.chip.watchdog(TIMEOUT_MS)
    supervisor = Supervisor(watchdog, crumbs, board, _WATCHED)
    uptime = Uptime(board)
    faults = Faults(link.send, lambda *record: None, lambda: uptime.ms)
    report_start(faults, start, crumbs)
    mode = SafeMode(board, (link,), uptime, boot_id, faults)
    update = Update(slots, start.folder, mode.tell, faults.report)
    mode.serve(update)
    try:
        _loop(board, mode, supervisor, uptime, slots, update)
    except Exception as error:
        crumbs.end(RAISED, errno_of(error))
        raise
    crumbs.end(TOLD)
    board.chip.reset()


def _loop(board, mode, supervisor, uptime, slots, update):
    """Run until an update wants a restart, and a moment more."""
    ready_ms = None
    has_run_well = False
    while ready_ms is None or uptime.ms - ready_ms < _LAST_WORDS_MS:
        board.wait(_WAIT_MS)
        mode.step()
        supervisor.check_in(RADIO)
        supervisor.check_in(COMMANDS)
        supervisor.tend(uptime.ms)
        if uptime.ms >= GOOD_MS and not has_run_well:
            has_run_well = True
            slots.retry()
        if update.is_ready and ready_ms is None:
            ready_ms = uptime.ms
