# The commands of the project. Everything lives in three virtual environments that this file makes and keeps up to date:
#   .venv        the package (editable), its command line, tests and tools
#   .venv-cloud  the emulator of the local cloud
#   .venv-sam    aws-sam-cli
# The last two pin botocore to different versions, hence the separation.

PYTHON ?= python3
# What is used is compiled when it is first imported; compiling all of it would double the time of setting up.
PIP_INSTALL = install --quiet --disable-pip-version-check --no-input --no-compile
export SAM_CLI_TELEMETRY = 0

DEV   := .venv/.made
CLOUD := .venv-cloud/.made
SAM   := .venv-sam/.made
CHECKOV := .venv-checkov/.made
TYPED := functions layers/sesguard/sesguard localcloud bench

.DEFAULT_GOAL := help
.PHONY: help setup run test check build clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: ## make the three virtual environments, side by side
	@$(MAKE) --no-print-directory --silent -j3 $(DEV) $(CLOUD) $(SAM)

run: setup ## start the local cloud, deploy the guard into it and play the scenario
	@.venv/bin/python -m localcloud.run

test: setup ## every test: unit, properties, contract, template, end to end
	@.venv/bin/python -m pytest --numprocesses auto --quiet -m 'not emulator and not cloud'
	@.venv/bin/python -m pytest --numprocesses 3 --dist loadfile --quiet -m 'emulator or cloud'

check: setup $(CHECKOV) ## test, and lint, strict types, template validation
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy $(TYPED)
	@.venv-sam/bin/sam validate --lint
	@.venv-checkov/bin/checkov --file template.yaml --framework cloudformation --compact --quiet
	@$(MAKE) --no-print-directory test

build: $(SAM) ## build what is deployed to AWS (layer for python3.13 on arm64, whatever this host is)
	@.venv-sam/bin/sam build

clean: ## remove what these commands made, the environments included
	rm -rf .venv .venv-cloud .venv-sam .venv-checkov .aws-sam .localcloud build

# ---- virtual environments: made anew when what they hold changes -------------------------------------------------------

$(DEV): pyproject.toml layers/sesguard/requirements.txt
	@echo "setting up .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip $(PIP_INSTALL) --editable '.[cli,dev,bench]'
	@touch $@

$(CLOUD): localcloud/requirements-cloud.txt
	@echo "setting up .venv-cloud"
	@$(PYTHON) -m venv --clear .venv-cloud
	@.venv-cloud/bin/pip $(PIP_INSTALL) --requirement $<
	@touch $@

$(SAM): localcloud/requirements-sam.txt
	@echo "setting up .venv-sam"
	@$(PYTHON) -m venv --clear .venv-sam
	@.venv-sam/bin/pip $(PIP_INSTALL) --requirement $<
	@touch $@

# Only `make check` needs it. It follows the template's rules, and its own pins cannot share an environment.
$(CHECKOV): tests/template/requirements-checkov.txt
	@echo "setting up .venv-checkov"
	@$(PYTHON) -m venv --clear .venv-checkov
	@.venv-checkov/bin/pip $(PIP_INSTALL) --requirement $<
	@touch $@
