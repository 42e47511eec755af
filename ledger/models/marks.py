"""Up to which id a log is complete, where several writers draw ids at once."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SafeMark(models.Model):
    """How far a log may be taken for complete; `services.marks` moves it.

    safe     the id up to which none is still to appear
    mark     the id that is safe once all `writers` have ended
    writers  the virtual transaction ids of those who were writing to the log at the mark
    """

    name = models.CharField(max_length=40, primary_key=True)
    safe = models.BigIntegerField(default=0)
    mark = models.BigIntegerField(default=0)
    writers = ArrayField(models.TextField(), default=list)

    class Meta:
        abstract = True


class LogMark(SafeMark):
    """How far a sealed log, or one of its streams, is complete. Who seals it holds this."""
