# Archway as one container: non-root, with a read-only root file system; it writes to /data alone.
#   docker build -t archway .
#   docker run --read-only --tmpfs /tmp -p 3978:3978 -v archway-data:/data -v ./standards:/knowledge:ro archway

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/archway
COPY locks/run.txt locks/
RUN /opt/archway/bin/pip install --no-cache-dir --require-hashes -r locks/run.txt
COPY pyproject.toml README.md ./
COPY bot bot
COPY handlers handlers
COPY knowledge knowledge
# Compiled now: nothing can be written later.
RUN /opt/archway/bin/pip install --no-cache-dir --no-deps --no-build-isolation . && /opt/archway/bin/python -m compileall -q /opt/archway

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent archway \
    && mkdir /data && chown archway /data
COPY --from=build /opt/archway /opt/archway
# The starter folder, until a folder of your own is mounted here.
COPY knowledge/starter /knowledge
ENV PATH=/opt/archway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ARCHWAY_DATA=/data \
    ARCHWAY_KNOWLEDGE=/knowledge
USER archway
VOLUME ["/data", "/knowledge"]
EXPOSE 3978
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3978/readyz', timeout=2)"]
CMD ["archway", "serve", "--host", "0.0.0.0"]
