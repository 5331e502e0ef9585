# The Firestore and Auth emulators of Firebase with their user interface, for docker-compose.firebase.yml.
FROM node:24-trixie-slim
# Java does not install without the folder of the man pages, which slim images lack.
RUN mkdir -p /usr/share/man/man1 && apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends openjdk-21-jre-headless >/dev/null \
 && rm -rf /var/lib/apt/lists/* \
 && npm install --global --no-audit --no-fund --loglevel=error firebase-tools@15.34.2
USER node
RUN mkdir /home/node/project
WORKDIR /home/node/project
# Download the emulators when the image is built, not at each start.
RUN firebase setup:emulators:firestore && firebase setup:emulators:ui
