"""NOR flash for littlefs on the VM: counts erases and programs, keeps a journal, can be torn."""

BLOCK_BYTES = 4096
ERASED = b"\xff" * BLOCK_BYTES
_COUNT, _SIZE, _ERASE = 4, 5, 6


class NorFlash:
    """A block device; a list as `journal` takes (block, offset, data), data None for an erase."""

    def __init__(self, blocks):
        self.image = bytearray(ERASED * blocks)
        self.blocks = blocks
        self.journal = None
        self.reset()

    def reset(self):
        """Count anew."""
        self.erases = [0] * self.blocks
        self.programmed = 0

    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK_BYTES + offset
        buffer[:] = memoryview(self.image)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        if self.journal is not None:
            self.journal.append((block, offset, bytes(buffer)))
        self.programmed += len(buffer)
        self.program(block, offset, buffer)

    def program(self, block, offset, data):
        at = block * BLOCK_BYTES + offset
        if self.image[at : at + len(data)] != ERASED[: len(data)]:
            raise ValueError(f"programmed without an erase: block {block}")
        self.image[at : at + len(data)] = data

    def erase(self, block):
        at = block * BLOCK_BYTES
        self.image[at : at + BLOCK_BYTES] = ERASED

    def ioctl(self, operation, argument):
        if operation == _COUNT:
            return self.blocks
        if operation == _SIZE:
            return BLOCK_BYTES
        if operation == _ERASE:
            if self.journal is not None:
                self.journal.append((argument, 0, None))
            self.erases[argument] += 1
            self.erase(argument)
        return 0

    # ---- a power cut in the middle of a journal's entry

    def replay(self, entry):
        block, offset, data = entry
        if data is None:
            self.erase(block)
        else:
            self.program(block, offset, data)

    def tear(self, entry, at):
        """Do the first `at` bytes of an entry; the byte after them comes out half done."""
        block, offset, data = entry
        place = block * BLOCK_BYTES + offset
        if data is None:
            self.image[place : place + at] = ERASED[:at]
            self.image[place + at] |= 0x5A  # some bits are erased, some not yet
        else:
            self.image[place : place + at] = data[:at]
            self.image[place + at] &= data[at] | 0x5A


def length_of(entry):
    """Return in how many places a power cut can come."""
    return BLOCK_BYTES if entry[2] is None else len(entry[2])
