"""From what was found to what goes on the page."""

from trunkline.decide.analysis import Analysis
from trunkline.report import ReportPage, ReportSection


def period(analysis: Analysis) -> str:
    """Say how long a recording is, in words."""
    minutes, seconds = divmod(round(analysis.wear.total_s), 60)
    return f"{minutes} min {seconds} s"


def what_is_real(analysis: Analysis) -> str:
    """Say in a sentence whether anybody wore the sensor."""
    if analysis.is_simulated is None:
        return "Not known whether anybody wore this: the file does not say."
    if analysis.is_simulated:
        return f"Simulated: nobody wore this ({analysis.source})."
    return f"A recording ({analysis.source}). Whether a person wore it, its source must say."


def recording_page(analysis: Analysis) -> ReportPage:
    """Make the page of one recording."""
    section = ReportSection(analysis, analysis.name, what_is_real(analysis))
    return ReportPage(
        title="Posture report",
        wearer="not stated",
        period=period(analysis),
        sections=(section,),
    )
