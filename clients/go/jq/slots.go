package jq

import (
	"slices"
	"sync"
	"time"
)

// unit is what one call of a handler does: one job, or many of a bulk handler.
type unit []*run

// turn is how long a shard that has jobs may keep its slots while the claim of another one waits for a slot.
const turn = 100 * time.Millisecond

// slots are the places for handlers that run at the same time, the units that wait for one, and the claims that do.
type slots struct {
	begin func(unit) // in a goroutine of its own
	all   int

	mu       sync.Mutex
	free     int
	running  int
	sources  int
	held     map[*source]int      // by claims, and by units that run
	expected map[*source]struct{} // those that will ask for slots at once
	waiting  []unit
	takers   []*taker
	closed   bool
	ended    chan struct{} // closed when no handler runs any more, and none will
}

// taker is a claim that waits for slots.
type taker struct {
	source  *source
	most    int
	since   time.Time
	granted chan int
}

func newSlots(n int, begin func(unit)) *slots {
	return &slots{
		begin: begin, all: n, free: n,
		held: make(map[*source]int), expected: make(map[*source]struct{}), ended: make(chan struct{}),
	}
}

// join notes one more source, which asks for slots when it knows what it holds. That is waited for, but not for long: its
// node may be away.
func (s *slots) join(source *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources++
	s.expected[source] = struct{}{}
	time.AfterFunc(replyIsLate, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.expected, source)
		s.grant()
	})
}

// expect notes that a source will ask for slots at once.
func (s *slots) expect(source *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected[source] = struct{}{}
}

// spacious says that there are two slots or more for each source.
func (s *slots) spacious() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all >= 2*s.sources
}

// take gives up to n free slots to a claim, which waits for at least one in the order of asking; 0 when the channel is
// closed first.
func (s *slots) take(source *source, n int, over <-chan struct{}) int {
	t := &taker{source: source, most: n, since: time.Now(), granted: make(chan int, 1)}
	s.mu.Lock()
	delete(s.expected, source)
	s.takers = append(s.takers, t)
	s.grant()
	s.mu.Unlock()
	select {
	case taken := <-t.granted:
		return taken
	case <-over:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takers = slices.DeleteFunc(s.takers, func(other *taker) bool { return other == t })
	select {
	case taken := <-t.granted:
		return taken
	default:
		return 0
	}
}

// grant gives the free slots to the claims that wait, the first ones first, and leaves one for each of the others.
func (s *slots) grant() {
	for i := 0; i < len(s.takers) && s.free > 0; {
		t := s.takers[i]
		kept := s.kept(t.source)
		if s.free <= kept {
			i++
			continue
		}
		s.takers = slices.Delete(s.takers, i, i+1)
		taken := min(t.most, max(1, s.free-max(kept, len(s.takers))))
		s.free -= taken
		s.held[t.source] += taken
		t.granted <- taken
	}
}

// kept is how many free slots one that has some leaves to others that have none, where there are enough for all.
func (s *slots) kept(from *source) int {
	if s.all < 2*s.sources || s.held[from] == 0 {
		return 0
	}
	kept := 0
	for other := range s.expected {
		if other != from && s.held[other] == 0 {
			kept++
		}
	}
	for _, t := range s.takers {
		if t.source != from && s.held[t.source] == 0 {
			kept++
		}
	}
	return kept
}

// takersWaiting is how many claims wait for a slot.
func (s *slots) takersWaiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.takers)
}

// due is how many claims of other sources, n at most, have waited for so long that it is their turn.
func (s *slots) due(source *source, n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := 0
	for _, t := range s.takers {
		if due < n && t.source != source && time.Since(t.since) >= turn {
			due++
		}
	}
	return due
}

// offer gives n slots of a source back, and units to begin as slots are free. It returns those that cannot begin any more.
func (s *slots) offer(source *source, n int, units ...unit) []unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.held[source] -= n
	if s.closed {
		return units
	}
	s.waiting = append(s.waiting, units...)
	for s.free > 0 && len(s.waiting) > 0 {
		next := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.free--
		s.held[next[0].source]++
		s.running++
		go s.begin(next)
	}
	s.grant()
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
