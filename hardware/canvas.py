"""A page to draw on that writes plain SVG: what the drawings of this folder share."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

INK = "#22303c"
MUTED = "#5b6b7a"
PAPER = "#fbfaf7"
FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

Point = tuple[float, float]


def attributes(**values: Any) -> str:
    """Write SVG attributes: `stroke_width=2` becomes ` stroke-width="2"`; None is left out."""
    parts = []
    for name, value in values.items():
        if value is not None:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            parts.append(f" {name.rstrip('_').replace('_', '-')}={quoteattr(text)}")
    return "".join(parts)


class Canvas:
    """An SVG document in the making; lengths in pixels, y downwards."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        """Start a page with the title and description that a screen reader will read out."""
        self._lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' role="img" aria-labelledby="title description" font-family="{FONT}"'
            f' font-size="16" fill="{INK}">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
        ]
        self.rect(0, 0, width, height, radius=18, fill=PAPER)

    def add(self, element: str, content: str | None = None, **values: Any) -> None:
        """Put one element on the page."""
        start = f"<{element}{attributes(**values)}"
        self._lines.append(f"{start}/>" if content is None else f"{start}>{content}</{element}>")

    @contextmanager
    def group(self, **values: Any) -> Iterator[None]:
        """Put everything drawn inside the `with` block into one group."""
        self._lines.append(f"<g{attributes(**values)}>")
        yield
        self._lines.append("</g>")

    def rect(self, x: float, y: float, w: float, h: float, radius: float = 0, **v: Any) -> None:
        """Draw a rectangle from its upper left corner."""
        self.add("rect", x=x, y=y, width=w, height=h, rx=radius or None, **v)

    def circle(self, x: float, y: float, r: float, **values: Any) -> None:
        """Draw a circle."""
        self.add("circle", cx=x, cy=y, r=r, **values)

    def line(self, *points: Point, color: str = INK, width: float = 2.5, **values: Any) -> None:
        """Draw a line through the points."""
        text = " ".join(f"{x:g},{y:g}" for x, y in points)
        look = {"stroke_linejoin": "round", "stroke_linecap": "round", **values}
        self.add("polyline", points=text, fill="none", stroke=color, stroke_width=width, **look)

    def path(self, d: str, **values: Any) -> None:
        """Draw a path given in SVG's own words."""
        self.add("path", d=d, **values)

    def text(self, x: float, y: float, text: str, anchor: str = "start", **values: Any) -> None:
        """Write one line of text; `y` is its baseline."""
        self.add("text", escape(text), x=x, y=y, text_anchor=anchor, **values)

    def arrow(self, start: Point, end: Point, color: str = INK, width: float = 3.0) -> None:
        """Draw a straight arrow with a filled head."""
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        head = 4.2 * width
        bx, by, half = x1 - head * ux, y1 - head * uy, head * 0.45
        self.line(start, (bx, by), color=color, width=width)
        corners = (x1, y1), (bx - half * uy, by + half * ux), (bx + half * uy, by - half * ux)
        self.add("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners), fill=color)

    def svg(self) -> str:
        """Return the finished document."""
        return "\n".join([*self._lines, "</svg>", ""])


def write_or_check(path: Path, draw: Callable[[], str], purpose: str) -> int:
    """Write the drawing, or with `--check` only say if it is current; return the exit code."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is old")
    is_check = parser.parse_args().check
    current = path.read_text(encoding="utf-8") if path.exists() else ""
    fresh = draw()
    if is_check and current != fresh:
        print(f"{path.name} is not what its script draws now: run the script without --check.")
        return 1
    if not is_check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fresh, encoding="utf-8")
    return 0
