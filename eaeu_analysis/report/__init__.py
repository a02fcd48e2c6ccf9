"""The report: claims, sentences, pages and tables made from results. No statistic is computed here."""

from .write import Report, write_report

__all__ = ["Report", "write_report"]
