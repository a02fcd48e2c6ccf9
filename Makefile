# make report: set up and make the report, offline, on the shipped data.  make test: set up and pass the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
OUT    ?= bld/report
VERSION ?= 3.13
READY  := $(VENV)/.ready
export PYTHONHASHSEED = 0

.PHONY: mutants mutants-left test-oldest test-python audit chaos sbom docs fuzz fuzz-coverage help setup report test test-slow lint lab notebooks bench bench-data bench-impact bench-trade bench-scenario calibration wheel clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(READY) ## set up .venv from uv.lock

$(UV):
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; name one: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --extra dev --compile-bytecode
	@touch $@

report: $(READY) ## the main job: data to report, in bld/report
	$(BIN)/eaeu report --out "$(OUT)"

test: $(READY) lint ## lint, types, tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not network and not slow"

test-slow: $(READY) ## the tests that take minutes
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "slow and not network"

test-oldest: $(UV) ## the tests on the oldest dependencies that pyproject.toml allows
	$(UV) venv --quiet --clear bld/oldest
	$(UV) pip install --quiet --python bld/oldest/bin/python --resolution lowest-direct --editable ".[dev]"
	bld/oldest/bin/python -m pytest -n 2 --dist loadgroup -m "not network and not slow"

test-python: $(UV) ## the tests on another Python, with branch coverage: make test-python VERSION=3.13
	$(UV) run --quiet --isolated --frozen --extra dev --python $(VERSION) python -m pytest -n 2 --dist loadgroup -m "not network and not slow" --cov=eaeu_analysis --cov-branch

mutants: $(READY) ## mutation testing of the modules that pyproject.toml names (an hour); then: make mutants-left
	OMP_NUM_THREADS=1 $(UV) run --quiet --isolated --frozen --extra dev --with mutmut==3.8.1 mutmut run --max-children 2
	$(BIN)/python scripts/count_mutants.py

mutants-left: $(UV) ## the mutants that no test told from the code
	@$(UV) run --quiet --isolated --frozen --extra dev --with mutmut==3.8.1 mutmut results

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks

notebooks: $(READY) ## run the notebooks from their text and keep their outputs
	$(BIN)/python scripts/build_notebooks.py

bench: $(READY) ## every benchmark beside its peers; writes quality/benchmarks/RESULTS.md (a quarter of an hour)
	$(BIN)/python quality/benchmarks/run.py

bench-data: $(READY)
	$(BIN)/python quality/benchmarks/run.py --only data bulk_zip

bench-impact: $(READY)
	$(BIN)/python quality/benchmarks/run.py --only impact_synthetic impact_sdid impact_curve

bench-trade: $(READY)
	$(BIN)/python quality/benchmarks/run.py --only trade_equilibrium trade_gravity

bench-scenario: $(READY)
	$(BIN)/python quality/benchmarks/run.py --only scenario

chaos: $(READY) ## faults on disk and network, kills, crowds, odd places, a cluster that dies (a quarter of an hour)
	$(BIN)/python -m quality.chaos

calibration: $(READY) ## placebo problems and past accessions, by which the tool is judged; kept in data/results
	OMP_NUM_THREADS=1 $(BIN)/python scripts/calibrate.py --jobs 2

fuzz: $(READY) ## a million spoilt inputs against every reader (ten minutes); counts in quality/fuzz/RESULTS.json
	$(BIN)/python -m quality.fuzz --inputs 1000000 --jobs 2 --seed 0 --write quality/fuzz/RESULTS.json

fuzz-coverage: $(READY) ## the same led by coverage (atheris, on Linux), a tenth of the inputs
	$(UV) run --quiet --isolated --frozen --extra fuzz python -m quality.fuzz --engine atheris --inputs 100000 --jobs 2

docs: $(READY) ## the documentation site, in bld/site; a warning is an error
	rm -rf bld/site
	$(UV) run --quiet --isolated --frozen --extra docs sphinx-build -W --keep-going --fresh-env --quiet -d bld/doctrees docs bld/site

wheel: $(READY) ## build a wheel and the sources into dist/
	$(UV) build --quiet

sbom: $(READY) ## what the package is made of, from the lock (CycloneDX), in dist/sbom.cdx.json
	$(BIN)/python scripts/make_sbom.py dist/sbom.cdx.json

audit: $(READY) ## security rules of ruff, bandit, known weaknesses of what is locked (asks PyPI)
	$(BIN)/ruff check --select S eaeu_analysis scripts
	$(UV) tool run --quiet bandit==1.9.4 --quiet --configfile pyproject.toml --recursive eaeu_analysis
	$(UV) export --frozen --no-emit-project --quiet --output-file bld/locked.txt
	$(UV) tool run --quiet pip-audit==2.10.1 --requirement bld/locked.txt --disable-pip --strict

clean:
	rm -rf bld dist build
