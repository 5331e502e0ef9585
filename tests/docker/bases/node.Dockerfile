# Stands in for node:24-trixie-slim: Node from the requirements of the tests, which are the build context.
FROM portero-debian
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY bin /usr/local/bin
COPY lib/node_modules /usr/local/lib/node_modules
RUN useradd --uid 1000 --create-home node \
 && ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
CMD ["node"]
