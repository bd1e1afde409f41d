# rimshot: `make help` lists what can be made.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# STRICT=1: a lint that is not installed is an error and not a line.
STRICT ?= 0
# The Raspberry Pi to build for: aarch64 or armv7.
ARCH ?= aarch64

.PHONY: help demo build install deps check fmt clippy doc test rtsan deb vm-smoke vm-test cross cross-test bench soak sound clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

demo: build ## hear it: installs what is missing, builds, plays
	target/release/rimshot demo

build: deps ## the program, in target/release
	cargo build --release --locked

install: build ## as a service that plays from boot on (asks for root)
	$(if $(filter 0,$(shell id -u)),,sudo) deploy/install.sh

# For this machine where ARCH is not named.
deb: deps ## a Debian package in target/debian; ARCH=aarch64 or armv7 for a Raspberry Pi
	deploy/deb.sh $(if $(filter file,$(origin ARCH)),,$(ARCH))

deps: ## what the build needs and this machine lacks
	@deploy/deps.sh

# A component of Rust's that a small installation lacks.
lacks = if ! cargo $(1) --version >/dev/null 2>&1; then \
	echo "$(1): SKIPPED, it is not installed: rustup component add $(2)" >&2; \
	exit $(if $(filter 1,$(STRICT)),1,0); fi

fmt:
	@$(call lacks,fmt,rustfmt); set -x; cargo fmt --check

clippy: deps
	@$(call lacks,clippy,clippy); set -x; cargo clippy --locked --all-targets --all-features -- -D warnings

# Private items are documented too, so links to them hold.
doc: deps
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --locked --no-deps --document-private-items

check: fmt clippy doc ## formatting, lints and documentation

# The proof that the audio callback is real-time runs twice: what the optimiser removes or
# adds is part of what is proved. Making every recording of the kits again takes one.
test: check ## the checks and all tests
	cargo test --locked
	cargo test --locked --release --test realtime
	cargo test --locked --release --test factory -- --ignored

rtsan: deps ## the callback under LLVM's RealtimeSanitizer
	STRICT=$(STRICT) tests/rtsan.sh

vm-smoke: ## the program on a real kernel with sound cards, in qemu
	tests/vm/smoke.sh

vm-test: ## what an appliance goes through: hot-plug, buttons, power cuts, systemd; in qemu
	tests/vm/test.sh

cross: ## for a Raspberry Pi, ARCH=aarch64 or armv7, and a start under qemu
	deploy/cross.sh $(ARCH)

cross-test: build ## the tests too, under qemu, and how far renders are apart
	deploy/cross.sh $(ARCH) --test

bench: deps ## how fast it is
	cargo bench --locked --bench engine --bench library

soak: deps ## eight hours of playing in some minutes, with everything that can go wrong
	cargo test --locked --release --test soak -- --ignored --nocapture

sound: deps ## how the kits sound, beside recorded ones
	cargo bench --locked --bench kits

clean: ## away with what was built
	cargo clean
