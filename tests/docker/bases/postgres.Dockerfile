# Stands in for postgres:17-trixie: its user, paths and signals, and of its entry point what the compose file uses.
FROM portero-debian
ENV PATH=/usr/lib/postgresql/17/bin:$PATH \
    PGDATA=/var/lib/postgresql/data \
    LANG=C.UTF-8
RUN groupmod --gid 999 postgres && usermod --uid 999 postgres \
 && install -d -o postgres -g postgres -m 0700 $PGDATA && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
COPY postgres-entrypoint /usr/local/bin/docker-entrypoint.sh
VOLUME $PGDATA
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
