"""Reads for reports: what is asked for, the answer, and what is behind a figure."""

from reports.selectors.answering import Answer, Total, answer, in_time, seal_of
from reports.selectors.asking import METHODS, PARAMETERS, read_params
from reports.selectors.tracing import THINGS, Fact, Listing, Trace, trace

__all__ = [
    "METHODS",
    "PARAMETERS",
    "THINGS",
    "Answer",
    "Fact",
    "Listing",
    "Total",
    "Trace",
    "answer",
    "in_time",
    "read_params",
    "seal_of",
    "trace",
]
