"""A small firmware for the virtual radio's tests: IMU batches as notifications, a control point.

Commands written to CONTROL: S start the stream, F send 40 notifications at once, N notify back,
I indicate back, U update and notify, P ask to pair, D disconnect, E try what must be refused,
M pulse the motor, B print the button, X fail. SECRET needs an encrypted, authenticated link.
"""

import os
import struct

import bluetooth
from board import Board

SERVICE = bluetooth.UUID("7a1f0001-5b2c-4d3e-8f60-112233445566")
STREAM = (bluetooth.UUID("7a1f0002-5b2c-4d3e-8f60-112233445566"), 0x0012)
CONTROL = (bluetooth.UUID("7a1f0003-5b2c-4d3e-8f60-112233445566"), 0x000E)
SECRET = (bluetooth.UUID("7a1f0004-5b2c-4d3e-8f60-112233445566"), 0x360A)
INDICATED = (bluetooth.UUID("7a1f0005-5b2c-4d3e-8f60-112233445566"), 0x0020)
PASSKEY = int(os.getenv("PASSKEY") or 123456)
WATERMARK = 30  # ten slots of three words


class Firmware:
    def __init__(self, board):
        self.board = board
        self.connection = None
        self.is_streaming = False
        self.sequence = 0
        self.commands = []
        self.waiting = []
        self.secrets = {}
        self.frame = bytearray(8 + WATERMARK * 7 + 18)
        self.status = bytearray(2)
        self.start_imu()
        self.start_radio()

    def start_imu(self):
        def put(register, value):
            self.board.i2c.writeto_mem(self.board.imu_address, register, bytes([value]))

        put(0x12, 0x44)
        put(0x17, 0x02)  # 8 g
        put(0x15, 0x03)  # 1000 dps
        put(0x07, WATERMARK)
        put(0x09, 0x55)
        put(0x01, 0x80)
        put(0x44, 0x10)
        put(0x5E, 0x10)
        put(0x04, 0x02)
        put(0x01, 0x00)
        put(0x0D, 0x08)
        put(0x10, 0x05)
        put(0x11, 0x05)
        put(0x0A, 0x06)

    def start_radio(self):
        ble = self.ble = bluetooth.BLE()
        self.load_bonds()
        ble.irq(self.on_irq)
        ble.active(True)
        ble.config(mtu=247, gap_name="radio-test", bond=True, le_secure=True, mitm=True, io=0)
        services = ((SERVICE, (STREAM, CONTROL, SECRET, INDICATED)),)
        ((self.stream, self.control, self.secret, self.indicated),) = ble.gatts_register_services(
            services
        )
        ble.gatts_set_buffer(self.control, 512)
        ble.gatts_write(self.secret, b"posture")
        self.advertise()

    def advertise(self):
        name = b"radio-test"
        head = b"\x02\x01\x06\x11\x07" + bytes(SERVICE) + b"\x05\xff\xff\xff\x01\x62"
        self.ble.gap_advertise(100_000, head, resp_data=bytes([len(name) + 1, 9]) + name)

    def load_bonds(self):
        try:
            with open(self.board.root + "/bonds") as file:
                self.secrets = eval(file.read())
        except OSError:
            pass

    def on_irq(self, irq, data):
        if irq == 1:
            self.connection = data[0]
        elif irq == 2:
            self.connection = None
            self.is_streaming = False
            self.advertise()
        elif irq == 3 and data[1] == self.control:
            self.commands.append(self.ble.gatts_read(self.control))
        elif irq == 28:
            print("security", *data[1:])
        elif irq == 29:
            return self.secrets.get((data[0], bytes(data[2])))
        elif irq == 30:
            self.secrets[data[0], bytes(data[1])] = data[2] and bytes(data[2])
            with open(self.board.root + "/bonds", "w") as file:
                file.write(repr(self.secrets))
            return True
        elif irq == 31:
            self.ble.gap_passkey(data[0], data[1], PASSKEY)
        elif irq in (20, 21):
            print("irq", irq, *data[1:])

    def obey(self, command):
        kind = command[:1]
        if kind == b"S":
            self.is_streaming = True
        elif kind == b"F":
            for i in range(40):
                self.waiting.append(struct.pack("<II", i, 0))
        elif kind == b"N":
            self.ble.gatts_notify(self.connection, self.stream, command)
        elif kind == b"I":
            self.ble.gatts_indicate(self.connection, self.indicated, command)
        elif kind == b"U":
            self.ble.gatts_write(self.stream, command, True)
        elif kind == b"P":
            self.ble.gap_pair(self.connection)
        elif kind == b"D":
            print("gap_disconnect", self.ble.gap_disconnect(self.connection))
        elif kind == b"E":
            self.refusals()
        elif kind == b"X":
            raise RuntimeError("told to fail")
        elif kind == b"M":
            timer = self.board.timer
            self.board.motor.duty_u16(40000)
            timer.init(mode=timer.ONE_SHOT, period=250, callback=self.stop_motor)
        elif kind == b"B":
            print("button", self.board.button.value(), self.board.ticks_ms())

    def refusals(self):
        ble = self.ble
        for name, call in (
            ("unknown connection", lambda: ble.gatts_notify(999, self.stream, b"x")),
            ("unknown handle", lambda: ble.gatts_read(999)),
            ("long advertising", lambda: ble.gap_advertise(100_000, bytes(32))),
            ("pair nobody", lambda: ble.gap_pair(999)),
        ):
            try:
                call()
            except OSError as error:
                print(name, error.errno)

    def stop_motor(self, _):
        self.board.motor.duty_u16(0)

    def flush(self):
        try:
            while self.waiting and self.connection is not None:
                self.ble.gatts_notify(self.connection, self.stream, self.waiting[0])
                self.waiting.pop(0)
        except OSError as error:
            if error.errno != 12:
                raise

    def read_imu(self):
        i2c, address = self.board.i2c, self.board.imu_address
        i2c.readfrom_mem_into(address, 0x1B, self.status)
        words = self.status[0] | (self.status[1] & 1) << 8
        while words >= WATERMARK:
            view = memoryview(self.frame)
            i2c.readfrom_mem_into(address, 0x78, view[8 : 8 + WATERMARK * 7])
            words -= WATERMARK
            if self.is_streaming:
                struct.pack_into("<II", self.frame, 0, self.sequence, self.board.ticks_ms())
                self.sequence += 1
                self.waiting.append(bytes(self.frame))

    def run(self):
        while True:
            self.board.wait(100)
            while self.commands:
                self.obey(self.commands.pop(0))
            try:
                self.read_imu()
            except OSError as error:
                print("imu", error.errno)
            self.flush()


if os.getenv("FAIL_EARLY"):
    raise RuntimeError("failed before the radio was up")
Firmware(Board()).run()
