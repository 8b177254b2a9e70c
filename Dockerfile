FROM python:3.13-slim AS build
COPY . /source
RUN python -m venv /opt/goscrobble && /opt/goscrobble/bin/pip install --no-cache-dir "/source[redis]"

FROM python:3.13-slim
RUN useradd --system --uid 1000 --home-dir /data goscrobble && install -d -o goscrobble -g goscrobble -m 700 /data
COPY --from=build /opt/goscrobble /opt/goscrobble
ENV PATH=/opt/goscrobble/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GOSCROBBLE_INSTANCE_PATH=/data
USER goscrobble
VOLUME /data
EXPOSE 42069
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:42069/health/ready', timeout=4)"]
CMD ["goscrobble", "run", "--host", "0.0.0.0"]
