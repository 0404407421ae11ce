# gcrm against a PostGIS of its own container or of yours: see compose.yaml. Every package is the one of the lock files.

FROM node:24-slim AS libraries
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM python:3.13-slim-trixie AS build
WORKDIR /src
ENV VIRTUAL_ENV=/opt/gcrm PATH=/opt/gcrm/bin:$PATH
RUN python -m venv /opt/gcrm
COPY requirements-build.lock requirements.lock ./
RUN pip install --require-hashes -r requirements-build.lock \
    && uv pip install --no-build-isolation --require-hashes -r requirements.lock
COPY pyproject.toml ./
COPY migrations migrations
COPY templates templates
COPY static static
COPY gcrm gcrm
COPY --from=libraries /src/node_modules node_modules
RUN python -m gcrm.core.vendor \
    && pip install --no-index --no-deps --no-build-isolation . \
    && pip uninstall --yes uv

FROM python:3.13-slim-trixie
# PostgreSQL's programs are for `gcrm db backup` and `restore`; their version must not be older than the server's.
# Pango and the fonts are for maps on paper.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-noto-cjk \
    && rm -r /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/gcrm gcrm
COPY --from=build /opt/gcrm /opt/gcrm
ENV PATH=/opt/gcrm/bin:$PATH PYTHONUNBUFFERED=1 GCRM_DATA=/var/lib/gcrm GCRM_HOST=0.0.0.0 GCRM_PORT=8000
USER gcrm
WORKDIR /var/lib/gcrm
# The planner's compiled parts are made for the processor of this machine; elsewhere a worker makes them anew at its start.
RUN python -m gcrm.routing.kernel.warm
VOLUME /var/lib/gcrm
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz')"
CMD ["gcrm", "serve"]
