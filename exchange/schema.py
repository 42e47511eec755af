"""What every operation of the API has in common, for drf-spectacular."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from accounts.serializers import StrictSerializer
from exchange.errors_api import PROBLEM

#: What any operation may answer, and what only those that write.
ANY: Final = (400, 401, 403, 404, 405, 406, 429, 503)
WRITES: Final = (409, 413, 415, 422)


class Problem(serializers.Serializer[Any]):
    """RFC 9457; docs/errors.md lists the codes. Some codes have members of their own, such
    as `errors` by field, `limit` and `actual`, or `order`.
    """

    type = serializers.CharField(help_text="Where the code is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; programs go by this.")
    detail = serializers.CharField(help_text="One sentence for a person.")


class ApiSchema(AutoSchema):
    """Adds the problems that an operation may answer with, and says which bodies are
    strict.
    """

    def get_response_serializers(self) -> Any:
        responses: Any = super().get_response_serializers()
        if not isinstance(responses, dict):
            responses = {200: responses}
        statuses = ANY if self.method == "GET" else ANY + WRITES
        return {(status, PROBLEM): Problem for status in sorted(statuses)} | responses

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema
