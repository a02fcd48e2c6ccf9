# make report: set up, then write the report, offline, from the shipped data.  make test: set up, then run the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
OUT    ?= bld/report
VERSION ?= 3.13
READY  := $(VENV)/.ready
FAST   := -n 2 --dist loadgroup -m "not network and not slow"
BENCH  := $(BIN)/python quality/benchmarks/run.py
MUTMUT := $(UV) run --quiet --isolated --frozen --extra dev --with mutmut==3.8.1 mutmut
export PYTHONHASHSEED = 0

.PHONY: help setup report test lint clean lab notebooks calibration docs test-slow live test-oldest test-newest test-python \
	mutants mutants-left bench bench-data bench-impact bench-trade bench-scenario fuzz fuzz-coverage chaos audit wheel sbom recipe

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-17s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Everyday
setup: $(READY) ## create .venv from uv.lock

$(UV):
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; choose one: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --extra dev --compile-bytecode
	@touch $@

report: $(READY) ## from data to report, in bld/report (elsewhere: make report OUT=folder)
	$(BIN)/eaeu report --out "$(OUT)"

test: $(READY) lint ## format, lint, types and tests
	$(BIN)/python -m pytest $(FAST)

lint: $(READY) ## format, lint, types and docstrings only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_docstrings.py

clean: ## remove what was built
	rm -rf bld dist build

##@ Data, notebooks, documentation
lab: $(READY) ## open the notebooks in JupyterLab, also as root; more options: make lab ARGS="--no-browser --port 9000"
	$(BIN)/jupyter lab --notebook-dir notebooks $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

notebooks: $(READY) ## run the notebooks from their .py files and keep the outputs
	$(BIN)/python scripts/build_notebooks.py

docs: $(READY) ## build the documentation site in bld/site; a warning is an error
	rm -rf bld/site
	$(UV) run --quiet --isolated --frozen --extra docs sphinx-build -W --keep-going --fresh-env --quiet -d bld/doctrees docs bld/site

calibration: $(READY) ## false-positive rate and power on placebo problems and past accessions, into data/results
	OMP_NUM_THREADS=1 $(BIN)/python -m scripts.calibrate --jobs 2

##@ Quality
test-slow: $(READY) ## the tests that take minutes
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "slow and not network"

live: $(READY) ## the live services, one small request each; skipped without a network or without a key
	$(BIN)/python -m pytest -n 0 -m network -rs -s tests/data/sources/live/test_live_services.py

test-oldest: $(UV) ## the tests with the oldest dependencies that pyproject.toml allows
	$(call elsewhere,oldest,oldest dependencies,--resolution lowest-direct,3.11)

test-newest: $(UV) ## the tests with the newest dependencies, pre-releases too
	$(call elsewhere,newest,newest dependencies and pre-releases,--prerelease allow,3.13)

test-python: $(UV) ## the tests on another Python, with branch coverage: make test-python VERSION=3.13
	$(UV) run --quiet --isolated --frozen --extra dev --python $(VERSION) python -m pytest $(FAST) --cov=eaeu_analysis --cov-branch \
		--junitxml bld/python$(VERSION).xml
	$(UV) run --quiet --isolated --frozen --extra dev --python $(VERSION) python scripts/count_tests.py "Python $(VERSION)" bld/python$(VERSION).xml

# $(call elsewhere,folder,name,options of uv pip install,Python): the tests in an environment of their own, counted also where some fail
define elsewhere
	$(UV) venv --quiet --clear --python $(4) bld/$(1)
	$(UV) pip install --quiet --python bld/$(1)/bin/python $(3) --editable ".[dev]"
	bld/$(1)/bin/python -m pytest $(FAST) --junitxml bld/$(1).xml; failed=$$?; \
		bld/$(1)/bin/python scripts/count_tests.py "$(2)" bld/$(1).xml && exit $$failed
endef

mutants: $(READY) ## mutation testing of the modules named in pyproject.toml (an hour)
	OMP_NUM_THREADS=1 $(MUTMUT) run --max-children 2
	$(BIN)/python scripts/count_mutants.py

mutants-left: $(UV) ## the mutants that no test killed
	@$(MUTMUT) results

bench: $(READY) ## all benchmarks against other packages, into quality/benchmarks/RESULTS.md (a quarter of an hour)
	$(BENCH)

bench-data: $(READY) ## pulling and reading data
	$(BENCH) --only data bulk_zip

bench-impact: $(READY) ## counterfactuals and the specification curve
	$(BENCH) --only impact_synthetic impact_sdid impact_curve

bench-trade: $(READY) ## gravity and equilibrium
	$(BENCH) --only trade_equilibrium trade_gravity

bench-scenario: $(READY) ## draws of a scenario
	$(BENCH) --only scenario

fuzz: $(READY) ## a million damaged inputs for every reader, counts into quality/fuzz/RESULTS.json (ten minutes)
	$(BIN)/python -m quality.fuzz --inputs 1000000 --jobs 2 --seed 0 --write quality/fuzz/RESULTS.json

fuzz-coverage: $(READY) ## the same guided by coverage (atheris, on Linux), a tenth of the inputs
	$(UV) run --quiet --isolated --frozen --extra fuzz python -m quality.fuzz --engine atheris --inputs 100000 --jobs 2

chaos: $(READY) ## failures of disk, network, processes and clusters, into quality/chaos/RESULTS.json (a quarter of an hour)
	$(BIN)/python -m quality.chaos

audit: $(READY) ## security rules of ruff and bandit, known vulnerabilities of the locked versions (asks PyPI)
	$(BIN)/ruff check --select S eaeu_analysis scripts
	$(UV) tool run --quiet bandit==1.9.4 --quiet --configfile pyproject.toml --recursive eaeu_analysis
	$(UV) export --frozen --no-emit-project --quiet --output-file bld/locked.txt
	$(UV) tool run --quiet pip-audit==2.10.1 --requirement bld/locked.txt --disable-pip --strict

##@ Release
wheel: $(READY) ## build a wheel and the source archive in dist/
	$(UV) build --quiet

recipe: wheel ## the recipe for conda-forge, from the source archive, in dist/recipe.yaml
	$(BIN)/python scripts/make_recipe.py dist/*.tar.gz dist/recipe.yaml

sbom: $(READY) ## the list of components, from the lock (CycloneDX), in dist/sbom.cdx.json
	$(BIN)/python scripts/make_sbom.py dist/sbom.cdx.json
