package jq

import (
	"math/rand/v2"
	"time"
)

const (
	firstWait   = 50 * time.Millisecond
	longestWait = 2 * time.Second
)

// backoff is a row of growing waits, each shortened by chance so that many workers do not come back at once.
type backoff struct {
	next time.Duration
}

// sleep waits, or returns when the channel is closed.
func (b *backoff) sleep(over <-chan struct{}) {
	b.next = min(max(2*b.next, firstWait), longestWait)
	timer := time.NewTimer(b.next/2 + rand.N(b.next/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-over:
	}
}
