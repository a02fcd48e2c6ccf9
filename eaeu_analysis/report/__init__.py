"""Results -> sentences, page, tables. The stage computes no statistic: it asks, words and writes."""

from .write import Report, write_report

__all__ = ["Report", "write_report"]
