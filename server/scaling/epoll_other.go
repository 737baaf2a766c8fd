//go:build !linux

package scaling

import "errors"

func newEpoll() (waiter, error) {
	return nil, errors.New("epoll is Linux's, and this is another system")
}
