//go:build !linux

package store

import (
	"errors"
	"os"
)

func nameless(*os.Root) *os.File { return nil }

func linkNameless(*os.Root, *os.File, string) error { return errors.ErrUnsupported }
