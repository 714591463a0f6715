# The service for production: web, worker, beat and migrate are the same image with different commands.
# Build: docker build -t hitl:0.1.0.dev0 .      Run: see docker-compose.yml.

FROM python:3.11-slim-bookworm AS packages
COPY requirements-uv.txt requirements.txt requirements-s3.txt /tmp/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements-uv.txt \
    && uv venv /opt/packages \
    && uv pip sync --no-cache --compile-bytecode --require-hashes --python /opt/packages/bin/python \
        /tmp/requirements.txt /tmp/requirements-s3.txt

# What words mean, as one file: the packages that make it stay behind.
FROM packages AS vectors
COPY requirements-vectors.txt /tmp/
RUN uv venv /opt/vectors \
    && uv pip sync --no-cache --require-hashes --python /opt/vectors/bin/python /tmp/requirements-vectors.txt
COPY science /opt/science
RUN cd /opt && /opt/vectors/bin/python -m science.distil /opt/word-vectors.bin

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hitl \
    && install -d -o hitl -g hitl -m 0700 /data
LABEL org.opencontainers.image.title=hitl \
    org.opencontainers.image.version=0.1.0.dev0 \
    org.opencontainers.image.licenses=Apache-2.0
COPY --from=packages /opt/packages /opt/packages
COPY --from=vectors /opt/word-vectors.bin /opt/word-vectors.bin
WORKDIR /app
COPY . .
# Files of the image stay root's: a broken-into process cannot change the program.
USER hitl
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=hitl.settings \
    HITL_DATA_DIR=/data \
    HITL_WORD_VECTORS=/opt/word-vectors.bin \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_WORKERS=1 \
    GRANIAN_BLOCKING_THREADS=1 \
    GRANIAN_WORKERS_KILL_TIMEOUT=3 \
    GRANIAN_RESPAWN_FAILED_WORKERS=true \
    GRANIAN_LOG_LEVEL=warning \
    GRANIAN_LOG_CONFIG=/app/hitl/runtime/granian_logging.json \
    HITL_PROBE_HOST=0.0.0.0 \
    HITL_PROBE_PORT=8001
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "hitl.runtime.healthcheck"]
CMD ["granian", "--interface", "wsgi", "--no-ws", "hitl.wsgi:application"]
