# The commands of the project. Everything lives in virtual environments that this file makes and keeps up to date:
#   .venv        the package (editable), its command line, tests and tools
#   .venv-cloud  the emulator of the local cloud
#   .venv-sam    aws-sam-cli
#   .venv-checkov  checkov, only for `make check`
#   .venv-sdk    the oldest botocore that functions are tried with
#   .venv-docs   mkdocs-material, only for `make docs`
#   .venv-lock   uv, only for `make lock` and `make update`
# Cloud and sam pin botocore to different versions, hence the separation. What each holds is pinned with hashes, for
# every Python from 3.11 and every system, in requirements/; `make lock` writes that, `make update` takes newer releases.

PYTHON ?= python3
# What is used is compiled when it is first imported; compiling all of it would double the time of setting up.
PIP_INSTALL = install --quiet --quiet --disable-pip-version-check --no-input --no-compile
LOCKED = $(PIP_INSTALL) --no-deps --require-hashes --requirement
export SAM_CLI_TELEMETRY = 0
# What would make another Python of these environments, or let pip put things elsewhere, is no business of theirs: that
# each of a run's hundreds of processes compiles all that it imports, that none finds this folder, or ends by asking for
# more. Where Python prints and what it keeps stays, and so do indexes and certificates.
unexport $(filter-out PYTHON PYTHONHASHSEED PYTHONIOENCODING PYTHONPYCACHEPREFIX PYTHONUNBUFFERED PYTHONUTF8,\
	$(filter PYTHON%,$(.VARIABLES)))
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_BUILD_CONSTRAINT PIP_REQUIREMENT PIP_EDITABLE PIP_GROUP
unexport PIP_REQUIRE_HASHES PIP_NO_BINARY PIP_ONLY_BINARY PIP_PLATFORM PIP_PYTHON_VERSION PIP_ABI PIP_IMPLEMENTATION
unexport PIP_PYTHON PIP_DRY_RUN PIP_REPORT
# Over what pip.conf says.
export PIP_USER = 0
# sam starts a make of its own for the layer, which is neither to wait for this one's jobs nor to take its PYTHON.
ALONE := MAKEFLAGS=

DEV   := .venv/.made
CLOUD := .venv-cloud/.made
SAM   := .venv-sam/.made
CHECKOV := .venv-checkov/.made
SDK := .venv-sdk/.made
DOCS := .venv-docs/.made
TYPED := functions layers/sesguard/sesguard localcloud bench

.DEFAULT_GOAL := help
.PHONY: help setup run test test-aws bench check build docs pictures lock update clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: ## make the three virtual environments, side by side
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'sesguard needs Python 3.11 or later: say which by make PYTHON=python3.12 …' >&2; exit 1; }
	@$(MAKE) --no-print-directory --silent $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j3) $(DEV) $(CLOUD) $(SAM)

run: setup ## start the local cloud, deploy the guard into it and play the scenario (PARAMETERS="DefaultMode=observe")
	@$(ALONE) .venv/bin/python -m localcloud.run $(PARAMETERS)

test: setup $(SDK) ## every test: unit, properties, contract, template, end to end
	@$(ALONE) .venv/bin/python -m tests.run

check: setup $(CHECKOV) ## test, and lint, strict types, template validation
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy $(TYPED)
	@.venv-sam/bin/sam validate --lint
	@.venv-sam/bin/sam validate --lint --template lake/template.yaml
	@.venv-sam/bin/sam validate --lint --template central/template.yaml
	@.venv-checkov/bin/checkov --file template.yaml lake/template.yaml central/template.yaml \
		--framework cloudformation --compact --quiet --skip-download
	@$(MAKE) --no-print-directory test

bench: $(DEV) ## measure everything, or one PART: ingest, cold, bill, look, sweep, backtest, onboard, lake
	@$(ALONE) .venv/bin/python -m bench.run $(PART)

# exec: what ends make has to reach the process that removes everything, and not a shell between them.
test-aws: setup ## try on AWS what docs/aws-assumptions.md assumes (SES sandbox; removes everything afterwards)
	@$(ALONE) exec .venv/bin/python -m tests.aws.run

build: $(SAM) ## build what is deployed to AWS (layer for python3.13 on arm64, whatever this host is)
	@$(ALONE) .venv-sam/bin/sam build

docs: $(DOCS) ## make a site of docs/ in build/site
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet --strict

pictures: setup ## make the pictures of the README anew, from a run in the local cloud (needs chromium)
	@$(ALONE) .venv/bin/python -m localcloud.pictures

# The layer first: what is tested stands on the releases that are deployed. uv keeps what is locked and still fits.
COMPILE = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make lock' $(UPGRADE)

lock: .venv-lock/.made ## write requirements/*.txt and the layer's anew after a change of what is required
	@$(COMPILE) layers/sesguard/requirements.in --output-file layers/sesguard/requirements.txt
	@$(COMPILE) --no-deps layers/sesguard/models.in --output-file layers/sesguard/models.txt
	@$(COMPILE) pyproject.toml --extra plot --extra console --extra bench --extra dev --constraint layers/sesguard/requirements.txt \
		--constraint layers/sesguard/models.txt \
		--output-file requirements/dev.txt
	@$(COMPILE) requirements/cloud.in --output-file requirements/cloud.txt
	@$(COMPILE) requirements/sdk.in --output-file requirements/sdk.txt
	@$(COMPILE) requirements/sam.in --output-file requirements/sam.txt
	@$(COMPILE) requirements/checkov.in --output-file requirements/checkov.txt
	@$(COMPILE) requirements/docs.in --output-file requirements/docs.txt
	@$(COMPILE) requirements/lock.in --output-file requirements/lock.txt

update: ## the same with the newest releases that the ranges allow
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade

clean: ## remove what these commands made, the environments included
	rm -rf .venv .venv-cloud .venv-sam .venv-checkov .venv-sdk .venv-docs .venv-lock .aws-sam .localcloud build

# ---- virtual environments: made anew when what they hold changes -------------------------------------------------------

$(DEV): pyproject.toml requirements/dev.txt layers/sesguard/requirements.in layers/sesguard/command.in
	@echo "setting up .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip $(LOCKED) requirements/dev.txt
	@.venv/bin/pip $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv-%/.made: requirements/%.txt
	@echo "setting up .venv-$*"
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/pip $(LOCKED) $<
	@touch $@
