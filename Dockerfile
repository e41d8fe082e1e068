# bolo's one image; the command says which role it plays (docs/deploy.md).
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/bolo
COPY . /src
RUN /opt/bolo/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.12-slim-bookworm
RUN groupadd --gid 10001 bolo && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bolo
RUN install -d -o 10001 -g 10001 -m 0750 /var/lib/bolo /var/lib/bolo/data /var/lib/bolo/images
COPY --from=build /opt/bolo /opt/bolo
COPY deploy/healthcheck.py /usr/local/lib/bolo/healthcheck.py
ENV PATH=/opt/bolo/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BOLO_DATA_DIR=/var/lib/bolo/data NUMBA_CACHE_DIR=/var/lib/bolo/data/machine-code
WORKDIR /var/lib/bolo
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["python", "/usr/local/lib/bolo/healthcheck.py"]
ENTRYPOINT ["bolo"]
CMD ["--help"]
