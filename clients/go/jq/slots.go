package jq

import "sync"

// unit is what one call of a handler does: one job, or many of a bulk handler.
type unit []*run

// slots are the places for handlers that run at the same time, and the units that wait for one.
type slots struct {
	begin func(unit) // in a goroutine of its own

	mu      sync.Mutex
	free    int
	running int
	waiting []unit
	closed  bool
	freed   chan struct{} // has an element after a slot became free
	ended   chan struct{} // closed when no handler runs any more, and none will
}

func newSlots(n int, begin func(unit)) *slots {
	return &slots{begin: begin, free: n, freed: make(chan struct{}, 1), ended: make(chan struct{})}
}

// take gives up to n free slots to the caller, and waits for at least one; 0 when the channel is closed first.
func (s *slots) take(n int, over <-chan struct{}) int {
	for {
		s.mu.Lock()
		taken := min(n, s.free)
		s.free -= taken
		s.mu.Unlock()
		if taken > 0 {
			return taken
		}
		select {
		case <-s.freed:
		case <-over:
			return 0
		}
	}
}

// offer gives n slots back, and units to begin as slots are free. It returns those that cannot begin any more.
func (s *slots) offer(n int, units ...unit) []unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	if s.closed {
		return units
	}
	s.waiting = append(s.waiting, units...)
	for s.free > 0 && len(s.waiting) > 0 {
		next := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.free--
		s.running++
		go s.begin(next)
	}
	if s.free > 0 {
		select {
		case s.freed <- struct{}{}:
		default:
		}
	}
	return nil
}

// leave notes that a handler has ended. Its slot stays taken until it is offered.
func (s *slots) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.closed && s.running == 0 {
		close(s.ended)
	}
}

// idle says that no handler runs, and none waits to.
func (s *slots) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running == 0 && len(s.waiting) == 0
}

// close lets nothing begin any more, and returns what has not begun.
func (s *slots) close() []unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.running == 0 {
		close(s.ended)
	}
	left := s.waiting
	s.waiting = nil
	return left
}
