# Every target works on a machine with Python >= 3.11, make and the package registries, and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
FAILED := error: the installation failed (see above); the package registry must be reachable

.PHONY: demo venv test check bench docs lock clean

demo: $(VENV)/.runtime
	$(BIN)/openiads study turkey-2019 --preset demo

venv: $(VENV)/.runtime
	@echo "ready: $(BIN)/openiads --help"

test: $(VENV)/.test $(VENV)/dis/.ready
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test $(VENV)/dis/.ready
	$(BIN)/python -m benchmarks

docs: $(VENV)/.test
	PYTHONPATH=. $(BIN)/python scripts/build_docs.py

# One set of pins for every platform and Python, with hashes and without the address of any index.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock: $(VENV)/.uv
	cd requirements && ../$(BIN)/$(LOCK) uv.in -o uv.txt
	cd requirements && ../$(BIN)/$(LOCK) runtime.in -o runtime.txt
	cd requirements && ../$(BIN)/$(LOCK) test.in -o test.txt
	cd requirements && ../$(BIN)/$(LOCK) dis.in -o dis.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.uv: requirements/uv.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "error: $(PYTHON) not found; install Python 3.11 or newer, or name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $(PYTHON) is $$($(PYTHON) --version 2>&1); Python 3.11 or newer is needed, name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "error: $(PYTHON) lacks the modules venv and ensurepip; on Debian and Ubuntu: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt || { \
		echo "error: pip could not install uv (see above); the package registry must be reachable"; exit 2; }
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements/runtime.txt pyproject.toml
	@echo "installing what requirements/runtime.txt names, and this project"
	@$(INSTALL) --require-hashes -r requirements/runtime.txt || { echo "$(FAILED)"; exit 2; }
	@$(INSTALL) --no-deps --no-build-isolation -e . || { echo "$(FAILED)"; exit 2; }
	@touch $@

$(VENV)/.test: $(VENV)/.runtime requirements/test.txt
	@echo "installing what requirements/test.txt names"
	@$(INSTALL) --require-hashes -r requirements/test.txt || { echo "$(FAILED)"; exit 2; }
	@touch $@

# opendis, which DIS is checked against, needs an older numpy: an environment of its own. Without it that test is skipped.
$(VENV)/dis/.ready: $(VENV)/.uv requirements/dis.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/dis
	@$(BIN)/uv pip install --quiet --python $(VENV)/dis/bin/python --require-hashes -r requirements/dis.txt || \
		echo "opendis could not be installed (see above): DIS is not checked against it"
	@touch $@
