"""What a host may ask: a frame in, what it asks for done, an ack out."""

from posturecore import frames, wire


class Commands:
    """Give it handlers: a frame's id to a function of its values and items that returns an ack."""

    def __init__(self, hosts):
        self._hosts = hosts
        self._handlers = {}

    def add(self, handlers):
        """Serve these frames, too."""
        self._handlers.update(handlers)

    def tend(self):
        """Answer what has come."""
        message = self._hosts.receive()
        while message is not None:
            self._command(message)
            message = self._hosts.receive()

    def _command(self, message):
        if wire.examine(message, 0, len(message)) != (wire.OK, len(message)):
            self._hosts.asking.bad += 1
            return
        answer = self._answer(message)
        if answer is not None:
            sequence = message[4] | message[5] << 8
            self._hosts.answer(frames.ACK, (message[1], sequence, answer))

    def _answer(self, message):
        handler = self._handlers.get(message[1])
        if handler is None:
            self._hosts.asking.unknown += 1
            return frames.ACK_UNKNOWN
        try:
            _, _, values, items = wire.unpack_frame(message, 0)
        except ValueError:
            self._hosts.asking.bad += 1
            return frames.ACK_BAD_VALUE
        try:
            return handler(values, items)
        except OSError:  # flash is full or worn: nothing has changed
            return frames.ACK_FAILED
