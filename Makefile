# Every target works from a fresh clone with python3 (3.11 or later), its venv
# module and make.  What a target needs is installed into .venv on first use,
# and again whenever pyproject.toml changes.

PYTHON3 ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
TIME ?= 20
ARGS ?=

# What each stamp $(VENV)/.with-NAME stands for.
EXTRAS_cli := cli,smtp,tables,report
EXTRAS_test := test,all
EXTRAS_cluster := test,all,ray,cluster
EXTRAS_docs := docs

# Every branch of these, and of errors.py, is taken by a test in the folder of their name.
CORE := bounces compose model parse policy replies

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # two pips must not write to one environment
.PHONY: demo test cover lint type bench fuzz mutate simulate interop crash load recipients ingest cluster locale docs package-check pythons clean help

demo: $(VENV)/.with-cli ## Write a bounce, read others, answer a client, run a server, send, run a list
	$(BIN)/dsnlib compose docs/examples/minutes.eml --lang de --host mail.example.org \
	  --sender ann@example.org --recipient bob@example.com --status 5.1.1 \
	  --remote-mta mx.example.com --diagnostic '550 5.1.1 No such user here'
	$(BIN)/dsnlib parse docs/examples/bounces.mbox
	$(BIN)/dsnlib explain-bounce docs/examples/list-bounces/cur/2.in-prose
	$(PYTHON) docs/examples/mta.py
	$(BIN)/dsnlib rewrite --verb MAIL --soft-bounce '550 5.1.1 No such user here'
	$(BIN)/dsnlib access docs/examples/access mallory@example.net --as address --explain --stage sender
	$(PYTHON) docs/examples/site.py
	$(PYTHON) docs/examples/send.py
	$(PYTHON) docs/examples/list_manager.py
	mkdir -p build && rm -f build/demo.db*
	$(BIN)/dsnlib ingest build/demo.db docs/examples/list-bounces docs/examples/bounces.mbox
	$(BIN)/dsnlib report build/demo.db
	$(BIN)/dsnlib report build/demo.db --html build/demo.html

# The tests start hundreds of programs, which would each compile what they import.
test cover interop: export PYTHONDONTWRITEBYTECODE :=
# And they write as those of a user do: what is left in a buffer is written at their end.
test cover interop: export PYTHONUNBUFFERED :=

# Speed is measured by `make bench`: on a shared machine it fails nobody.
test: $(VENV)/.with-test ## Run the tests and every example in the docs (ARGS='-k xtext')
	$(PYTHON) -m pytest -n auto --ignore=tests/bench $(ARGS)

# With the same examples every time and no corpus but ours, it says the same everywhere.
cover: $(VENV)/.with-test ## Fail unless the core's own tests take every branch of it
	HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-ci} DSNLIB_SHARED=none $(PYTHON) -m pytest -n auto \
	  --ignore-glob='*growth*' --cov=dsnlib.errors $(CORE:%=--cov=dsnlib.%) \
	  --cov-branch --cov-fail-under=100 tests/test_errors.py $(CORE:%=tests/%) $(ARGS)

lint: $(VENV)/.with-test ## Check style and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: $(VENV)/.with-test ## Check types, strictly
	$(BIN)/mypy

bench: $(VENV)/.with-test ## Measure speed
	$(PYTHON) tests/bench/run.py $(ARGS)

fuzz: $(VENV)/.with-test ## Fuzz each reader for TIME seconds (TIME=20)
	$(PYTHON) -m fuzz.run --time $(TIME) $(ARGS)

mutate: $(VENV)/.with-test ## Count the faults that the tests notice (ARGS=dsnlib/policy)
	$(PYTHON) tests/mutation/run.py $(ARGS)

simulate: $(VENV)/.with-test ## Run 10,000 networks against the laws (ARGS='--networks 500 --seed 7')
	$(PYTHON) -m tests.simulation.run $(ARGS)

interop: $(VENV)/.with-test docs ## Talk to Postfix, Exim, Chromium and others: fetched, not installed
	$(PYTHON) -m tests.interop.peers.fetch
	$(PYTHON) -m tests.interop.peers.mailman
	$(PYTHON) -m tests.interop.dsn_findings
	DSNLIB_SITE=docs/_build/html $(PYTHON) -m pytest -n 0 tests/interop -k 'peer or dovecot' $(ARGS)

crash: $(VENV)/.with-test ## Kill the server 300 times while it works (ARGS='--kills 20 --seed 7')
	$(PYTHON) -m tests.crash.run $(ARGS)

load: $(VENV)/.with-test ## Send over 500 connections at once for a minute (ARGS='--seconds 5')
	$(PYTHON) -m tests.load.run $(ARGS)

recipients: $(VENV)/.with-test ## Send to 100,000 recipients of 1,000 destinations (ARGS='--recipients 10000')
	$(PYTHON) -m tests.load.recipients $(ARGS)

ingest: $(VENV)/.with-test ## Kill what writes a history 100 times, on both stores (ARGS='--kills 20')
	$(PYTHON) -m tests.crash.ingest $(ARGS)
	$(PYTHON) -m tests.crash.postmaster $(ARGS)

cluster: $(VENV)/.with-cluster ## Read archives on Ray and on Spark
	$(PYTHON) -m pytest -n 0 tests/cluster $(ARGS)

locale: $(VENV)/.with-cli ## Bring the catalogues up to date with the texts (ARGS=nb adds one)
	$(PYTHON) dsnlib/compose/locale/update.py $(ARGS)

docs: $(VENV)/.with-docs ## Build the site and the man pages; a broken reference or link is an error
	$(BIN)/sphinx-build -n -W --keep-going -b html -d docs/_build/doctrees docs docs/_build/html
	$(PYTHON) -m tests.interop.site docs/_build/html
	$(BIN)/sphinx-build -n -W --keep-going -b man -d docs/_build/doctrees docs build/man

package-check: $(VENV)/.with-test ## Build wheel and sdist twice, install with each extra, use it (ARGS='--extras cli,smtp')
	$(PYTHON) -m tests.packaging.check $(ARGS)

pythons: $(VENV)/.with-test ## Say which Pythons there are (ARGS='--fetch --check')
	$(PYTHON) -m tests.packaging.pythons $(ARGS)

clean: ## Remove builds, caches and reports; keep .venv
	rm -rf build dist docs/_build htmlcov .benchmarks .pythons .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.*
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.made:
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dsnlib needs Python 3.11 or later; try: make PYTHON3=python3.12")'
	$(PYTHON3) -m venv $(VENV)
	@touch $@

$(VENV)/.with-%: pyproject.toml | $(VENV)/.made
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS_$*)]'
	@touch $@
