"""One run of the device, from its first memory to its last word, in either mode."""

import gc

import bluetooth
from board import Board

from battery import percent
from ble.bonds import Bonds
from ble.link import Link
from breadcrumbs import RAISED, TOLD, Breadcrumbs
from faults import errno_of
from hosts import Hosts
from storage.documents import Storage
from supervisor import TIMEOUT_MS, Supervisor
from uptime import GOOD_MS, Uptime
from usb import Usb
from version import FIRMWARE

# Collecting often keeps what is free in one piece: without it the application needs a third more.
_COLLECT_AFTER_BYTES = 8192
_LAST_WORDS_MS = 1000  # for what is on its way when the device restarts


class Life:
    """Builds what both need; `run` then gives turns until it is over."""

    def __init__(self):
        from identity import information, name, next_boot_id, passkey  # need not stay

        self.board = board = Board()
        self.crumbs = Breadcrumbs(board.chip)
        self.storage = Storage(board.root)
        bonds = Bonds(self.storage)
        self.radio = Link(
            bluetooth.BLE(),
            board,
            bonds,
            name(board.unique_id),
            passkey(self.storage),
            lambda: percent(board.battery_mv()),
            information(board.unique_id, board.NAME, FIRMWARE),
        )
        self.radio.start()  # before anything large: the radio's memory comes first
        if not len(bonds):
            self.radio.open_window()  # nobody has paired yet: a first host needs no button
        self.hosts = Hosts((self.radio, Usb(board.console, board)))
        self.uptime = Uptime(board)
        self.boot_id = next_boot_id(self.storage)
        self.crumbs.begin(self.boot_id)
        self._watchdog = None

    def feed(self):
        """Feed the watchdog out of turn: for what is long, and known to end."""
        if self._watchdog is not None:
            self._watchdog.feed()

    def run(self, mode, update, when_good, forgive):
        """Give turns to a mode until it is over or an update waits; then switch off or restart.

        A mode has `watched`, `step`, `sleep`, `is_over` and `end`. `when_good` is called after a
        good minute, `forgive` when it is over before.
        """
        gc.threshold(_COLLECT_AFTER_BYTES)
        # From here on the loop must turn.
        self._watchdog = self.board.chip.watchdog(TIMEOUT_MS)
        supervisor = Supervisor(self._watchdog, self.crumbs, self.board, mode.watched)
        try:
            self._turn(mode, supervisor, update, when_good)
            mode.end(mode.is_over)
        except Exception as error:
            self.crumbs.end(RAISED, errno_of(error))
            raise
        forgive()
        self.crumbs.end(TOLD)
        if mode.is_over:
            self.board.off()
        self.board.chip.reset()

    def _turn(self, mode, supervisor, update, when_good):
        is_good, ready_ms = False, None
        while not mode.is_over:
            mode.sleep()
            mode.step(supervisor)
            update.tend()
            now_ms = self.uptime.ms
            if not is_good and now_ms >= GOOD_MS:
                is_good = True
                when_good()
            if update.is_ready and ready_ms is None:
                ready_ms = now_ms
            if ready_ms is not None and now_ms - ready_ms >= _LAST_WORDS_MS:
                return
