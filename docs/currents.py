"""The table of what each part is said to draw, from the simulator's own."""

from markdown import markdown

from trunkline.simulator.energy import DRAWS


def currents() -> str:
    """Return each current, whether somebody measured it, and where it was read."""
    rows = [[draw.name, f"{draw.ma:g}", draw.kind, draw.source] for draw in DRAWS]
    return markdown(["while", "mA", "kind", "source"], rows)


TABLES = {"currents": currents}
