# The image of every part of Quartermaster: api, collector, controller, or all in one (`up`).
# It holds no secret and no default password; what has to last is in /data.

FROM node:22-slim AS web
WORKDIR /source/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY schema/schema.graphql ../schema/schema.graphql
COPY web ./
RUN npm run build

FROM python:3.11-slim AS packages
RUN python -m venv /opt/quartermaster
ENV PATH=/opt/quartermaster/bin:$PATH
WORKDIR /source
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY domain domain
COPY telemetry telemetry
COPY identity identity
COPY outbound outbound
COPY sources sources
COPY resolvers resolvers
COPY schema schema
COPY workers workers
COPY server server
COPY --from=web /source/server/static server/static
ARG COMMIT=
RUN printf %s "$COMMIT" > server/commit.txt
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home quartermaster
COPY --from=packages /opt/quartermaster /opt/quartermaster
ENV PATH=/opt/quartermaster/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    QUARTERMASTER_DATA_DIR=/data
USER quartermaster
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["quartermaster"]
CMD ["up", "--host", "0.0.0.0"]
