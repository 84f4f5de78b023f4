# `make demo` and `make test` do all their own set-up; anything else expects `make .venv`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fuzz bench bench-peers bench-gate bench-baseline clean

demo: .venv/installed
	$(BIN)/d2c run italy -o out/italy --replace

# The run compiles the kernels once; else each process of pytest does.
test: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -c "import d2c; d2c.run('italy-loaded', set={'region.area': 'molise', 'time.duration_h': 1})"
	$(BIN)/pytest -n auto --dist loadfile

# Fuzzes the readers for FUZZ_SECONDS in all; what it finds stands in out/fuzz.
FUZZ_SECONDS ?= 600
fuzz: .venv/tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python tests/fuzz/fuzz.py $(FUZZ_SECONDS)

# Times every workload, some fifteen minutes, and writes docs/performance.md.
bench: .venv/tested
	$(BIN)/python benchmarks/bench.py

# Times TAT-C, lox, Skyfield and numpy on slices of one workload, some three minutes; writes docs/performance.md.
bench-peers: .venv/tested
	$(BIN)/python benchmarks/peers.py

# Fails if the kernels have become slower than benchmarks/baseline.json, a minute or two; needs valgrind.
bench-gate: .venv/tested
	$(BIN)/python benchmarks/gate.py

bench-baseline: .venv/tested
	$(BIN)/python benchmarks/gate.py --renew

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("d2c needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf .venv out dist build
