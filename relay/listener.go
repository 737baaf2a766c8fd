package main

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"sockscope/relay/bridge"
)

// limited is a listener with a bounded number of open connections. Further ones wait in
// the kernel's backlog. One peer may have half of the connections; its further
// ones are closed at once. This machine and the proxies may have all, since they
// stand for many clients.
type limited struct {
	net.Listener
	each    int
	proxies []netip.Prefix
	free    chan struct{}
	closed  chan struct{}
	once    sync.Once

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func limit(l net.Listener, connections int, proxies []netip.Prefix) *limited {
	return &limited{
		Listener: l, each: max(connections/2, 1), proxies: proxies,
		free: make(chan struct{}, connections), closed: make(chan struct{}), open: map[netip.Prefix]int{},
	}
}

// Accept waits for room, then for a connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.free
			return nil, err
		}
		key, counted := l.key(conn.RemoteAddr())
		if counted && !l.enter(key) {
			conn.Close()
			continue
		}
		return &admitted{TCPConn: conn.(*net.TCPConn), leave: sync.OnceFunc(func() {
			if counted {
				l.leave(key)
			}
			<-l.free
		})}, nil
	}
}

// Close also ends an Accept that waits for room.
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func (l *limited) key(a net.Addr) (key netip.Prefix, counted bool) {
	peer := a.(*net.TCPAddr).AddrPort().Addr().Unmap()
	if peer.IsLoopback() || slices.ContainsFunc(l.proxies, func(p netip.Prefix) bool { return p.Contains(peer) }) {
		return netip.Prefix{}, false
	}
	return bridge.Household(peer), true
}

func (l *limited) enter(key netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[key] == l.each {
		return false
	}
	l.open[key]++
	return true
}

func (l *limited) leave(key netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[key]--; l.open[key] == 0 {
		delete(l.open, key)
	}
}

// admitted is a connection that has one of the places.
type admitted struct {
	*net.TCPConn
	leave func()
}

func (a *admitted) Close() error {
	a.leave()
	return a.TCPConn.Close()
}
