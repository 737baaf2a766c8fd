package socket

import (
	"net/netip"
	"testing"
)

// FuzzAddress: an address that is taken comes back as the same address.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"127.0.0.1:80", "[::1]:8080", "[::ffff:1.2.3.4]:1", "[fe80::1%lo]:5", "localhost:80", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var sa sockaddr
		if sa.set(text) != nil {
			return
		}
		want := netip.MustParseAddrPort(text)
		got, err := netip.ParseAddrPort(string(sa.appendTo(nil)))
		if err != nil || got != netip.AddrPortFrom(want.Addr().WithZone(""), want.Port()) {
			t.Errorf("%q became %v, %v", text, got, err)
		}
	})
}

// FuzzSockaddr: whatever the kernel writes, its text is an address or nothing.
func FuzzSockaddr(f *testing.F) {
	var sa sockaddr
	sa.set("[::1]:80")
	f.Add(sa.raw[:], sa.size)
	f.Fuzz(func(t *testing.T, raw []byte, size uint32) {
		var sa sockaddr
		copy(sa.raw[:], raw)
		sa.size = size
		if text := sa.appendTo(nil); len(text) > 0 {
			if _, err := netip.ParseAddrPort(string(text)); err != nil {
				t.Errorf("% x is %q", raw, text)
			}
		}
	})
}
