# Builder: installs wheels only, each checked against its pinned hash. The final image has no compiler and no pip.
FROM python:3.13-slim-trixie AS builder
COPY requirements.txt requirements/extras.txt ./
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --only-binary=:all: --require-hashes \
    -r requirements.txt -r extras.txt

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="portero" \
      org.opencontainers.image.description="Accounts service on Flask, Firestore and Firebase Auth" \
      org.opencontainers.image.licenses="MIT"

# Bytecode is compiled below and not at run time, because the root file system may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data

WORKDIR /portero
COPY --from=builder /venv /venv
COPY portero alembic.ini ./
COPY src src
RUN python -m compileall -q src && install -d -o 10001 -g 10001 -m 0700 /data

# A numeric user, which the runAsNonRoot of Kubernetes requires. The code belongs to root, so the service cannot change it.
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]

# The exec form, and the script replaces itself, so that the service is PID 1 and receives the signals.
ENTRYPOINT ["./portero"]
CMD ["serve"]
