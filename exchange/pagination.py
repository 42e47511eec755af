"""Lists are read by cursor, the newest first; an offset would skip and repeat rows."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """`?limit=` up to 200; `next` and `previous` are whole addresses."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
