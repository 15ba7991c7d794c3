"""The ways to a host as one: the radio, and where there is one the cable.

What is told goes to every open port; an answer goes to the port that asked. Who asks for more than
an answer, a stream or the log, is kept as a peer.
"""


class Hosts:
    """Ports have is_open, links, send, receive, tend and counts; see port.py."""

    def __init__(self, ports):
        self.ports = ports
        self.asking = ports[0]  # where the last command came from

    @property
    def is_open(self):
        """Tell whether any host is there."""
        return any(port.is_open for port in self.ports)

    def tend(self):
        """Let every port do what is due."""
        for port in self.ports:
            port.tend()

    def receive(self):
        """Return the next frame from any host, as bytes, or None."""
        for port in self.ports:
            message = port.receive()
            if message is not None:
                self.asking = port
                return message
        return None

    def tell(self, frame, values, items=()):
        """Send a frame to every host."""
        for port in self.ports:
            port.send(frame, values, items)

    def answer(self, frame, values, items=()):
        """Send a frame to the host that asked."""
        self.asking.send(frame, values, items)

    def counts(self):
        """Return frames dropped, frames that were bad, frames that were unknown."""
        return (
            sum([port.dropped for port in self.ports]),
            sum([port.bad for port in self.ports]),
            sum([port.unknown for port in self.ports]),
        )


class Peer:
    """The host that asks now, for as long as its link lasts."""

    def __init__(self, hosts):
        self.port = hosts.asking
        self._links = self.port.links

    @property
    def is_there(self):
        """Tell whether it is still the same host on the same link."""
        return self.port.is_open and self.port.links == self._links
