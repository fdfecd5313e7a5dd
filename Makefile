# `make` alone lists the targets. Everything is made inside this folder: .venv, .airflow and data.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && { echo $$p; break; }; done)
UV_VERSION := 0.13.9
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := help
.PHONY: help run up down test check docs vocabulary bench-extract outlet lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp  ## the whole path once: bundled newsroom, the real DAG, Parquet (EDITION=2 corrects an article)
	@$(PY) -m newswire_local.run --edition $(or $(EDITION),1)

up: $(VENV)/run.stamp  ## Airflow with its UI on 127.0.0.1:8080, the bundled newsroom beside it
	@$(PY) -m newswire_local.up

down: $(VENV)/run.stamp  ## stop what `make up` started
	@$(PY) -m newswire_local.down

# Two at a time, a file each: tests wait for processes and disks as much as they compute.
test: check  ## lint, types and every test
	@$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

check: $(VENV)/dev.stamp  ## lint and types only
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy

docs: $(VENV)/run.stamp  ## write docs/datasets.md from the schemas, and into docs/questions.md what its code prints
	@$(PY) -m newswire docs
	@$(PY) -m newswire_local.questions

vocabulary: $(VENV)/run.stamp  ## IPTC's whole Media Topics into the storage root: more sections and topics are known
	@$(PY) -m newswire vocabulary

bench-extract: $(VENV)/bench.stamp  ## quality and speed of extraction beside trafilatura and newspaper4k, against the floors
	@$(PY) benchmarks/bench_extract.py $(ARGS)

outlet: $(VENV)/run.stamp  ## a new outlet from its homepage: make outlet ID=hafenblatt URL=https://hafenblatt.example/
	@test -n "$(ID)" -a -n "$(URL)" || { echo "Say which: make outlet ID=hafenblatt URL=https://hafenblatt.example/" >&2; exit 2; }
	@$(PY) -m newswire outlet $(if $(ALLOW),--allow-address $(ALLOW)) -- "$(ID)" "$(URL)"

lock: $(VENV)/uv.stamp  ## resolve requirements*.txt into the lock files, for Python 3.11 and 3.12
	@$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  --upgrade requirements.txt -o requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  --upgrade requirements.txt requirements-dev.txt -c requirements.lock \
	  --override requirements-dev.override.txt -o requirements-dev.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  --upgrade requirements.txt requirements-dev.txt requirements-bench.txt -c requirements-dev.lock \
	  --override requirements-dev.override.txt -o requirements-bench.lock

clean:  ## remove .venv and .airflow; data stays
	rm -rf $(VENV) .airflow

# Each stamp stands for an installation. The tests' packages include the run's: one sync serves both.
$(VENV)/uv.stamp:
	@test -n "$(PYTHON)" || { echo "Newswire needs Python 3.11 or 3.12. Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Newswire needs Python 3.11 or 3.12: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) include/newswire_local/bootstrap.py $(VENV) $(UV_VERSION)
	@touch $@

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/uv.stamp
	@lock=requirements.lock; test ! -f $(VENV)/dev.stamp || lock=requirements-dev.lock; \
	  echo "  installing $$lock into $(VENV)"; $(PY) include/newswire_local/bootstrap.py --sync $$lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/uv.stamp
	@echo "  installing requirements-dev.lock into $(VENV)"
	@$(PY) include/newswire_local/bootstrap.py --sync requirements-dev.lock
	@touch $@

# Any other sync takes the bench's packages away again, so this one follows all of them.
$(VENV)/bench.stamp: requirements-bench.lock $(VENV)/dev.stamp $(wildcard $(VENV)/run.stamp)
	@echo "  installing requirements-bench.lock into $(VENV)"
	@$(PY) include/newswire_local/bootstrap.py --sync requirements-bench.lock
	@touch $@
