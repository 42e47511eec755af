"""Reads for reports: what is asked for, the answer, and what is behind a figure."""

from reports.selectors.answering import Answer, Total, answer
from reports.selectors.asking import PARAMETERS, read_params

__all__ = ["PARAMETERS", "Answer", "Total", "answer", "read_params"]
