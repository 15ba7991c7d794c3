"""The log for a host: log_read, log_ack and log_status, one host at a time."""

from download import Download
from hosts import Peer
from posturecore.flash import LOG_ACK, LOG_READ, LOG_STATUS
from posturecore.frames import ACK_DONE


class Retrieval:
    """Call `tend` each step: it sends some of what was asked for."""

    def __init__(self, log, hosts):
        self._hosts = hosts
        self._download = Download(log, self._send_log)
        self._peer = None  # who downloads
        self.handlers = {LOG_READ: self._read, LOG_ACK: self._acknowledge}
        self.requests = {LOG_STATUS: self._status}

    def tend(self):
        """Go on, unless the host has gone."""
        if self._peer is not None and not self._peer.is_there:
            self._peer = None
            self._download.stop()
        self._download.tend()

    def _read(self, values, _items):
        peer = self._peer
        if peer is None or not peer.is_there or peer.port is not self._hosts.asking:
            self._download.stop()  # what another host was told, this one was not
        self._peer = Peer(self._hosts)
        self._download.read(values[0], values[1])
        return ACK_DONE

    def _acknowledge(self, values, _items):
        self._download.acknowledge(values[0])
        return ACK_DONE

    def _status(self):
        self._hosts.answer(LOG_STATUS, self._download.status())

    def _send_log(self, data):
        return self._peer.port.send_log(data)
