"""What every operation of the API has in common, for drf-spectacular."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class Problem(serializers.Serializer[Any]):
    """RFC 9457; docs/errors.md lists the codes."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ApiSchema(AutoSchema):
    """Adds the problems that any operation may answer with."""

    def get_response_serializers(self) -> Any:
        responses = super().get_response_serializers()
        if not isinstance(responses, dict):
            responses = {200: responses}
        problems = {
            (status, "application/problem+json"): Problem
            for status in (400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 503)
        }
        return {**problems, **responses}
