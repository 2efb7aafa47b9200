# Spool in a container: `docker compose up -d --build`. docs/operate.md says more.

FROM python:3.13-slim AS wheel
WORKDIR /source
# The build backend and what it needs, from their lines of the lock: pip would fetch the newest, unchecked.
COPY requirements-dev.lock ./
RUN sed -nE '/^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/,/[^\\]$/p' requirements-dev.lock > build.lock
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r build.lock
# .dockerignore lets in the product and nothing else.
COPY . ./
RUN python -m hatchling build -t wheel -d /wheel

FROM python:3.13-slim AS build
RUN python -m venv /opt/spool
# Only wheels, each checked against its hash; this layer is made anew only when the lock changes.
COPY requirements.lock ./
RUN /opt/spool/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY --from=wheel /wheel /wheel
RUN /opt/spool/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl

FROM python:3.13-slim
# The number is fixed, so that a volume keeps its owner when the image is built again.
RUN groupadd --gid 10001 spool \
    && useradd --uid 10001 --gid spool --no-create-home --home-dir /data --shell /usr/sbin/nologin spool \
    && install -d -m 0700 -o spool -g spool /data
COPY --from=build /opt/spool /opt/spool
# Nothing is written outside of /data and /tmp: the root file system may be read-only.
ENV PATH=/opt/spool/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
# Everything is let go of within 8 seconds; what is unfinished goes on at the next start.
STOPSIGNAL SIGTERM
ENTRYPOINT ["spool"]
CMD ["run"]
