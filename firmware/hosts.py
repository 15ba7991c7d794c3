"""The ways to a host as one: the radio, and where there is one the cable.

What is told goes to every open port; an answer goes to the port that asked; a stream goes to the
port that asked for it last.
"""


class Hosts:
    """Ports have is_open, links, send, send_samples, receive, tend and counts; see ble/link.py."""

    def __init__(self, ports):
        self._ports = ports
        self.asking = ports[0]  # where the last command came from
        self.listening = None  # where the stream goes
        self._met = 0

    @property
    def is_open(self):
        """Tell whether any host is there."""
        return any(port.is_open for port in self._ports)

    def tend(self):
        """Let every port do what is due; return whether the stream's listener has gone."""
        for port in self._ports:
            port.tend()
        port = self.listening
        if port is None or (port.is_open and port.links == self._met):
            return False
        self.listening = None
        return True

    def listen(self):
        """Let the stream go to the port that asked last."""
        self.listening = self.asking
        self._met = self.asking.links

    def receive(self):
        """Return the next frame from any host, as bytes, or None."""
        for port in self._ports:
            message = port.receive()
            if message is not None:
                self.asking = port
                return message
        return None

    def tell(self, frame, values, items=()):
        """Send a frame to every host."""
        for port in self._ports:
            port.send(frame, values, items)

    def answer(self, frame, values, items=()):
        """Send a frame to the host that asked."""
        self.asking.send(frame, values, items)

    def stream(self, frame, values, items=()):
        """Send a frame to the host that listens."""
        if self.listening is not None:
            self.listening.send(frame, values, items)

    def stream_samples(self, writer, first, motor_blocks):
        """Close a samples frame and send it to the host that listens."""
        (self.listening or self.asking).send_samples(writer, first, motor_blocks)

    def counts(self):
        """Return frames dropped, frames that were bad, frames that were unknown."""
        return (
            sum([port.dropped for port in self._ports]),
            sum([port.bad for port in self._ports]),
            sum([port.unknown for port in self._ports]),
        )
