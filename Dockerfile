# syntax=docker/dockerfile:1
#
#   docker build -t leitmotif .
#   docker run -p 127.0.0.1:8000:8000 -e LEITMOTIF_API_KEYS=… -v models:/app/models -v data:/app/data leitmotif
#
# A container has to serve on 0.0.0.0, and Leitmotif refuses that without keys. Set LEITMOTIF_API_KEYS, or, where
# something in front of it controls access, LEITMOTIF_ALLOW_PUBLIC_WITHOUT_KEYS=true.

FROM python:3.11-slim AS build
# An extra index with CPU wheels of torch keeps the image small where the default wheel brings CUDA.
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /app
COPY requirements.lock ./
RUN pip install -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY leitmotif ./leitmotif
COPY training ./training
COPY service ./service
RUN pip install --no-deps .
COPY data ./data
COPY models ./models
# Loads the cases and trains the model, so that a container serves at once.
RUN leitmotif prepare

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LEITMOTIF_HOST=0.0.0.0 \
    LEITMOTIF_PORT=8000
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app leitmotif
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build --chown=leitmotif:leitmotif /app/data ./data
COPY --from=build --chown=leitmotif:leitmotif /app/models ./models
USER 10001:10001
# A new volume starts as a copy of what the image holds; a mounted folder hides it and needs `leitmotif prepare` once.
VOLUME ["/app/data", "/app/models"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['LEITMOTIF_PORT'] + '/readyz', timeout=8)"]
CMD ["leitmotif", "serve"]
