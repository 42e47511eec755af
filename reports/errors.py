"""What may go wrong with reports.

NotFound
  UnknownReport        the catalogue has no report of this name
  UnknownThing         nothing of this kind has this id, so nothing can be traced
  UnknownExport        there is no export of this number
Invalid
  UnknownParameter     the report takes no parameter of this name
  MissingParameter     the report needs a parameter that was not given
  InvalidParameter     a parameter's text is not what the parameter takes
  UnknownFormat        the report cannot be had in this format
  ManifestUnreadable   it is not the manifest of a report
Refused
  MayNotReadReports    the right to read reports is missing
Conflict
  ExportKeyReused      the key stands for another export
  ExportMovedOn        it is not in a state (any more) from which this can be done
Unavailable
  ReportTooLong        it takes longer than an answer may; make an export
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class UnknownReport(NotFound):
    code = "unknown_report"
    title = "There is no report of this name."


class UnknownThing(NotFound):
    code = "unknown_thing"
    title = "There is nothing of this kind with this id."


class UnknownParameter(Invalid):
    code = "unknown_parameter"
    title = "The report takes no parameter of this name."


class MissingParameter(Invalid):
    code = "missing_parameter"
    title = "The report needs a parameter that was not given."


class InvalidParameter(Invalid):
    code = "invalid_parameter"
    title = "A parameter of the report cannot be read."


class UnknownFormat(Invalid):
    code = "unknown_format"
    title = "The report cannot be had in this format."


class ReportTooLong(Unavailable):
    code = "report_too_long"
    title = "The report takes longer than an answer may; make an export of it."


class UnknownExport(NotFound):
    code = "unknown_export"
    title = "There is no such export."


class ManifestUnreadable(Invalid):
    code = "manifest_unreadable"
    title = "This is not the manifest of a report."


class MayNotReadReports(Refused):
    code = "may_not_read_reports"
    title = "You have no right to read reports."


class ExportKeyReused(Conflict):
    code = "export_key_reused"
    title = "This key was used for another export before."


class ExportMovedOn(Conflict):
    code = "export_moved_on"
    title = "The export is in another state; this cannot be done now."
