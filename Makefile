# make run    build everything and serve it on http://127.0.0.1:8080/
# make test   vet, then every test, the browser's too
# make check  format, vet for each system, staticcheck, known vulnerabilities
# make bench  the sizes of app.wasm, the benchmarks, the servers and the relay beside those of others
# make load   500 visitors at once, and what that takes
# make abuse  a visitor under attacks, beside one without
# make soak   a few visitors at a time for SOAK=1h, and whether anything grows
# make dist   the site as plain files, in dist/
# make release  the relay for each system, in release/
# make recordings   run every lab here, and keep the traces that the site ships with

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.1.4

# What app.wasm is made of: neither tests, nor what only the server runs.
SOURCES := go.mod $(shell find wasm web server/lab server/trace -name '*.go' \
	! -name '*_test.go' ! -path 'web/site/*' ! -path 'web/assets/*' ! -path 'web/browser/*')
WASM = web/site/built/app.wasm.br
# Inlined, these packages make app.wasm 3% larger and nothing on the page faster;
# HTTP is the browser's business. A function that is left takes 16 of the 100,000
# data segments that the linker cuts zeros out with, so that inlining the small
# functions of other packages makes app.wasm smaller.
SMALL = -tags nethttpomithttp2 $(patsubst %,-gcflags=%=-l,crypto/internal/fips140/bigmod encoding/json fmt \
	github.com/maxence-charriere/... log math/big strings sync/... syscall/js unicode/utf8 sockscope/web/play sockscope/server/lab)

# Package http names crypto/tls, which keeps a table of elliptic curves that the linker
# can't leave out and no page uses: without its four entries app.wasm is 3% smaller.
HPKE := $(wildcard $(shell go env GOROOT)/src/crypto/hpke/kem.go)
OVERLAY = $(if $(HPKE),-overlay .build/overlay.json)

# Where the relay runs; on Windows without a native server of its own.
SYSTEMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build run test check bench load abuse soak dist release recordings clean
# Without cgo, also where there is a C compiler: the relay then runs on any Linux.
build: $(WASM)
	CGO_ENABLED=0 go build -trimpath -o .build/ ./relay ./server

run: build
	.build/relay

test: $(WASM)
	@.ci/need
	go vet ./...
	@echo 'go test -race ./...   (all of it in .build/test.log)'
	@go test -race -timeout 20m -v ./... >.build/test.log 2>&1; status=$$?; \
	grep -E '^(ok|FAIL|panic:|WARNING)|^ *--- (SKIP|FAIL)|_test\.go:[0-9]+:' .build/test.log; exit $$status

check: $(WASM)
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	go vet ./...
	GOOS=darwin go vet ./...
	GOOS=windows go build -o /dev/null ./relay
	GOOS=js GOARCH=wasm go vet ./wasm
	cd server/bench && go vet .
	go run $(STATICCHECK) ./...
	@if out=$$(go run $(GOVULNCHECK) ./... 2>&1); then echo "$$out"; else case "$$out" in \
	*'fetching vulnerabilities'*) echo 'govulncheck: its database is not in reach, so nothing was checked against it';; \
	*) echo "$$out"; exit 1;; esac; fi

bench: $(WASM)
	@wc -c .build/app.wasm web/site/built/app.wasm.*
	go test -run '^$$' -bench . ./...
	cd server/bench && go run .
	@.ci/need websockify
	go run ./relay/bench

RELAY = -count=1 -v -relay $(CURDIR)/.build/relay
SOAK ?= 1h

load: build
	go test ./relay -run '^TestLoad$$' $(RELAY) -visitors 500

abuse: build
	go test ./relay -run '^(TestAbuse|TestIdleCrowd)$$' $(RELAY) -abuse 100

soak: build
	go test ./relay -run '^TestSoak$$' $(RELAY) -timeout 0 -soak $(SOAK)

dist: $(WASM)
	rm -rf dist
	go run ./web/site/export index.html dist

# One file for each system, with the site inside. The same sources give the same files.
release: $(WASM)
	rm -rf release
	@for s in $(SYSTEMS); do os=$${s%/*}; case $$os in windows) exe=.exe;; *) exe=;; esac; \
	echo release/relay-$$os-$${s#*/}$$exe; \
	CGO_ENABLED=0 GOOS=$$os GOARCH=$${s#*/} go build -trimpath -ldflags '-s -w' \
		-o release/relay-$$os-$${s#*/}$$exe ./relay || exit 1; done
	cd release && sha256sum relay-* >SHA256SUMS

recordings:
	go run ./server record web/assets/recordings

clean:
	rm -rf .build dist release web/site/built/app.wasm.*

.build/app.wasm: $(SOURCES)
	@mkdir -p .build
	@$(if $(HPKE),sed 's/^\(var dhKEM[A-Za-z0-9]*\) = &dhKEM{.*/\1 *dhKEM/' $(HPKE) >.build/kem.go)
	@echo '{"Replace":{"$(HPKE)":"$(CURDIR)/.build/kem.go"}}' >.build/overlay.json
	GOOS=js GOARCH=wasm go build -trimpath -ldflags '-s -w' $(SMALL) $(OVERLAY) -o .build/linked.wasm ./wasm
	go run ./web/site/slim .build/linked.wasm $@

$(WASM): .build/app.wasm
	go run ./web/site/pack $< $(@D)
