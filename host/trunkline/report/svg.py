"""A matplotlib figure as an SVG element that belongs inside a page.

matplotlib writes a document of its own: fixed size, its own fonts, and names that meet those of
the next figure on the same page. Here it becomes an element that scales, speaks the page's font,
keeps its text as text, and has a title and a description for those who do not see it.
"""

import io
import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = re.compile(r"font-family: [^;]*;? ?")
_SHORTHAND = re.compile(r"font: (?:(bold|\d+) )?([\d.]+)px [^;]*")
_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


def element(figure: Figure, key: str, title: str, description: str) -> str:
    """Draw a figure as an inline SVG element; the same figure gives the same text.

    Args:
        figure: What to draw; its size in inches sets the proportions only.
        key: Different for each figure of a page.
        title: Its name, for those who hear the page.
        description: What can be seen in it.
    """
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(drawn.getvalue())
    _drop(root, f"{{{_SVG}}}metadata", f"{{{_SVG}}}style")
    _rename(root, key)
    _plain_text(root)
    _tidy(root)
    _introduce(root, key, title, description)
    return ElementTree.tostring(root, encoding="unicode")


def _drop(root: ElementTree.Element, *tags: str) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags:
                parent.remove(child)


def _rename(root: ElementTree.Element, key: str) -> None:
    """Keep only the names that something refers to, and make them unique on the page."""
    href = f"{{{_XLINK}}}href"
    used = set()
    for node in root.iter():
        for value in node.attrib.values():
            used |= set(_REFERENCE.findall(value))
        used.add(node.get(href, "").removeprefix("#"))
    for node in root.iter():
        if node.get("id") not in used:
            node.attrib.pop("id", None)
        for name, value in node.attrib.items():
            if name == "id":
                node.set(name, f"{key}-{value}")
            elif name == href:
                node.set(name, f"#{key}-{value.removeprefix('#')}")
            else:
                node.set(name, _REFERENCE.sub(rf"url(#{key}-\1)", value))


def _plain_text(root: ElementTree.Element) -> None:
    """Let the page choose the font, and leave digits away that no screen shows."""
    for node in root.iter():
        if "style" in node.attrib:
            style = _SHORTHAND.sub(_font, node.attrib["style"])
            node.set("style", _FONT.sub("", style))
        if node.get("transform", "").startswith("rotate(-0 "):
            del node.attrib["transform"]
        if "d" in node.attrib:
            node.set("d", _DECIMALS.sub(r"\1", " ".join(node.attrib["d"].split())))


def _tidy(node: ElementTree.Element) -> bool:
    """Remove groups that draw nothing, and indentation; tell whether anything is left."""
    for child in list(node):
        if not _tidy(child):
            node.remove(child)
    if len(node) and not (node.text or "").strip():
        node.text = None
    node.tail = None
    return len(node) > 0 or node.tag not in (f"{{{_SVG}}}g", f"{{{_SVG}}}defs")


def _font(found: re.Match[str]) -> str:
    weight = f"; font-weight: {found[1]}" if found[1] else ""
    return f"font-size: {found[2]}px{weight}"


def _introduce(root: ElementTree.Element, key: str, title: str, description: str) -> None:
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-desc")
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    for index, (tag, text) in enumerate((("title", title), ("desc", description))):
        node = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"{key}-{tag}"})
        node.text = text
        root.insert(index, node)
