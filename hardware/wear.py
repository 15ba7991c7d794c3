"""Draw docs/img/sensor-on-back.svg: where the device sits, its axes, the sign of each angle."""

import itertools
import math
import sys
from pathlib import Path

from canvas import MUTED, Canvas, Point, write_or_check

TARGET = Path(__file__).resolve().parent.parent / "docs" / "img" / "sensor-on-back.svg"
WIDTH, HEIGHT = 1400, 830

SKIN, EDGE, CASE, SPINE = "#e7ddd0", "#a9937a", "#20303d", "#b9a58e"
X_COLOR, Y_COLOR, Z_COLOR, ANGLE = "#c0392b", "#1e8449", "#1f6fb2", "#8e44ad"

# Figures are drawn around the point between the hips, 560 pixels tall from there to the crown.
BACK = (
    "M 0 -560 c 34 0 56 26 56 64 c 0 34 -10 56 -24 70 l 2 30"
    " c 6 20 58 22 86 38 c 26 14 34 40 38 84 l 14 150 c 4 40 6 74 2 104 l -36 2"
    " l -22 -136 l -18 -96 c -2 60 -12 112 -14 160 c 8 44 14 86 14 130"
    " l -196 0 c 0 -44 6 -86 14 -130 c -2 -48 -12 -100 -14 -160 l -18 96 l -22 136 l -36 -2"
    " c -4 -30 -2 -64 2 -104 l 14 -150 c 4 -44 12 -70 38 -84 c 28 -16 80 -18 86 -38 l 2 -30"
    " c -14 -14 -24 -36 -24 -70 c 0 -38 22 -64 56 -64 z"
)
SIDE = (
    "M 26 -560 c 44 0 66 30 66 62 c 0 10 12 24 14 34 c 0 6 -10 6 -12 10 c 2 12 0 32 -14 36"
    " c -10 4 -22 0 -28 4 c -6 10 -4 22 4 32 c 22 22 36 56 36 96 c 0 40 -6 70 -8 104"
    " c -2 40 4 74 2 112 c -2 28 -6 62 -8 110 l -130 0 c -10 -32 -20 -58 -18 -88"
    " c 2 -34 20 -58 22 -92 c 2 -40 -28 -76 -34 -126 c -4 -40 10 -78 36 -104"
    " c 14 -14 24 -22 26 -34 c -24 -18 -36 -46 -34 -78 c 2 -44 32 -78 80 -78 z"
)
PLACES = {"C7": -388.0, "T4": -322.0, "T12": -196.0, "L5": -68.0}


# The skin of the back in the side view: points of the SIDE path, (height, distance).
SURFACE = (
    *((-401, -21), (-388, -28), (-358, -57), (-323, -75), (-301, -81), (-278, -83)),
    *((-238, -76), (-193, -60), (-158, -49), (-130, -49), (-98, -58), (-67, -67)),
)


def back_x(y: float) -> float:
    """Return where the skin of the back is in the side view at a height of the spine."""
    for (y0, x0), (y1, x1) in itertools.pairwise(SURFACE):
        if y0 <= y <= y1:
            return x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    raise ValueError(f"height {y} is off the back: expected {SURFACE[0][0]} to {SURFACE[-1][0]}")


class Wear:
    """The picture: two views of a standing person, and one of each angle."""

    def __init__(self) -> None:
        """Start the page."""
        self.page = Canvas(
            WIDTH,
            HEIGHT,
            "The sensor on the back, its axes and the signs of the angles",
            "Seen from behind, the device sits between the shoulder blades at T3 to T4, the arrow"
            " on its case pointing up. Axis x points up along the spine, y to the wearer's right,"
            " z forward into the body. Bending forward gives positive flexion, leaning to the"
            " right positive lateral lean. The other placements are C7, T12 and L5.",
        )

    def draw(self) -> str:
        """Draw everything and return the SVG."""
        self.page.text(48, 62, "The sensor on the back", font_size=32, font_weight="bold")
        self.back_view(290, 720)
        self.side_view(740, 720)
        self.flexion(1090, 376)
        self.lean(1140, 774)
        captions = (
            (290, 112, "from behind; z points away from you"),
            (750, 112, "from the wearer's right; y points at you"),
            (
                500,
                802,
                "The arrow on the case points up the spine. Neutral is the wearer's own"
                " upright posture, not the vertical.",
            ),
        )
        for x, y, words in captions:
            self.page.text(x, y, words, "middle", fill=MUTED, font_size=18)
        self.page.line((985, 48), (985, 782), color="#dcd6ca", width=2)
        self.page.line((1015, 418), (1364, 418), color="#dcd6ca", width=2)
        return self.page.svg()

    def figure(self, d: str) -> None:
        """Draw one silhouette at the origin."""
        self.page.path(d, fill=SKIN, stroke=EDGE, stroke_width=2.5, stroke_linejoin="round")

    def place(self, x: float, y: float, name: str, end: float) -> None:
        """Mark one vertebra and write its name beside the body."""
        self.page.line((x, y), (end, y), color=SPINE, width=1.5, stroke_dasharray="4 5")
        self.page.circle(x, y, 5.5, fill=EDGE)
        anchor, shift = ("end", -8) if end < x else ("start", 8)
        look = {"font_weight": "bold", "font_size": 18} if name == "T4" else {"font_size": 17}
        words = {"T4": "T3–T4"}.get(name, name)
        self.page.text(end + shift, y + 6, words, anchor, **look)

    def axis(self, start: Point, end: Point, color: str, name: str, at: Point) -> None:
        """Draw one axis arrow and its name."""
        self.page.arrow(start, end, color=color, width=4)
        self.page.text(*at, name, "middle", fill=color, font_size=22, font_weight="bold")

    def seen_end_on(self, x: float, y: float, color: str, is_towards: bool) -> None:
        """Draw an axis that points at the reader (a dot) or away (a cross)."""
        self.page.circle(x, y, 11, fill="#fff", stroke=color, stroke_width=3)
        if is_towards:
            self.page.circle(x, y, 4, fill=color)
            return
        self.page.line((x - 7, y - 7), (x + 7, y + 7), color=color, width=3)
        self.page.line((x - 7, y + 7), (x + 7, y - 7), color=color, width=3)

    def back_view(self, x: float, y: float) -> None:
        """Draw the person from behind: y is to the right of the picture, z goes into it."""
        top = PLACES["T4"]
        with self.page.group(transform=f"translate({x:g} {y:g})"):
            self.figure(BACK)
            self.page.path(
                "M 0 -404 V -40", fill="none", stroke=SPINE, stroke_width=5, stroke_dasharray="9 7"
            )
            for side in (-1, 1):
                self.page.path(
                    f"M {22 * side} -338 q {34 * side} -10 {54 * side} 6"
                    f" q {-2 * side} 46 {-30 * side} 82 q {-26 * side} -40 {-24 * side} -88 z",
                    fill="none",
                    stroke=SPINE,
                    stroke_width=2,
                )
            for name, height in PLACES.items():
                self.place(0, height, name, -206)
            self.page.rect(-21, top - 30, 42, 60, radius=10, fill=CASE)
            self.page.path(f"M 0 {top + 26:g} v -6", stroke="#fff", stroke_width=4)
            self.page.path(f"M -7 {top + 22:g} l 7 -10 l 7 10 z", fill="#fff")
            self.axis((0, top), (0, top - 122), X_COLOR, "x up", (76, top - 104))
            self.axis((0, top), (128, top), Y_COLOR, "y right", (109, top + 28))
            self.seen_end_on(0, top, Z_COLOR, is_towards=False)
            self.page.text(
                -32, top + 28, "z", "end", fill=Z_COLOR, font_size=22, font_weight="bold"
            )

    def side_view(self, x: float, y: float) -> None:
        """Draw the person facing right: z is to the right of the picture, y comes out of it."""
        top = PLACES["T4"]
        with self.page.group(transform=f"translate({x:g} {y:g})"):
            self.figure(SIDE)
            for name, height in PLACES.items():
                self.place(back_x(height), height, name, -150)
            self.sensor(with_axes=True)
            look = {"font_size": 22, "font_weight": "bold"}
            self.page.text(back_x(top) + 4, top - 116, "x", "end", fill=X_COLOR, **look)
            self.page.text(back_x(top) - 26, top + 24, "y", "end", fill=Y_COLOR, **look)
            self.page.text(back_x(top) + 126, top + 62, "z forward", "end", fill=Z_COLOR, **look)

    def sensor(self, with_axes: bool) -> None:
        """Draw the case on the back of the side figure, tangent to the skin at T3–T4."""
        y = PLACES["T4"]
        tilt = 16.0
        with self.page.group(transform=f"translate({back_x(y) - 8:g} {y:g}) rotate({tilt:g})"):
            self.page.rect(-9, -30, 18, 60, radius=6, fill=CASE)
            if with_axes:
                self.page.arrow((0, 0), (0, -122), color=X_COLOR, width=4)
                self.page.arrow((0, 0), (128, 0), color=Z_COLOR, width=4)
                self.seen_end_on(0, 0, Y_COLOR, is_towards=True)
            else:
                self.page.arrow((0, 0), (0, -84), color=X_COLOR, width=5)

    def arc(self, radius: float, degrees: float) -> None:
        """Draw an angle from the vertical, clockwise, with an arrow head at its end."""
        angle = math.radians(degrees)
        end = radius * math.sin(angle), -radius * math.cos(angle)
        self.page.path(
            f"M 0 {-radius:g} A {radius:g} {radius:g} 0 0 1 {end[0]:.1f} {end[1]:.1f}",
            fill="none",
            stroke=ANGLE,
            stroke_width=6,
        )
        back = end[0] - math.cos(angle), end[1] - math.sin(angle)
        ahead = end[0] + 24 * math.cos(angle), end[1] + 24 * math.sin(angle)
        self.page.arrow(back, ahead, color=ANGLE, width=6)

    def upright(self, height: float) -> None:
        """Draw the vertical that both angles are measured from."""
        self.page.line((0, 0), (0, -height), color=MUTED, width=2, stroke_dasharray="7 7")

    def flexion(self, x: float, y: float) -> None:
        """Draw bending forward, which is positive."""
        with self.page.group(transform=f"translate({x:g} {y:g}) scale(0.46)"):
            self.upright(640)
            with self.page.group(transform="rotate(34)"):
                self.figure(SIDE)
                self.sensor(with_axes=False)
            self.arc(608, 33)
        self.page.text(1364, 84, "flexion +", "end", fill=ANGLE, font_size=22, font_weight="bold")
        self.page.text(1364, 108, "bending forward", "end", fill=MUTED, font_size=16)

    def lean(self, x: float, y: float) -> None:
        """Draw leaning to the right, which is positive."""
        with self.page.group(transform=f"translate({x:g} {y:g}) scale(0.46)"):
            self.upright(640)
            with self.page.group(transform="rotate(16)"):
                self.figure(BACK)
                self.page.rect(-21, PLACES["T4"] - 30, 42, 60, radius=10, fill=CASE)
                self.page.arrow((0, PLACES["T4"]), (0, PLACES["T4"] - 84), color=X_COLOR, width=5)
            self.arc(608, 14)
        self.page.text(1364, 462, "lateral +", "end", fill=ANGLE, font_size=22, font_weight="bold")
        self.page.text(1364, 486, "leaning right", "end", fill=MUTED, font_size=16)


def drawing() -> str:
    """Return the picture as SVG."""
    return Wear().draw()


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, drawing, __doc__ or ""))
