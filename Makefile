# Every target makes the checkout ready first; on an unchanged one that costs a fraction of a second.
PYTHON ?= python3
BIN := .venv/bin

# Compiled modules are kept beside their sources, whatever the machine prefers: each process of a test would compile anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test check security bench peers peer-servers chaos properties screenshots lock catalog clean setup setup-dev chromium pango

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 22

run: setup pango ## Start Unisson on this machine with a demonstration agency; Ctrl-C stops it
	@exec $(BIN)/unisson up

# Three at a time on two cores: the tests wait a third of their time, on a browser, on a process or on the clock.
test: setup-dev chromium pango ## Run the tests, a real browser included
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not peers"

check: setup-dev ## Lint, types, layers, templates, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy $(filter-out tools/setup.py,$(wildcard tools/*.py))
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python tools/catalog.py --check
	$(BIN)/python tools/hygiene.py

security: setup-dev ## Look for faults with semgrep and bandit, and list what is shipped
	$(BIN)/python tools/security.py

bench: setup-dev ## Measure speed and memory, side by side with the bare parts
	$(BIN)/python -m benchmarks

peers: peer-servers ## Run the tests that need real outside servers, which are installed first
	$(BIN)/python -m pytest tests/peers -m peers

peer-servers: setup-dev ## Install the outside servers alone
	$(BIN)/python tools/peers.py install

chaos: setup-dev ## Kill processes for a long while; nothing may be lost or sent twice
	CHAOS=long $(BIN)/python -m pytest -m chaos -s

properties: setup-dev ## Try five thousand sequences of approvals, and two thousand months of payments
	SEQUENCES=5000 $(BIN)/python -m pytest tests/approvals/test_chain_machine.py
	MONTHS=1000 $(BIN)/python -m pytest tests/billing/test_month.py

screenshots: setup-dev chromium ## Take the pictures of the README anew; ALL=1 for every page
	$(BIN)/python tools/screenshots.py

lock: setup-dev ## Resolve the dependencies of pyproject.toml again
	$(BIN)/python tools/lock.py

catalog: setup-dev ## Bring new messages into the translations
	$(BIN)/python tools/catalog.py --update

clean: ## Remove what set-up and tests made; the data in .data stays
	rm -rf .venv node_modules platform/unisson/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find platform/unisson/translations -name '*.mo' -delete

setup:
	@$(PYTHON) tools/setup.py

setup-dev:
	@$(PYTHON) tools/setup.py --dev

chromium:
	@$(PYTHON) tools/chromium.py

pango:
	@$(PYTHON) tools/pango.py
