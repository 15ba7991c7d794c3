"""Circuit symbols on a page: supply tags, grounds, nodes, resistors and the names beside parts."""

from canvas import INK, MUTED, Canvas

POWER = {"VBAT": "#c0392b", "5V": "#d35400", "3V3": "#b8860b", "GND": INK}


class Schematic(Canvas):
    """A page that knows circuit symbols and the value of every part."""

    def __init__(
        self, width: int, height: int, title: str, description: str, value_of: dict[str, str]
    ) -> None:
        """Start a page; `value_of` gives the words written beside each part, by its reference."""
        super().__init__(width, height, title, description)
        self.value_of = value_of

    def tag(self, x: float, y: float, net: str, side: str) -> None:
        """Draw a supply tag whose wire end is at (x, y); all tags of one name are joined."""
        w, h = 58.0, 26.0
        left = {"left": x - w, "right": x, "up": x - w / 2}[side]
        top = y - h if side == "up" else y - h / 2
        self.rect(left, top, w, h, radius=13, fill=POWER[net])
        self.text(
            left + w / 2, top + 18, net, "middle", fill="#fff", font_size=15, font_weight="bold"
        )

    def ground(self, x: float, y: float) -> None:
        """Draw a ground sign whose wire end is at (x, y)."""
        for i, half in enumerate((15, 9, 3)):
            self.line((x - half, y + 6 * i), (x + half, y + 6 * i), color=POWER["GND"])

    def node(self, x: float, y: float, color: str) -> None:
        """Draw the dot that says wires meet here."""
        self.circle(x, y, 5, fill=color)

    def label(self, x: float, y: float, ref: str, anchor: str = "start") -> None:
        """Write a part's name and, below it, its value."""
        self.text(x, y, ref, anchor, font_weight="bold", font_size=16)
        self.text(x, y + 18, self.value_of[ref], anchor, fill=MUTED, font_size=15)

    def resistor(self, x: float, y: float, ref: str, is_upright: bool = False) -> None:
        """Draw a resistor centred on (x, y): 52 pixels long, lying unless upright."""
        w, h = (20.0, 52.0) if is_upright else (52.0, 20.0)
        with self.group(data_ref=ref):
            self.rect(
                x - w / 2, y - h / 2, w, h, radius=4, fill="#fff", stroke=INK, stroke_width=2.5
            )
            if is_upright:
                self.label(x + 17, y - 3, ref)
            else:
                self.text(x, y - 36, ref, "middle", font_weight="bold")
                self.text(x, y - 18, self.value_of[ref], "middle", fill=MUTED, font_size=15)
