# make demo   set everything up and show the main job on the bundled sample firm
# make test   set everything up and pass every check
# make serve  the sample firm in a chat
# make quick  the checks that take seconds
# make search  the same with new random examples, nightly or by hand
# make extras  what an optional extra (Presidio) does; installs it
# make docs   the generated parts of the documents
# make bill   the software bill of materials (CycloneDX)
# make lock   new pins with their hashes, after a change of dependencies

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

# No package is installed whose bytes are not listed. Where a mirror builds packages anew: make setup HASHES="-c constraints.txt".
HASHES ?= --require-hashes --constraint locked.txt
# Its builds for one version are many, by accelerator and index, so it alone is pinned by version: an index of your own choosing serves.
TORCH := torch==2.13.0

# What is quick: no training, no browser, no data from beside the checkout; two processes of one thread each.
QUICK := -m "not slow and not browser and not public and not extra" -n 2 --dist worksteal
SLOW := -m "(slow or browser or public) and not extra"

# What the product needs; an editable install itself has no single file that could have a hash.
NEEDS := import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')

.PHONY: demo serve setup test test-wheel quick extras search lint wheel docs bill lock clean

demo: setup
	$(BIN)/kotonoha demo

serve: setup
	$(BIN)/kotonoha serve --demo

setup: $(READY)

$(READY): pyproject.toml locked.txt
	@echo "Setting up in $(VENV) (once; about five minutes, most of it compiling llama.cpp)"
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet pip==26.3
	$(BIN)/python -m pip install --quiet --no-deps $(TORCH)
	mkdir -p build && $(BIN)/python -c "$(NEEDS)" > build/needs.txt
	$(BIN)/python -m pip install --quiet $(HASHES) --build-constraint locked.txt --requirement build/needs.txt --group dev
	$(BIN)/python -m pip install --quiet --no-deps --build-constraint locked.txt --editable .
	$(BIN)/kotonoha models pull
	touch $(READY)

test: setup lint test-wheel
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(QUICK)
	$(BIN)/python -m pytest $(SLOW)

# What is shipped: the quick tests against the installed wheel, from a folder that holds nothing else.
test-wheel: wheel
	rm -rf build/shipped && mkdir -p build/shipped/empty
	$(BIN)/python -m pip install --quiet --no-deps --target build/shipped/site dist/kotonoha_memory-*.whl
	cp -r tests build/shipped/empty/
	cd build/shipped/empty && OMP_NUM_THREADS=1 PYTHONPATH=../site $(abspath $(BIN))/python -m pytest --quiet -p no:cacheprovider -c ../../../pyproject.toml --rootdir . $(QUICK) tests

quick: setup lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(QUICK)

extras: setup
	$(BIN)/python -m pip install --quiet $(HASHES) "presidio-analyzer>=2.2.366"
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
	$(BIN)/python -m pip wheel --quiet --no-deps --build-constraint locked.txt --wheel-dir dist .

docs: setup
	$(BIN)/python -m tests.tree
	$(BIN)/python -m tests.parts

bill: setup
	mkdir -p dist
	$(BIN)/python -m tests.bill > dist/kotonoha.cdx.json

lock: setup
	$(BIN)/python -m pip install --quiet uv==0.13.8
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev --group measure --group build \
		--generate-hashes --no-annotate --no-header --output-file locked.txt pyproject.toml
	sed -n 's/^\([a-z0-9].*[^ ]\) \\$$/\1/p' locked.txt > constraints.txt

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
