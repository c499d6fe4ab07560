# The two commands of the README: `make demo` shows the main job, `make test` proves everything.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
CARGO ?= cargo
# Set SETUP=1 to let `make test` install system packages through sudo; as root it does so anyway.
SETUP ?= 0
export DSM_PYTHON := $(abspath $(PY))

.PHONY: help demo test rust python wheel develop lint system venv bench clean

help:
	@echo "make demo    scan a simulated fleet of 254 iDRACs and show what was found"
	@echo "make test    everything: Rust, the wheel, Python, other people's Redfish clients"
	@echo "make lint    formatting, clippy, documentation, licences, Python lints and types"
	@echo "make bench   measure dsm beside its peers (takes a while); results go to benches/RESULTS.md"
	@echo "make develop the wheel for work on it: quick to build, without the vendored OpenSSL"
	@echo "make wheel   build the Python wheel into dist/"
	@echo "make clean   remove the virtual environment and what was built"

demo:
	$(CARGO) run --quiet --release -p dsm-examples --bin demo

test: system venv rust python
	@echo "make test: everything that could run has passed"

# What the tests need of the system: a C compiler for SQLite, OpenSSL's headers for the legacy transport.
system:
	@.ci/system-packages "$(SETUP)"

$(VENV)/.ready: dsm-py/requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(PY) -m pip install --quiet --disable-pip-version-check -r dsm-py/requirements-test.txt
	touch $@

venv: $(VENV)/.ready

rust: venv
	$(CARGO) test --workspace --exclude dsm-py --exclude dsm-bench --exclude dsm-bench-nv --exclude dsm-bench-queue --all-features

wheel: venv
	rm -f dist/dsm-*.whl
	$(VENV)/bin/maturin build --quiet --release --locked --manifest-path dsm-py/Cargo.toml --out dist

develop: venv
	$(VENV)/bin/maturin develop --quiet --manifest-path dsm-py/Cargo.toml --features pyo3/abi3-py310

python: wheel
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall dist/dsm-*.whl
	$(PY) -m pytest dsm-py/tests

lint: venv
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --exclude dsm-py -- -D warnings
	$(CARGO) clippy -p dsm-py -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --exclude dsm-py --quiet
	.ci/deny
	$(VENV)/bin/ruff check dsm-py examples tests benches
	$(VENV)/bin/ruff format --check dsm-py examples tests benches
	$(PY) -m mypy --config-file dsm-py/pyproject.toml dsm-py/python dsm-py/tests dsm-py/tools examples

bench: venv
	benches/run

clean:
	rm -rf $(VENV) dist
	$(CARGO) clean
