# `docker build .` makes the image with everything. `docker build --build-arg EXTRAS=no .` makes a small one, without
# requirements/extras.txt and without polars: it needs neither a broker nor PostgreSQL, and checks no CSV files.
FROM python:3.13-slim-trixie AS builder
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends binutils >/dev/null

# Wheels only, each checked against its pinned hash. The image itself has no compiler and no pip.
ARG EXTRAS=yes
COPY requirements.txt requirements/extras.txt docker/compile.py docker/shrink docker/settle ./
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --quiet --no-cache-dir --no-compile --only-binary=:all: --require-hashes \
    -r requirements.txt $([ $EXTRAS = no ] || echo -r extras.txt) \
 && { [ $EXTRAS != no ] || pip --python /venv/bin/python uninstall --quiet --yes polars polars-runtime-32; } \
 && sh shrink /venv && install -d /layers/packages && mv /venv /layers/packages/ && sh settle /layers

# Each folder is copied with its parent, because the target of a copy would get the time of the build.
COPY portero alembic.ini /layers/code/portero/
COPY src /layers/code/portero/src
# The user needs a name, because Celery takes a user without one for root.
RUN PYTHONHASHSEED=0 python -m compileall -q --invalidation-mode unchecked-hash -s /layers/code /layers/code/portero/src \
 && install -d /layers/code/etc && cp /etc/passwd /etc/group /layers/code/etc/ \
 && echo 'portero:x:10001:10001::/data:/usr/sbin/nologin' >>/layers/code/etc/passwd \
 && echo 'portero:x:10001:' >>/layers/code/etc/group \
 && install -d /layers/data/data && sh settle /layers/code /layers/data && chmod 0700 /layers/data/data

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="portero" \
      org.opencontainers.image.description="Accounts service on Flask, Firestore and Firebase Auth" \
      org.opencontainers.image.licenses="MIT"

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data

COPY --from=builder /layers/packages /
COPY --from=builder /layers/code /
COPY --from=builder --chown=10001:10001 /layers/data /
WORKDIR /portero

# A numeric user, which the runAsNonRoot of Kubernetes requires. The code belongs to root, so the service cannot change it.
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]

# The exec form, and the script replaces itself, so that the service is PID 1 and receives the signals.
ENTRYPOINT ["./portero"]
CMD ["serve"]
