# Builder: wheels only, each checked against its pinned hash; no compiler, and pip stays behind.
FROM python:3.13-slim-trixie AS builder
COPY requirements.txt requirements/extras.txt ./
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --only-binary=:all: --require-hashes \
    -r requirements.txt -r extras.txt

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="portero" \
      org.opencontainers.image.description="Accounts service on Flask, Firestore and Firebase Auth" \
      org.opencontainers.image.licenses="MIT"

# One malloc arena: many threads hashing passwords would otherwise each keep tens of MiB.
# Bytecode is written below, never at run time: the root file system may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data

WORKDIR /portero
COPY --from=builder /venv /venv
COPY portero gunicorn.conf.py ./
COPY src src
RUN python -m compileall -q src && install -d -o 10001 -g 10001 -m 0700 /data

# A number, so that Kubernetes' runAsNonRoot can check it. The code belongs to root: the service cannot change itself.
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]

# Exec form, and every step execs the next: gunicorn becomes PID 1 and gets the signals itself.
ENTRYPOINT ["./portero"]
CMD ["serve"]
