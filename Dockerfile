# Two stages: the first has pip and the sources, the second only what runs.
FROM python:3.13.9-slim-trixie AS build

WORKDIR /src
RUN python -m venv /opt/studyhall
ENV PATH=/opt/studyhall/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1

# The lock alone first: editing a chapter does not install numpy again.
COPY requirements.lock ./
RUN pip install --no-compile --only-binary :all: --require-hashes --no-deps -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY lessons lessons
COPY adapters adapters
COPY bot bot
# Bytecode is written now, because the running container can't write beside the code.
RUN pip install --no-compile --no-deps --no-build-isolation . \
    && pip uninstall --yes setuptools pip \
    && python -m compileall -q /opt/studyhall/lib


FROM python:3.13.9-slim-trixie

RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin studyhall \
    && install -d -o studyhall -g studyhall -m 700 /var/lib/studyhall

COPY --from=build /opt/studyhall /opt/studyhall

ENV PATH=/opt/studyhall/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    STUDYHALL_HOME=/var/lib/studyhall \
    STUDYHALL_WEB=0.0.0.0:8484

# The page; who reaches it still needs the key that is printed at the start.
EXPOSE 8484
USER studyhall
WORKDIR /var/lib/studyhall
# The one place that is written to; the rest of the file system may be read-only.
VOLUME /var/lib/studyhall

HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["studyhall", "health"]
# `docker stop` sends SIGTERM: what was begun is finished, then the process ends.
CMD ["studyhall", "run"]
