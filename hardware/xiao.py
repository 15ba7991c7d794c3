"""The XIAO ESP32S3 on the page: where each pad is, and the board drawn from pins.csv."""

from canvas import INK, MUTED
from schematic import Schematic

# The pads of the XIAO seen from above, USB socket at the top, from top to bottom.
LEFT = ("D0", "D1", "D2", "D3", "D4", "D5", "D6")
RIGHT = ("5V", "GND", "3V3", "D10", "D9", "D8", "D7")
BOARD_X, BOARD_Y, BOARD_W, BOARD_H = 575.0, 160.0, 250.0, 558.0
FIRST_ROW_Y, PITCH = 240.0, 64.0

Row = dict[str, str]


class Xiao:
    """The board; asks pins.csv's rows which net is on which pad."""

    def __init__(self, page: Schematic, pins: list[Row]) -> None:
        """Take the page to draw on and the rows of pins.csv."""
        self.page = page
        self.pins = pins
        self.pin_of = {row["net"]: row["xiao_pin"] for row in pins if row["net"]}

    def at(self, net: str) -> tuple[float, float]:
        """Return where the pad of a net is on the page."""
        pin = self.pin_of[net]
        if pin in LEFT:
            return BOARD_X, FIRST_ROW_Y + PITCH * LEFT.index(pin)
        if pin in RIGHT:
            return BOARD_X + BOARD_W, FIRST_ROW_Y + PITCH * RIGHT.index(pin)
        raise ValueError(f"pins.csv puts {net} on {pin!r}: expected one of {LEFT + RIGHT}")

    def draw(self) -> None:
        """Draw the XIAO with every pad, what the chip calls it, and the pads left free."""
        x, y, w, h = BOARD_X, BOARD_Y, BOARD_W, BOARD_H
        middle = x + w / 2
        with self.page.group(data_ref="U1"):
            self.page.rect(x, y, w, h, radius=26, fill="#1d2a35")
            self.page.rect(middle - 52, y - 26, 104, 76, radius=14, fill="#c9d3dc", stroke=INK)
            self.page.text(middle, y + 18, "USB-C", "middle", font_weight="bold")
            self.page.rect(x + 78, y + 150, 94, 150, radius=6, fill="#c9d3dc")
            self.page.text(middle, y + 216, "U1", "middle", font_weight="bold", font_size=22)
            self.page.text(middle, y + 240, "XIAO", "middle", font_size=15)
            self.page.text(middle, y + 258, "ESP32S3", "middle", font_size=15)
            led = next(row for row in self.pins if row["net"] == "LED")
            self.page.circle(middle, y + 84, 8, fill="#f4b942")
            self.page.text(
                middle, y + 114, f"LED GPIO{led['gpio']}", "middle", fill="#dfe7ee", font_size=14
            )
            for name, dx in (("BAT+", 85), ("BAT−", 165)):
                self.page.circle(x + dx, y + h, 9, fill="#e9c46a")
                self.page.text(x + dx, y + h - 18, name, "middle", fill="#fff", font_weight="bold")
            self.page.text(
                middle, y + h - 42, "pads on the underside", "middle", fill="#dfe7ee", font_size=14
            )
            for row in self.pins:
                self.pad(row)

    def pad(self, row: Row) -> None:
        """Draw one pad with its two names; strike out what stays free."""
        pin = row["xiao_pin"]
        if pin not in LEFT + RIGHT:
            return
        is_left = pin in LEFT
        y = FIRST_ROW_Y + PITCH * (LEFT if is_left else RIGHT).index(pin)
        x, inward = (BOARD_X, 1) if is_left else (BOARD_X + BOARD_W, -1)
        anchor = "start" if is_left else "end"
        self.page.circle(x, y, 10, fill="#e9c46a")
        self.page.circle(x, y, 4.5, fill="#1d2a35")
        name_y = y - 1 if row["gpio"] else y + 6
        look = {"fill": "#fff", "font_weight": "bold", "font_size": 17}
        self.page.text(x + 18 * inward, name_y, pin, anchor, **look)
        if row["gpio"]:
            chip = f"GPIO{row['gpio']}"
            self.page.text(x + 18 * inward, y + 16, chip, anchor, fill="#b9c6d2", font_size=13)
        if row["direction"] == "free":
            end, outside = x - 30 * inward, "end" if is_left else "start"
            self.page.line((x - 10 * inward, y), (end, y), color=MUTED)
            self.page.line((end - 6, y - 6), (end + 6, y + 6), color=MUTED)
            self.page.line((end - 6, y + 6), (end + 6, y - 6), color=MUTED)
            words = row["note"].split(":")[0].split(" of ")[0]
            words = words if words == "spare" else f"free: {words}"
            self.page.text(end - 14 * inward, y + 5, words, outside, fill=MUTED, font_size=15)
