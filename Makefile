# The only commands anybody types. `make demo` and `make test` set up all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: install demo test soak realble fuzz vm32 check bench mpy vectors docs clean

install: $(READY)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Found Python %d.%d; expected 3.11 or newer; try: make PYTHON=python3.12 demo" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## The main job end to end, without hardware; writes demo-out/report.html
	$(BIN)/trunkline demo

test: $(READY) tests/micropython/node_modules  ## All tests, one process a core
	$(BIN)/pytest --numprocesses auto --dist worksteal

soak: $(READY)  ## The tests that take minutes: cuts at every byte, workdays and memory of 8 h, a year, killed hosts
	TRUNKLINE_SOAK=1 $(BIN)/pytest --numprocesses auto --dist worksteal -rP tests/firmware/test_log_on_vm.py \
	  tests/firmware/test_memory.py tests/test_workday.py tests/test_year.py tests/test_sync_kills.py
	TRUNKLINE_SOAK=1 $(BIN)/pytest --numprocesses auto --dist worksteal -k "vm64 or vm32" tests/firmware

realble: $(READY)  ## The host library on a real Linux Bluetooth stack, in a virtual machine: 1 min
	$(BIN)/python -m tests.realble

FUZZ_S := 60
fuzz: $(READY)  ## Search for bytes that break a decoder or a reader; make fuzz FUZZ_S=3600
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_S)

vm32: $(READY)  ## The MicroPython that is most like an ESP32's, on Debian; `make test` uses it where it is
	$(BIN)/python -m tests.micropython.vm32

# Another MicroPython, with the ESP32's 31-bit small integers; only where npm is found.
tests/micropython/node_modules: tests/micropython/package.json
	@if command -v npm >/dev/null; then \
	  npm install --prefix tests/micropython --no-audit --no-fund --silent && touch $@; \
	else mkdir -p $@; fi

check: $(READY)  ## Formatting, lint, types, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python docs/tables.py --check
	$(BIN)/python docs/monitor_picture.py --check
	$(BIN)/python hardware/draw.py --check
	$(BIN)/python hardware/wear.py --check
	$(BIN)/python -m tests.vectors.write --check

bench: $(READY)  ## Accuracy and speed beside named peers; exits 1 where a claim is broken
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m tests.bench

mpy: $(READY)  ## Compile every firmware file for the board and print sizes
	$(BIN)/python firmware/compile.py

vectors: $(READY)  ## Write the golden vectors anew
	$(BIN)/python -m tests.vectors.write
	$(BIN)/python -m tests.fuzz.seeds

docs: $(READY)  ## Write the generated tables and drawings anew
	$(BIN)/python docs/tables.py
	$(BIN)/python docs/monitor_picture.py
	$(BIN)/python hardware/draw.py
	$(BIN)/python hardware/wear.py

clean:
	rm -rf $(VENV) build demo-out .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/micropython/node_modules
