# Stands in for redis:8-alpine, whose server accepts connections from other containers.
FROM portero-debian
RUN printf '#!/bin/sh\nexec /usr/bin/redis-server --protected-mode no "$@"\n' >/usr/local/bin/redis-server \
 && chmod 755 /usr/local/bin/redis-server
CMD ["redis-server"]
