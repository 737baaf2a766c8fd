package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a certificate and its key, in two files. They are read again when one
// changes: certificates are renewed while the relay runs.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	looked  time.Time
	changed [2]time.Time // the files' times when they were read
}

// lookAgain is the time between two looks at the files.
const lookAgain = time.Second

func readCertificate(cert, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log}
	c.changed = c.times()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("-tls-cert, -tls-key: %w", err)
	}
	c.pair = &pair
	return c, nil
}

// get is tls.Config.GetCertificate. If a new pair can't be used, the old one stays, and
// get looks again later: the certificate may have been written before its key.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookAgain {
		return c.pair, nil
	}
	c.looked = time.Now()
	now := c.times()
	if now == c.changed {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		c.log.Error("the new certificate can't be used, so the old one stays", "err", err)
		return c.pair, nil
	}
	c.pair, c.changed = &pair, now
	c.log.Info("the certificate was renewed")
	return c.pair, nil
}

func (c *certificate) times() (t [2]time.Time) {
	for i, name := range []string{c.cert, c.key} {
		if info, err := os.Stat(name); err == nil {
			t[i] = info.ModTime()
		}
	}
	return t
}
