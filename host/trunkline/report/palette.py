"""The colours of the report, from Okabe and Ito's set, darkened where they carry text.

Colour never speaks alone: everything coloured also has a place, a pattern or a word of its own.
"""

PAPER = "#ffffff"
WASH = "#f3f6f8"
INK = "#17212b"
MUTED = "#4d5b68"
RULE = "#d3dae0"
ACCENT = "#00547f"
REAL = "#00573f"
REAL_WASH = "#e4f3ee"
SIMULATED = "#7a3800"
SIMULATED_WASH = "#fdefe2"
CAUTION = "#5e4300"
CAUTION_WASH = "#fdf6dc"
URGENT = "#8a1c1c"

SLOUCH = "#a84300"
SLOUCH_TINT = "#f8e8dc"
BEND = "#0068a3"
BEND_TINT = "#dcebf5"
TRACE = "#33414e"
LANE = "#56708a"
CUE = "#17212b"

# (text, ground) of everything that is read; each must reach 4.5:1 (WCAG 2.2, 1.4.3).
READ_ON = (
    (INK, PAPER),
    (INK, WASH),
    (MUTED, PAPER),
    (MUTED, WASH),
    (ACCENT, PAPER),
    (ACCENT, WASH),
    (REAL, REAL_WASH),
    (SIMULATED, SIMULATED_WASH),
    (CAUTION, CAUTION_WASH),
    (INK, CAUTION_WASH),
    (URGENT, PAPER),
    (SLOUCH, PAPER),
    (SLOUCH, SLOUCH_TINT),
    (BEND, PAPER),
    (BEND, BEND_TINT),
)
# (drawing, ground) of everything that is looked at; each must reach 3:1 (1.4.11).
SEEN_ON = ((TRACE, PAPER), (LANE, PAPER), (CUE, PAPER), (LANE, WASH), (TRACE, SLOUCH_TINT))


def names() -> dict[str, str]:
    """Give every colour under its name, for the style sheet."""
    return {
        name.lower().replace("_", "-"): value
        for name, value in globals().items()
        if name.isupper() and isinstance(value, str)
    }
