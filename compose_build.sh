#!/bin/sh
# Builds the image and starts the stack of docker-compose.yml in the background, with the settings in .compose.env.
set -eu
cd "$(dirname "$0")"
if [ ! -e .compose.env ]; then
    echo "compose_build.sh: .compose.env is missing; type 'cp .compose.env-example .compose.env' first" >&2
    exit 1
fi
if docker compose version >/dev/null 2>&1; then compose='docker compose'; else compose=docker-compose; fi
$compose --env-file .compose.env up --build --detach "$@"
echo "Portero: http://localhost:$(. ./.compose.env && echo "${API_PORT:-8000}")/docs"
