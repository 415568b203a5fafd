# make demo   set everything up and show the main job on the bundled sample firm
# make test   set everything up and pass every check
# make quick  the checks that take seconds

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# A native build of llama.cpp crashes on machines that announce AMX and cannot use it; AVX2 is measured as fast enough.
export CMAKE_ARGS := -DGGML_NATIVE=OFF
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export ANONYMIZED_TELEMETRY := False
export GRADIO_ANALYTICS_ENABLED := False

.PHONY: demo serve setup test quick lint wheel clean

demo: setup
	$(BIN)/kotonoha demo

serve: setup
	$(BIN)/kotonoha serve --demo

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@echo "Setting up in $(VENV) (once; about five minutes, most of it compiling llama.cpp)"
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps openai-whisper
	touch $(READY)

test: setup lint
	$(BIN)/python -m pytest

quick: setup lint
	$(BIN)/python -m pytest -m "not slow and not browser"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: setup
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
