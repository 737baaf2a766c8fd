# make run    build everything and serve it on http://127.0.0.1:8080/
# make quick  vet, then the tests that take neither a browser nor long: under a minute
# make test   vet, then every test, with the race detector and a browser
# make check  format, vet for each system, tidy modules, staticcheck, known vulnerabilities
# make bench  the sizes of app.wasm, the benchmarks, the servers and the relay beside those of others
# make load   500 visitors at once, then ten again and again, and what that takes
# make abuse  a visitor under attacks, beside one without
# make soak   a few visitors at a time for SOAK=1h, and whether anything grows
# make dist   the site as plain files, in dist/
# make release  the relay for each system, in release/
# make tab    a Linux for the browser's tab, from sources: ten minutes, once. With TAB=1,
#             make dist puts it beside the pages, make build and make release into the relay
# make test-tab  the machine's tests: each lab on it, TRIES=20 times (an hour), and in a browser
# make recordings   run every lab here, and keep the traces that the site ships with

GOTESTSUM = gotest.tools/gotestsum@v1.13.0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.1.4

WASM = web/site/built/app.wasm.br
# Without inlining, the pages take 4% less of app.wasm in brotli, and are as fast. The
# timeline would lay out its frames at half the speed, so it keeps its inlining.
SMALL = -gcflags=sockscope/web/...=-l -gcflags=sockscope/web/timeline=

# Where the relay runs; on Windows without a native server of its own.
SYSTEMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build run quick test check bench load abuse soak dist tab test-tab inside release recordings clean FORCE
# Without cgo, also where there is a C compiler: the relay then runs on any Linux.
build: $(WASM) inside
	CGO_ENABLED=0 go build -trimpath -o .build/ ./relay ./server

run: build
	.build/relay

quick:
	go vet ./...
	go test -short ./...

# Each test is named when it ends; then come those that failed, those that were skipped and
# why, and the slow ones. A machine may be slow: the time limit is for tests that hang. Most
# parallel tests wait, so that there are more of them than processors. The packages that
# take longest begin first, three at a time: they wait more than they work.
test: $(WASM)
	@.ci/need
	go vet ./...
	@go run $(GOTESTSUM) --format testname --format-icons text --jsonfile .build/test.json -- -race -p 3 -parallel 4 -timeout 60m ./relay ./server/run ./server/demo ./...; status=$$?; \
	echo 'Tests that took more than 5 s:'; go run $(GOTESTSUM) tool slowest --threshold 5s --jsonfile .build/test.json; \
	printf '%s passed, %s failed, %s skipped\n' $$(for a in pass fail skip; do \
		grep -c "\"Action\":\"$$a\".*\"Test\":" .build/test.json; done); exit $$status

check: $(WASM)
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	go mod tidy -diff
	cd server/bench && go mod tidy -diff
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
	go test ./relay -run '^(TestLoad|TestTenAtOnce)$$' $(RELAY) -visitors 500 -pressing 10s

abuse: build
	go test ./relay -run '^(TestAbuse|TestIdleCrowd)$$' $(RELAY) -abuse 100

soak: build
	go test ./relay -run '^TestSoak$$' $(RELAY) -timeout 0 -soak $(SOAK)

dist: $(WASM) $(if $(TAB),tab)
	rm -rf dist
	go run ./web/site/export index.html dist $(if $(TAB),.build/tab/bundle)

tab:
	web/machine/build

TRIES ?= 20

test-tab: $(WASM) tab
	@.ci/need
	GOARCH=386 CGO_ENABLED=0 go test ./server/trace/... ./server/socket ./server/demo ./server/console
	go test ./server/run -run '^TestMachine' -count=1 -v -timeout 0 -machine $(CURDIR)/.build/tab/bundle -tries $(TRIES)
	go test ./relay -run '^TestMachine' -count=1 -v -timeout 60m -machine $(CURDIR)/.build/tab/bundle

# One file for each system, with the site inside. The same sources give the same files.
release: $(WASM) inside
	rm -rf release
	@for s in $(SYSTEMS); do os=$${s%/*}; case $$os in windows) exe=.exe;; *) exe=;; esac; \
	echo release/relay-$$os-$${s#*/}$$exe; \
	CGO_ENABLED=0 GOOS=$$os GOARCH=$${s#*/} go build -trimpath -ldflags '-s -w' \
		-o release/relay-$$os-$${s#*/}$$exe ./relay || exit 1; done
	cd release && sha256sum relay-* >SHA256SUMS

# What the relay has of the machine.
inside: $(if $(TAB),tab)
	@rm -rf web/site/built/tab
	$(if $(TAB),cp -r .build/tab/bundle web/site/built/tab)

recordings:
	go run ./server record web/assets/recordings

clean:
	rm -rf .build dist release web/site/built/app.wasm.* web/site/built/tab

# The go command knows what app.wasm is made of. The file changes only when its content
# does, because packing it takes most of a minute.
.build/app.wasm: FORCE
	@GOOS=js GOARCH=wasm go build -trimpath -buildvcs=false -ldflags '-s -w' $(SMALL) -o .build/linked.wasm ./wasm
	@cmp -s .build/linked.wasm $@ || cp .build/linked.wasm $@

$(WASM): .build/app.wasm
	go run ./web/site/pack $< $(@D)
