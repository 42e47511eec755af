"""Files as answers, in constant memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

_CHUNK: Final = 1 << 18


def file_answer(
    *, request: HttpRequest, file: IO[bytes], name: str, content_type: str, size: int
) -> HttpResponseBase:
    """A file to be kept, not shown. Nothing may keep a copy on the way.

    file  is closed when it has been read
    """
    answer: StreamingHttpResponse
    if isinstance(request, ASGIRequest):
        # Django would read all of a FileResponse into memory here.
        answer = StreamingHttpResponse(_chunks(file), content_type=content_type)
    else:
        answer = FileResponse(file, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Length"] = str(size)
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data
    finally:
        file.close()
