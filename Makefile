# `make demo` shows what a project does; `make test` passes the tests. Both need git, make and Python 3.11 or newer.
.DEFAULT_GOAL := help
.PHONY: help demo test test-all capabilities quick interpreters check facts docs release-check release-archive

# A uv of one's own where there is none: in a virtual environment below the user's cache, nothing else is touched.
UV_HOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/copier-mlops/uv
UV := $(shell command -v uv || echo "$(UV_HOME)/bin/uv")
# Two more than cores: tests wait for servers and locks a third of their time.
WORKERS ?= 4
DEMO ?= $(or $(TMPDIR),/tmp)/copier-mlops-demo
export PATH := $(dir $(UV)):$(PATH)
# Meant for one command here; the tests call make in projects, where ARGS is another command's.
unexport ARGS SHARD RESULTS

help: ## list the verbs
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## /  \1\t/'

$(UV):
	python3 -m venv "$(UV_HOME)"
	"$(UV_HOME)/bin/pip" install --quiet "uv>=0.9,<0.14"

demo: $(UV) ## render a project with the defaults and run its whole pipeline, in a folder outside this checkout
	uv run python hooks/demo.py "$(DEMO)"

test: $(UV) ## all tests but further cases of what another test runs; one shard of CI's: make test SHARD=1
	uv run pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --progress --capabilities capabilities.json -m "not variant" $(SHARD:%=--shard=%) $(ARGS)

test-all: $(UV) ## all tests, as each night
	uv run pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --progress --capabilities capabilities.json $(SHARD:%=--shard=%) $(ARGS)

capabilities: $(UV) ## write the table of what was verified from the results of make test
	uv run python hooks/docs/capabilities.py $(ARGS) $(or $(RESULTS),capabilities.json)

quick: $(UV) ## the tests that run no project, in under 3 minutes
	uv run pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --progress -m "not e2e" $(ARGS)

interpreters: $(UV) ## install the Pythons that projects may choose, where the machine has none
	uv python install 3.11 3.12 3.13

check: $(UV) ## lint and format check
	uv run ruff format --check .
	uv run ruff check .

facts: $(UV) ## are pinned commits, versions and dates of others still true? compared with their source where there is a network
	uv run python hooks/facts.py $(ARGS)

# Never with --quiet: it hides the warnings from --strict, and a broken link passes.
docs: export NO_MKDOCS_2_WARNING := 1
docs: $(UV) ## build the site of docs/ into site/; a broken link or a page outside the navigation fails
	uv run mkdocs build --strict

release-check: $(UV) ## is it safe to update to? compared with the last release; before a release: make release-check TAG=0.2.0
	PYTHONPATH=hooks uv run python -m release.check $(if $(TAG),--tag "$(TAG)") $(ARGS)

release-archive: $(UV) ## keep a release for the tests of updates: make release-archive TAG=0.2.0
	PYTHONPATH=hooks uv run python -m release.keep "$(TAG)"
