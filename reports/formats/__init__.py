"""How a report is written down: a module for each format."""

from reports.formats.journals import DIALECTS, write_journal
from reports.formats.sink import Sink

__all__ = ["DIALECTS", "Sink", "write_journal"]
