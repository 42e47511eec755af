"""The same by the textbook: Django REST framework, SimpleJWT, ModelSerializer, the ORM."""

#: Of the shape of the command log, without its trigger.
TABLE = "bench_plain_order"
