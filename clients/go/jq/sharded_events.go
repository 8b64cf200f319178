package jq

import (
	"context"
	"iter"
	"strings"
	"sync"
	"time"
)

// ShardedEventReader reads the events of all shards: those of each in their order, and of different ones as they come. One
// goroutine reads; Position and Missed may be asked by any.
type ShardedEventReader struct {
	sharded *ShardedQueue
	options []Option

	mu      sync.Mutex
	readers []*EventReader // by shard
}

// page is what one request to a shard has brought.
type eventPage struct {
	reader *EventReader
	events []Event
	next   string
	err    error
	given  chan struct{} // closed when the user has it
}

// Events is a reader that begins behind a Position, "" for the oldest events that are kept, "$" for what happens from now
// on. Shards that are added later are read from their first event. Options are those of Queue.Events.
func (s *ShardedQueue) Events(after string, options ...Option) *ShardedEventReader {
	r := &ShardedEventReader{sharded: s, options: options}
	positions := strings.Split(after, ",")
	for i := range max(len(s.Shards()), len(positions)) {
		switch {
		case len(positions) == 1: // "" or "$", or that of a single shard
			r.add(positions[0])
		case i < len(positions):
			r.add(positions[i])
		default:
			r.add("")
		}
	}
	return r
}

// add makes a reader of the next shard.
func (r *ShardedEventReader) add(after string) *EventReader {
	r.mu.Lock()
	defer r.mu.Unlock()
	reader := r.sharded.shard(len(r.readers)).Events(after, r.options...)
	r.readers = append(r.readers, reader)
	return reader
}

// all are the readers so far.
func (r *ShardedEventReader) all() []*EventReader {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.readers[:len(r.readers):len(r.readers)]
}

// Position is where a new reader goes on: behind the events that All gave last.
func (r *ShardedEventReader) Position() string {
	var positions []string
	for _, reader := range r.all() {
		positions = append(positions, reader.Position())
	}
	return strings.Join(positions, ",")
}

// Missed is how many events were dropped before this reader came to them.
func (r *ShardedEventReader) Missed() int64 {
	missed := int64(0)
	for _, reader := range r.all() {
		missed += reader.Missed()
	}
	return missed
}

// All gives event after event, waits for new ones, and goes on where it stopped after lost connections. It ends when ctx
// is done, or with an error that waiting does not mend.
func (r *ShardedEventReader) All(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pages := make(chan *eventPage)
		for _, reader := range r.all() {
			go reader.pages(ctx, pages)
		}
		grows := time.NewTicker(layoutAge)
		defer grows.Stop()
		for {
			for shards := r.sharded.current(ctx).shards; len(r.all()) < shards; {
				go r.add("").pages(ctx, pages)
			}
			select {
			case <-ctx.Done():
				return
			case <-grows.C: // look again
			case page := <-pages:
				if !page.give(yield) {
					return
				}
			}
		}
	}
}

// pages hands over page after page, each when the user has the one before, until ctx is done.
func (r *EventReader) pages(ctx context.Context, to chan<- *eventPage) {
	for ctx.Err() == nil {
		page := &eventPage{reader: r, given: make(chan struct{})}
		page.events, page.next, page.err = r.read(ctx)
		if page.err == nil && len(page.events) == 0 {
			r.goOn(page.next)
			continue
		}
		select {
		case to <- page:
			<-page.given
		case <-ctx.Done():
		}
	}
}

// give is false when the user wants no more, or there is no more to give.
func (p *eventPage) give(yield func(Event, error) bool) bool {
	defer close(p.given)
	if p.err != nil {
		yield(Event{}, p.err)
		return false
	}
	return p.reader.give(p.events, p.next, yield)
}

// Emit puts an event of the application among those of the shard of the job, or of the first one where there is none, as
// Queue.Emit does.
func (s *ShardedQueue) Emit(ctx context.Context, event, job string, fields ...any) (string, error) {
	at := s.shard(0)
	if job != "" {
		at = s.ShardOf(job)
	}
	return at.Emit(ctx, event, job, fields...)
}

// TrimEvents drops the oldest events of each shard until n are left there, and says how many went.
func (s *ShardedQueue) TrimEvents(ctx context.Context, n int) (int64, error) {
	return s.sum(ctx, func(q *Queue) (int64, error) { return q.TrimEvents(ctx, n) })
}
