"""From figures to findings, charts, and the weekly PDF and images."""

from reports.data import COMPARISON, Quality, ReportData, ReportFiles, Score
from reports.settings import ReportSettings
from reports.write import write_report

__all__ = ["COMPARISON", "Quality", "ReportData", "ReportFiles", "ReportSettings", "Score", "write_report"]
