"""From figures to findings, charts, and the weekly PDF and images."""

from reports.data import Quality, ReportData, ReportFiles, Score
from reports.gather import gather
from reports.numbers import plural, signed
from reports.settings import ReportSettings
from reports.write import write_report

__all__ = [
    "Quality",
    "ReportData",
    "ReportFiles",
    "ReportSettings",
    "Score",
    "gather",
    "plural",
    "signed",
    "write_report",
]
