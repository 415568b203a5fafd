# Kotonoha in a container: builds the wheel and installs it, with nothing but what it needs to run.
#   docker compose up        then open http://127.0.0.1:7860
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ make cmake git && rm -rf /var/lib/apt/lists/*
ENV CMAKE_ARGS=-DGGML_NATIVE=OFF PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Without an NVIDIA card: docker compose build --build-arg TORCH="--index-url https://download.pytorch.org/whl/cpu torch==2.13.0"
ARG TORCH=torch==2.13.0
WORKDIR /src
COPY locked.txt pyproject.toml README.md LICENSE NOTICE ./
RUN python -m venv /opt/kotonoha \
 && /opt/kotonoha/bin/pip install pip==26.3 \
 && /opt/kotonoha/bin/pip install --no-deps ${TORCH} \
 && python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needs.txt \
 && /opt/kotonoha/bin/pip install --require-hashes --constraint locked.txt --build-constraint locked.txt --requirement needs.txt
COPY prompts prompts
COPY ingest ingest
COPY assistant assistant
RUN /opt/kotonoha/bin/pip install --no-deps --build-constraint locked.txt .

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 kotonoha && mkdir -p /data /models && chown kotonoha /data /models
COPY --from=build /opt/kotonoha /opt/kotonoha
ENV PATH=/opt/kotonoha/bin:$PATH KOTONOHA_HOME=/data KOTONOHA_MODELS=/models HF_HUB_OFFLINE=1 \
    ANONYMIZED_TELEMETRY=False GRADIO_ANALYTICS_ENABLED=False
USER kotonoha
VOLUME ["/data", "/models"]
EXPOSE 7860
ENTRYPOINT ["kotonoha"]
CMD ["--help"]
