"""Motion recordings in SI units: their gaps, their units, and how sound they are."""
