"""The flash that cuts.py tears does what NOR flash does: prints OK."""

from norflash import BLOCK_BYTES, NorFlash


def main():
    device = NorFlash(2)
    device.journal = []
    device.writeblocks(1, b"\x12\x34", 64)
    try:
        device.writeblocks(1, b"\x00", 65)
        print("programmed twice")
    except ValueError:
        pass
    buffer = bytearray(2)
    device.readblocks(1, buffer, 64)
    program = device.journal[0]
    device.ioctl(6, 1)
    erase = device.journal[-1]
    torn = NorFlash(2)
    torn.tear(program, 1)
    torn_program = bytes(torn.image[BLOCK_BYTES + 64 : BLOCK_BYTES + 66])
    torn.image[BLOCK_BYTES:] = bytes(BLOCK_BYTES)
    torn.tear(erase, 7)
    torn_erase = bytes(torn.image[BLOCK_BYTES + 6 : BLOCK_BYTES + 9])
    print(buffer, torn_program, torn_erase, device.erases, device.programmed)
    if (
        buffer == b"\x12\x34"
        and torn_program == b"\x12\x7e"
        and torn_erase == b"\xff\x5a\x00"
        and device.erases == [0, 1]
        and device.programmed == 3
    ):
        print("OK")


main()
