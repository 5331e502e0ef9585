# On a fresh machine two commands are enough: `make run` and `make test`.
# All paths are relative, because make splits an absolute path that contains a space.

ARGS ?=
export PYTHON

# The requirements that the settings ask for, in the environment or in .env.
CHOSEN = $(if $(QUEUE_URL)$(RATE_LIMIT_URL)$(OTEL_EXPORTER_OTLP_ENDPOINT)$(filter postgresql% dynamodb%,$(STORE_URL))$(filter s3:%,$(BLOB_URL))$(shell grep -sE '^(export +)?((QUEUE|RATE_LIMIT)_URL=.|OTEL_EXPORTER_OTLP_ENDPOINT=.|STORE_URL=.?(postgresql|dynamodb)|BLOB_URL=.?s3:)' .env),extras) $(if $(filter mssql%,$(STORE_URL))$(shell grep -sE '^(export +)?STORE_URL=.?mssql' .env),mssql) $(if $(filter granian,$(SERVER))$(shell grep -sE '^(export +)?SERVER=.?granian' .env),granian)

.DEFAULT_GOAL := help
.PHONY: help run demo emulators worker test test-docker check docs reference clients bench interop torture lock audit sbom clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: ## Start the service (needs Python 3.11 or newer; PYTHON=… names one)
	@sh scripts/setup runtime $(CHOSEN)
	@exec ./portero serve $(ARGS)

demo: ## Fill a fresh development store with people, roles and data to look at
	@sh scripts/setup runtime $(CHOSEN)
	@exec ./portero demo

emulators: ## Start the service with the emulators of Firestore and Firebase Auth
	@sh scripts/setup runtime dev node
	@sh scripts/emulators $(ARGS)

worker: ## Run background jobs from QUEUE_URL=redis://… or amqp://…
	@sh scripts/setup runtime extras
	@exec ./portero worker $(ARGS)

test: ## Run the tests (ARGS="tests/unit -x" runs some of them)
	@sh scripts/setup runtime extras dev node chromium redis postgresql rabbitmq wrk oathtool nginx
	@exec .venv/bin/pytest $(or $(ARGS),-n 4 --dist loadfile --no-loadscope-reorder)

test-docker: ## Build the image, start the compose file, stop its containers in mid-work (takes some minutes)
	@sh scripts/test-docker $(ARGS)

check: ## Lint, formatting, types, layers, documentation
	@sh scripts/setup runtime extras dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

docs: ## Serve the documentation on http://localhost:8001, without a network
	@sh scripts/setup runtime extras dev mermaid
	@NO_MKDOCS_2_WARNING=1 exec .venv/bin/mkdocs serve --dev-addr localhost:8001

reference: ## Write the tables of docs/reference and .env.example, which follow from the code
	@sh scripts/setup runtime extras dev
	@.venv/bin/python -m scripts.reference

clients: ## Generate the parts of clients/ that follow from the OpenAPI document
	@sh scripts/setup runtime extras dev node
	@.venv/bin/python -m clients.generate

bench: ## Compare speed and memory with the peers in bench/peers (takes about 28 minutes; ARGS=--quick about five)
	@sh scripts/setup runtime extras dev wrk peers
	@.venv/bin/python -m bench $(or $(ARGS),--save)

interop: ## Run the tools and client libraries of others against the service (takes about ten minutes)
	@sh scripts/setup runtime extras dev node interop
	@.venv/bin/python -m interop

torture: ## Attack the service for half an hour (torture-races, torture-tokens, …: one attack, to its end)
	@sh scripts/setup runtime extras dev node redis postgresql rabbitmq nginx
	@.venv/bin/python -m torture $(ARGS)

torture-%:
	@sh scripts/setup runtime extras dev node redis postgresql rabbitmq nginx
	@.venv/bin/python -m torture $* $(ARGS)

lock: ## Pin the requirements of requirements/*.in (ARGS=--upgrade moves the pins)
	@sh scripts/lock $(ARGS)

audit: ## Ask PyPI for known vulnerabilities of the requirements
	@sh scripts/audit

sbom: ## List the packages of the image in portero.cdx.json (CycloneDX)
	@sh scripts/sbom

clean: ## Remove everything that the other targets made, except data/
	rm -rf .venv bench/.venvs interop/.venv interop/node_modules tests/js/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .site portero.cdx.json
