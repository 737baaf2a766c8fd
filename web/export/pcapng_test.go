package export

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// syn is a SYN from 127.0.0.1:40000 to 127.0.0.1:80.
const syn = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00" +
	"\x45\x00\x00\x28\x00\x01\x40\x00\x40\x06\x3c\xcd\x7f\x00\x00\x01\x7f\x00\x00\x01" +
	"\x9c\x40\x00\x50\x00\x00\x00\x07\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00"

// withPackets is a trace of one packet and a longer one that was cut off.
func withPackets() *trace.File {
	packet := func(time int64, data string, size int) trace.Event {
		return trace.Event{Kind: trace.Packet, Time: time, FD: -1, Data: []byte(data), Size: size}
	}
	return &trace.File{
		Header:   &trace.Header{Version: trace.Version, Lab: "echo", Began: 1_700_000_000_123, Wire: "lo"},
		Messages: []*trace.Message{{Events: []trace.Event{packet(1_000_001, syn, 54), packet(2_000_000, syn, 99)}}},
	}
}

// tshark reads the packets with their times and lengths.
func TestPcapng(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("needs tshark: install Debian's package tshark")
	}
	name := filepath.Join(t.TempDir(), "run.pcapng")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Pcapng(f, withPackets()), f.Close()); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(tshark, "-r", name, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.flags.syn").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	for i, want := range []string{"124000001\t54\t54\t40000\t80\t", "125000000\t99\t54\t40000\t80\t"} {
		if len(lines) != 2 || !strings.Contains(strings.ReplaceAll(lines[i], "1700000000.", ""), want) && !strings.Contains(lines[i], want) {
			t.Errorf("tshark read %q, want %q", lines, want)
		}
	}
}

func TestNoPackets(t *testing.T) {
	f := withPackets()
	f.Messages = nil
	f.Header.NoWire = "the system allows no capture"
	var out bytes.Buffer
	if err := Pcapng(&out, f); err == nil || !strings.Contains(err.Error(), "allows no capture") {
		t.Error(err)
	}
	f.Header.NoWire = ""
	if err := Pcapng(&out, f); !errors.Is(err, ErrNoPackets) || out.Len() > 0 {
		t.Error(err, out.Len())
	}
}
