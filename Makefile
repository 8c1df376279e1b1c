# trunktester: the box that says why a SIP trunk does not register.
# Go and make are enough for `make run`; `make test` installs what it may (Debian packages, as root).

BIN     := bin
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
VERSION := $(shell git describe --tags --always --dirty --abbrev=12 2>/dev/null || echo dev)
# The version of Go that the card is built with, whatever the machine has.
TOOLCHAIN := $(shell sed -n "s/^toolchain //p" go.mod)
# The time of the commit, not of the build: the same sources make the same program.
BUILT   := $(shell git log -1 --format=%ct 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.built=$(BUILT)
# The page and the box's own look at the web speak HTTP/1.1: without HTTP/2 the program is 0.5 MB smaller.
TAGS    := nethttpomithttp2
FAULT   ?= healthy
N       ?= 20
SEED    ?= 1

.PHONY: help run test bench soak matrix build image image-test image-check image-torture image-update trunkkit tables clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 12

build: ## the programs, in bin/
	@CGO_ENABLED=0 go build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/...

ifdef PROFILE
run: build ## a network in a box with the real program in it; FAULT=sip-alg for a fault; PROFILE=trunk.toml for one real check from this machine
	@$(BIN)/trunktester check -profile $(PROFILE)
else
run: build
	@$(BIN)/trunklab -fault $(FAULT)
endif

test: ## everything, some of the card image's visits on an emulated Pi included; installs Debian packages where it may
	@scripts/install-peers emulator
	@scripts/test

bench: build ## speeds, as ratios in one run; UPDATE=1 writes them into docs/speed.md and docs/reflector.md
	@go test -run '^$$' -bench . -timeout 15m ./lab/bench/ $(if $(UPDATE),-update)
	@go test -run '^$$' -bench . ./cmd/reflector/ $(if $(UPDATE),-update)

soak: N = 1000
soak: build ## draws N worlds (N=1000, SEED=1) with none, one or two faults, 16 at once, and prints a confusion matrix; UPDATE=1 writes docs/confusion.md
	@scripts/soak $(N) $(SEED) $(if $(UPDATE),-update)

matrix: build ## every fault with every kind of router, transport, name and provider; CELLS=-tls for those whose names match; UPDATE=1 writes docs/matrix.md
	@scripts/matrix '$(CELLS)' $(if $(UPDATE),-update)

image: ## the card image: out/trunktester.img, and .img.gz to send; UPDATE_KEY=update.pub for boxes that take signed updates; TWICE=1 compares two builds
	@GOTOOLCHAIN=$(TOOLCHAIN) go run ./image/build -out out -stamp $$(git log -1 --format=%ct) -ldflags '$(LDFLAGS)' -version '$(VERSION)' $(if $(UPDATE_KEY),-update-key '$(UPDATE_KEY)') $(if $(TWICE),-twice)

image-test: ## boots that image on an emulated Pi in the lab: lights read from the registers, sticks, files dropped, the cable pulled, the button pressed; WORLD=… for one, or several with commas
	@scripts/install-peers emulator
	@go run ./image/trial -image out/trunktester.img $(if $(WORLD),-world $(WORLD))

image-check: ## builds the image twice, to the same byte, makes every visit of image-test, and cuts the power some times: on an idle machine
	@scripts/install-peers emulator
	@scripts/test-image

image-torture: ## cuts the power of that image N times (N=20, SEED=1), after every single write of a recorded session, and N times while an update is written or tried
	@scripts/install-peers emulator
	@go run ./image/trial -image out/trunktester.img -torture $(N) -seed $(SEED)
	@scripts/update-trial cuts -torture $(N) -seed $(SEED)

image-update: ## updates an emulated box by sticks: good and bad ones, and with power cuts (SEED=1); WORLD=… for one visit
	@scripts/install-peers emulator
	@scripts/update-trial -seed $(SEED) $(if $(WORLD),-world $(WORLD))

trunkkit: ## trunkkit for Windows, macOS and Linux, in out/, with nothing to install
	@for system in windows/amd64 darwin/arm64 darwin/amd64 linux/amd64 linux/arm64; do \
	  os=$${system%/*}; arch=$${system#*/}; file=out/trunkkit-$$os-$$arch; [ $$os = windows ] && file=$$file.exe; \
	  CGO_ENABLED=0 GOTOOLCHAIN=$(TOOLCHAIN) GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '$(LDFLAGS)' -o $$file ./cmd/trunkkit || exit 1; \
	  ls -l $$file | awk '{ printf "%s  %.1f MB\n", $$NF, $$5 / 1e6 }'; \
	done

tables: build ## regenerates the tables and the printed things in docs/
	@go test ./appliance/catalogue/ ./appliance/report/ ./image/prints/ ./lab/worlds/ ./lab/witnessed/ -update -count=1
	@go test ./appliance/page/ -run MetricsPage -update -count=1
	@go run ./lab/guards -o docs/guards.md >/dev/null

clean: ## removes what was built
	@rm -rf $(BIN) out
