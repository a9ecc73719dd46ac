# The commands of this project, each with its one line of help. What they do is in tests/env/.

.PHONY: help run test test-mysql soak bench bench-adoption check sqlx
.DEFAULT_GOAL := help

# An exported one would make the compiler ask a database.
unexport SQLX_OFFLINE

help: ## list these commands
	@awk -F ': ## ' '/^[a-z-]+: ## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: ## build and serve with a database and a double of Kratos of its own; Ctrl-C stops everything
	@bash tests/env/run.sh

test: ## every test against a throw-away database; ARGS='...' goes to cargo test
	@bash tests/env/test.sh $(ARGS)

test-mysql: ## the tests that speak to the database, on a MySQL 9
	@bash tests/env/test_mysql.sh

bench: ## time hits and provisions against what the machine can do at all, as ratios; 10 minutes
	@bash tests/env/bench.sh speed

bench-adoption: ## time hits and misses on an adopted table of 1,000,000 users, or BENCH_USERS
	@bash tests/env/bench.sh adoption

soak: ## the long forms of tests, minutes each; MODEL_SEED=... repeats a run of the model
	@bash tests/env/soak.sh

check: ## formatting, clippy, documentation and freshness of .sqlx
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --all-targets --locked --features identity-resolver/faults,identity-resolver/bench -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --locked --no-deps --document-private-items
	@bash tests/env/sqlx.sh --check

sqlx: ## write .sqlx anew, after a query or a migration has changed
	@bash tests/env/sqlx.sh
