# The image of compose.yaml: the built web client and the locked Python packages, run as nobody special.
FROM node:20-bookworm-slim AS web
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.11-slim-bookworm
WORKDIR /srv/mailnode
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/build.txt requirements/run.txt requirements/
RUN pip install --require-hashes -r requirements/build.txt \
 && pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY mailnode mailnode
COPY backend backend
COPY --from=web /build/frontend/dist frontend/dist
RUN pip install --no-deps --no-build-isolation --editable . \
 && useradd --system --create-home --home-dir /var/lib/mailnode mailnode
USER mailnode
VOLUME /var/lib/mailnode
EXPOSE 2525 1587 1465 1143 1993 1110 1995 8080
ENV MAILNODE_DATA_DIR=/var/lib/mailnode
CMD ["mailnode", "serve"]
