"""A report page as a reader gets it."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """What a reader of the page gets: cells by table, text in figures, names and references."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.references, self.open = [], [], [], []
        self.tables, self.drawn, self.words = {}, [], []
        self._caption = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids += [attrs["id"]] if "id" in attrs else []
        for name in ("aria-labelledby", "href", "xlink:href"):
            self.references += (attrs.get(name) or "").replace("#", "").split()
        self.references += re.findall(r"url\(#([^)]+)\)", " ".join(filter(None, attrs.values())))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._caption = ""
        elif tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        elif tag in ("td", "th"):
            self.tables[self._caption][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        inside = set(self.open)
        if "caption" in inside and "span" not in inside:
            self._caption += data.strip()
        elif inside & {"td", "th"}:
            self.tables[self._caption][-1][-1] += data.strip()
        elif "text" in inside:
            self.drawn.append(data)
        if not inside & {"style", "svg"}:
            self.words.append(data.strip())

    @property
    def text(self):
        return " ".join(filter(None, self.words))
