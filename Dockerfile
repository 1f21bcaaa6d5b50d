# One image for every process: web, workers, beat, migrations, and in the demo profile the simulator and the BAP.
# Holds no secret: all settings come from the environment when it runs (.env.example).

# With traces: docker build --build-arg REQUIREMENTS=otel
ARG REQUIREMENTS=base

FROM python:3.11-slim AS packages
ARG REQUIREMENTS
RUN python -m venv /venv
COPY requirements/${REQUIREMENTS}.txt /tmp/requirements.txt
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.txt

FROM python:3.11-slim
RUN groupadd --gid 10001 emsp \
    && useradd --uid 10001 --gid emsp --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin emsp \
    && install -d -o emsp -g emsp /state
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY . .
RUN python manage.py collectstatic --noinput \
    && python -m django collectstatic --noinput --settings beckn.bap.settings \
    && python -m compileall -q /app
USER emsp
ENV PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "emsp.wsgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "256", "--log-level", "error"]
