"""Draw wiring.svg from pins.csv (which pin goes where) and bom.csv (the values of the parts)."""

import csv
import sys
from pathlib import Path

from canvas import INK, MUTED, write_or_check
from schematic import POWER, Schematic
from xiao import BOARD_H, BOARD_W, BOARD_X, BOARD_Y, FIRST_ROW_Y, PITCH, RIGHT, Row, Xiao

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1400, 940

WIRE = {
    "BATTERY_HALF": "#7d3c98",
    "IMU_INT1": "#16806a",
    "BUTTON": "#6b7a2a",
    "SDA": "#1f6fb2",
    "SCL": "#c79a00",
    "VBUS_SENSE": "#a04000",
    "MOTOR_PWM": "#b03060",
}


def read(name: str) -> list[Row]:
    """Read one of the tables beside this script."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Wiring:
    """The wiring picture: the board in the middle, each circuit beside the pin it hangs on."""

    def __init__(self, pins: list[Row], parts: list[Row]) -> None:
        """Take the rows of pins.csv and of bom.csv."""
        self.page = Schematic(
            WIDTH,
            HEIGHT,
            "Wiring of the Trunkline device",
            "A Seeed XIAO ESP32S3 in the middle. "
            + " ".join(
                f"Pin {row['xiao_pin']}, {row['net']}, goes to {row['connects_to']}."
                for row in pins
                if row["connects_to"]
            ),
            {row["ref"]: row["value"] for row in parts},
        )
        self.board = Xiao(self.page, pins)

    def draw(self) -> str:
        """Draw everything and return the SVG."""
        self.heading()
        self.battery_divider()
        self.imu()
        self.button()
        self.usb_sense()
        self.motor()
        self.battery()
        self.board.draw()
        self.legend()
        return self.page.svg()

    def heading(self) -> None:
        """Write the title."""
        self.page.text(48, 64, "Trunkline wiring", font_size=32, font_weight="bold")
        self.page.text(48, 94, "board seen from above, USB at the top", fill=MUTED, font_size=17)

    def battery_divider(self) -> None:
        """Draw half of the battery voltage on its way to the analogue pin."""
        x, y = self.board.at("BATTERY_HALF")
        color, top = WIRE["BATTERY_HALF"], 160.0
        self.page.line((x, y), (478, y), (478, top), (206, top), color=color)
        self.page.line((206, top), (118, top), color=POWER["VBAT"])
        self.page.tag(118, top, "VBAT", "left")
        self.page.resistor(180, top, "R3")
        self.page.line((270, top), (270, y + 4), color=color)
        self.page.line((388, top), (388, y + 4), color=color)
        self.page.node(270, top, color)
        self.page.node(388, top, color)
        self.page.resistor(270, (top + y) / 2 + 2, "R4", is_upright=True)
        with self.page.group(data_ref="C1"):
            middle = (top + y) / 2 + 2
            self.page.rect(372, middle - 4, 32, 8, fill="#fbfaf7")
            self.page.line((370, middle - 5), (406, middle - 5), width=3.5)
            self.page.line((370, middle + 5), (406, middle + 5), width=3.5)
            self.page.label(414, middle - 3, "C1")
        self.page.ground(270, y + 4)
        self.page.ground(388, y + 4)

    def imu(self) -> None:
        """Draw the sensor board with its bus, its interrupt and its supply."""
        right, ys = 235.0, {net: self.board.at(net)[1] for net in ("IMU_INT1", "SDA", "SCL")}
        top, bottom = min(ys.values()) - 26, max(ys.values()) + 26
        for net, y in ys.items():
            self.page.line((self.board.at(net)[0], y), (right, y), color=WIRE[net])
        pads = {"INT1": ys["IMU_INT1"], "SDA": ys["SDA"], "SCL": ys["SCL"]}
        pads |= {"3V3": ys["IMU_INT1"] + PITCH, "GND": ys["IMU_INT1"] + 2 * PITCH}
        with self.page.group(data_ref="U2"):
            self.page.rect(60, top, right - 60, bottom - top, radius=14, fill="#8e2f3c")
            for name, y in pads.items():
                self.page.circle(right - 14, y, 8, fill="#e9c46a")
                self.page.circle(right - 14, y, 3.5, fill="#8e2f3c")
                self.page.text(right - 30, y + 6, name, "end", fill="#fff", font_weight="bold")
            self.page.rect(84, top + 112, 52, 52, radius=5, fill="#2b2b2b")
            self.page.circle(94, top + 122, 4, fill="#fff")
            self.page.text(78, top + 30, "U2", fill="#fff", font_weight="bold", font_size=18)
            self.page.text(78, top + 52, self.page.value_of["U2"], fill="#fff", font_size=15)
        self.page.line((right, pads["3V3"]), (252, pads["3V3"]), color=POWER["3V3"])
        self.page.tag(252, pads["3V3"], "3V3", "right")
        self.page.line((right, pads["GND"]), (275, pads["GND"]), (275, pads["GND"] + 16))
        self.page.ground(275, pads["GND"] + 16)
        with self.page.group(data_ref="W1"):
            self.page.path(
                f"M 330 {ys['SDA'] - 10} h 34 v {PITCH + 20:g} h -34 z",
                fill="none",
                stroke=MUTED,
                stroke_dasharray="5 5",
            )
            self.page.text(376, ys["SDA"] + PITCH / 2 - 3, "W1", font_weight="bold")
            self.page.text(
                376, ys["SDA"] + PITCH / 2 + 15, self.page.value_of["W1"], fill=MUTED, font_size=15
            )
        self.page.text(60, bottom + 28, "address 0x6A: cut the jumper's", fill=MUTED, font_size=15)
        self.page.text(
            60, bottom + 47, "power side, close its ground side", fill=MUTED, font_size=15
        )

    def button(self) -> None:
        """Draw the button from its pin to ground."""
        x, y = self.board.at("BUTTON")
        self.page.line((x, y), (470, y), color=WIRE["BUTTON"])
        with self.page.group(data_ref="SW1"):
            self.page.circle(466, y, 5, fill="#fff", stroke=INK, stroke_width=2.5)
            self.page.circle(412, y, 5, fill="#fff", stroke=INK, stroke_width=2.5)
            self.page.line((408, y - 14), (470, y - 14), width=3.5)
            self.page.line((439, y - 14), (439, y - 27), width=3.5)
            self.page.text(452, y - 26, "SW1", font_weight="bold")
            self.page.text(
                439, y + 26, self.page.value_of["SW1"], "middle", fill=MUTED, font_size=15
            )
        self.page.line((407, y), (365, y), (365, y + 12))
        self.page.ground(365, y + 12)

    def usb_sense(self) -> None:
        """Draw the divider that tells the chip that USB is plugged in."""
        x, y = self.board.at("VBUS_SENSE")
        color = WIRE["VBUS_SENSE"]
        self.page.line((x, y), (984, y), color=color)
        self.page.line((984, y), (1020, y), color=POWER["5V"])
        self.page.tag(1018, y, "5V", "right")
        self.page.resistor(984, y, "R5")
        self.page.line((934, y), (934, y + 92), color=color)
        self.page.node(934, y, color)
        self.page.resistor(934, y + 46, "R6", is_upright=True)
        self.page.ground(934, y + 92)
        five_x, five_y = self.board.at("5V")
        self.page.line((five_x, five_y), (five_x + 38, five_y), color=POWER["5V"])
        self.page.tag(five_x + 38, five_y, "5V", "right")
        three_x, three_y = self.board.at("3V3")
        self.page.line((three_x, three_y), (three_x + 38, three_y), color=POWER["3V3"])
        self.page.tag(three_x + 38, three_y, "3V3", "right")
        ground_y = FIRST_ROW_Y + PITCH * RIGHT.index("GND")
        self.page.line((x, ground_y), (x + 66, ground_y), (x + 66, ground_y + 10))
        self.page.ground(x + 66, ground_y + 10)

    def motor(self) -> None:
        """Draw the motor, its switch to ground and the diode across it."""
        x, y = self.board.at("MOTOR_PWM")
        color, line_x, top, drain = WIRE["MOTOR_PWM"], 1204.0, 176.0, 344.0
        gate_x = line_x - 38
        self.page.line((x, y), (gate_x, y), color=color)
        self.page.resistor(950, y, "R1")
        self.page.line((1096, y), (1096, y + 92), color=color)
        self.page.node(1096, y, color)
        self.page.resistor(1096, y + 46, "R2", is_upright=True)
        self.page.ground(1096, y + 92)
        self.page.line((line_x, 130), (line_x, top), color=POWER["VBAT"])
        self.page.line((line_x, top), (line_x, y - 16))
        self.page.line((line_x, y + 16), (line_x, y + 92))
        self.page.ground(line_x, y + 92)
        self.page.tag(line_x, 132, "VBAT", "up")
        with self.page.group(data_ref="Q1"):
            self.page.circle(line_x - 12, y, 38, fill="#fff", stroke=INK, stroke_width=2)
            self.page.line((line_x - 50, y), (line_x - 30, y), color=color)
            self.page.line((line_x - 30, y - 20), (line_x - 30, y + 20), width=3.5)
            for dy in (-16, 0, 16):
                self.page.line((line_x - 22, y + dy - 6), (line_x - 22, y + dy + 6), width=3.5)
                self.page.line((line_x - 22, y + dy), (line_x, y + dy))
            self.page.line((line_x, y), (line_x, y + 16))
            self.page.path(f"M {line_x - 19:g} {y:g} l 11 -6 v 12 z", fill=INK)
            self.page.line((line_x, y - 16), (line_x, y - 38))
            self.page.line((line_x, y + 16), (line_x, y + 40))
            self.page.label(line_x + 36, y - 2, "Q1")
        with self.page.group(data_ref="M1"):
            self.page.circle(line_x, 260, 42, fill="#fff", stroke=INK, stroke_width=2.5)
            self.page.text(line_x, 270, "M", "middle", font_size=28, font_weight="bold")
            self.page.label(line_x - 56, 256, "M1", "end")
        self.diode(1300, top, drain, line_x)

    def diode(self, x: float, top: float, drain: float, line_x: float) -> None:
        """Draw the diode that carries the motor's current when the switch opens."""
        self.page.line((line_x, top), (x, top), color=POWER["VBAT"])
        self.page.line((x, top), (x, 244), color=POWER["VBAT"])
        self.page.line((x, 244), (x, drain), (line_x, drain))
        self.page.node(line_x, top, POWER["VBAT"])
        self.page.node(line_x, drain, INK)
        with self.page.group(data_ref="CR1"):
            self.page.path(f"M {x - 17:g} 276 h 34 l -17 -30 z", fill=INK)
            self.page.line((x - 17, 252), (x - 17, 245), (x + 17, 245), (x + 17, 238), width=3.5)
            self.page.label(x + 27, 256, "CR1")

    def battery(self) -> None:
        """Draw the cell, its plug and the pads under the board."""
        bottom, plus, minus = BOARD_Y + BOARD_H, BOARD_X + 85, BOARD_X + 165
        self.page.line((plus, bottom), (plus, 816), color=POWER["VBAT"], width=4)
        self.page.line((minus, bottom), (minus, 816), width=4)
        self.page.line((plus, 744), (plus - 60, 744), color=POWER["VBAT"])
        self.page.node(plus, 744, POWER["VBAT"])
        self.page.tag(plus - 60, 744, "VBAT", "left")
        with self.page.group(data_ref="J1"):
            self.page.rect(plus - 24, 768, 128, 26, radius=5, fill="#fff", stroke=INK)
            self.page.rect(plus - 5, 768, 10, 26, fill=POWER["VBAT"])
            self.page.rect(minus - 5, 768, 10, 26, fill=INK)
            self.page.label(minus + 36, 778, "J1")
        with self.page.group(data_ref="BT1"):
            self.page.rect(BOARD_X, 816, BOARD_W, 96, radius=14, fill="#c9d3dc", stroke=INK)
            self.page.rect(BOARD_X, 816, BOARD_W, 26, radius=8, fill="#e3b23c", stroke=INK)
            self.page.text(plus, 836, "+", "middle", font_size=22, font_weight="bold")
            self.page.text(minus, 835, "−", "middle", font_size=22, font_weight="bold")
            middle = BOARD_X + BOARD_W / 2
            self.page.text(middle, 873, "BT1", "middle", font_weight="bold", font_size=18)
            self.page.text(middle, 895, self.page.value_of["BT1"] + ", protected", "middle")

    def legend(self) -> None:
        """Say how to read the tags, and what the picture cannot show."""
        x, y = 970.0, 758.0
        self.page.rect(x, y - 32, 382, 190, radius=14, fill="#fff", stroke="#d8d5cc")
        for i, net in enumerate(("VBAT", "5V", "3V3")):
            self.page.tag(x + 22 + 74 * i, y, net, "right")
        self.page.ground(x + 272, y - 6)
        lines = (
            "Tags of one name are joined; so are all grounds.",
            "The motor runs from the cell, never from 3V3:",
            "its pulses must not disturb the radio.",
            "CR1: the bar faces VBAT. Nothing here has been",
            "tried on a physical board yet.",
        )
        for i, line in enumerate(lines):
            self.page.text(x + 22, y + 42 + 23 * i, line, font_size=15)


def drawing() -> str:
    """Return the wiring picture as SVG."""
    return Wiring(read("pins.csv"), read("bom.csv")).draw()


if __name__ == "__main__":
    sys.exit(write_or_check(HERE / "wiring.svg", drawing, __doc__ or ""))
