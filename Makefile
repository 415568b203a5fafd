# make demo   set everything up and show the main job on the bundled sample firm
# make test   set everything up and pass every check
# make serve  the sample firm in a chat
# make quick  the checks that take seconds
# make search  the same with new random examples, nightly or by hand
# make extras  what an optional extra (Presidio) does; installs it
# make docs   the generated parts of the documents
# make bill   the software bill of materials (CycloneDX)

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# A native build of llama.cpp crashes on machines that announce AMX and cannot use it, so what is used is named: AVX2, and
# where this processor has them the wide instructions, with which a prompt is read 1.4 times as fast.
has = $(shell grep -qw $(1) /proc/cpuinfo 2>/dev/null && echo $(2))
WIDE := $(call has,avx512_vnni,-DGGML_AVX512=ON -DGGML_AVX512_VNNI=ON) $(call has,avx512vbmi,-DGGML_AVX512_VBMI=ON)
export CMAKE_ARGS := -DGGML_NATIVE=OFF $(WIDE)
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export ANONYMIZED_TELEMETRY := False
export GRADIO_ANALYTICS_ENABLED := False
# Idle threads spin briefly, then sleep: ten times faster than sleeping at once on an idle machine, five times faster than spinning on on a busy one.
export GOMP_SPINCOUNT := 10000

# What is quick: no training, no browser, no data from beside the checkout; two processes of one thread each.
QUICK := -m "not slow and not browser and not public and not extra" -n 2 --dist worksteal

.PHONY: demo serve setup test test-wheel quick extras search lint wheel docs bill clean

demo: setup
	$(BIN)/kotonoha demo

serve: setup
	$(BIN)/kotonoha serve --demo

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@echo "Setting up in $(VENV) (once; about five minutes, most of it compiling llama.cpp)"
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet pip==26.3
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev --editable .
	$(BIN)/kotonoha models pull
	touch $(READY)

test: setup lint test-wheel
	$(BIN)/python -m pytest

# What is shipped: the quick tests against the installed wheel, from a folder that holds nothing else.
test-wheel: wheel
	rm -rf build/shipped && mkdir -p build/shipped/empty
	$(BIN)/python -m pip install --quiet --no-deps --target build/shipped/site dist/kotonoha_memory-*.whl
	cp -r tests build/shipped/empty/
	cd build/shipped/empty && OMP_NUM_THREADS=1 PYTHONPATH=../site $(abspath $(BIN))/python -m pytest --quiet -p no:cacheprovider -c ../../../pyproject.toml --rootdir . $(QUICK) tests

quick: setup lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(QUICK)

extras: setup
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[presidio]"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m extra

# Checks with random examples, new ones every time (the others try the same ones always). What it finds becomes an `@example`.
search: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(QUICK) --hypothesis-profile=search

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: setup
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

docs: setup
	$(BIN)/python -m tests.tree
	$(BIN)/python -m tests.parts

bill: setup
	mkdir -p dist
	$(BIN)/python -m tests.bill > dist/kotonoha.cdx.json

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
