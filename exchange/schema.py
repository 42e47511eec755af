"""What every operation of the API has in common, for drf-spectacular."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from accounts.serializers import StrictSerializer
from exchange.errors_api import CODES, PROBLEM

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

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies: Any = super()._get_response_bodies(direction)
        for status in ANY if self.method == "GET" else ANY + WRITES:
            problem = OpenApiResponse(Problem, CODES[status][1])
            bodies.setdefault(
                str(status),
                self._get_response_for_code(problem, str(status), [PROBLEM], direction),  # type: ignore[no-untyped-call]
            )
        return bodies

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema
