# Stands in for python:3.13-slim-trixie: Debian's Python, and pip with the certificates of the machine.
FROM portero-debian
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN ln -sf python3 /usr/bin/python
CMD ["python3"]
