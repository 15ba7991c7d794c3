"""The report: one self-contained HTML page that reads on a screen, on a phone and on paper."""

from trunkline.report.page import ReportPage, ReportSection, write_report
from trunkline.report.spreadsheet import new_tables, write_tables

__all__ = ["ReportPage", "ReportSection", "new_tables", "write_report", "write_tables"]
