"""What may go wrong with reports.

NotFound
  UnknownReport        the catalogue has no report of this name
  UnknownThing         nothing of this kind has this id, so nothing can be traced
Invalid
  UnknownParameter     the report takes no parameter of this name
  MissingParameter     the report needs a parameter that was not given
  InvalidParameter     a parameter's text is not what the parameter takes
  UnknownFormat        the report cannot be had in this format
Unavailable
  ReportTooLong        it takes longer than an answer may; make an export
"""

from kernel.errors import Invalid, NotFound, Unavailable


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
