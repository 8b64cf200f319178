package jq

import (
	"context"
	"iter"
	"sync/atomic"
	"time"
)

// Event is one thing that happened in a queue that keeps events (its setting events-max), or one of JQ.EMIT.
type Event struct {
	// ID is the position: a reader that begins after it gets what followed.
	ID   string
	At   time.Time
	Name string
	// Job is empty where there is none.
	Job string
	// Fields are the others, by the names of the manual: texts, and numbers as int64.
	Fields map[string]any
}

// EventReader reads the events of a queue in their order. One goroutine reads; Position and Missed may be asked by any.
type EventReader struct {
	queue    *Queue
	options  []Option
	position atomic.Pointer[string]
	missed   atomic.Int64
}

// Events is a reader that begins behind the event `after`: an ID, "" for the oldest event that is kept, "$" for what
// happens from now on. Options: OfJob, Only, Count (how many a request brings, 100 unless given).
func (q *Queue) Events(after string, options ...Option) *EventReader {
	reader := &EventReader{queue: q, options: options}
	reader.position.Store(&after)
	return reader
}

// Position is where a new reader goes on: behind the event that All gave last.
func (r *EventReader) Position() string { return *r.position.Load() }

// Missed is how many events were dropped before this reader came to them.
func (r *EventReader) Missed() int64 { return r.missed.Load() }

// All gives event after event, waits for new ones, and goes on where it stopped after lost connections. It ends when ctx
// is done, or with an error that waiting does not mend.
func (r *EventReader) All(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for ctx.Err() == nil {
			events, next, err := r.read(ctx)
			if err != nil {
				if ctx.Err() == nil {
					yield(Event{}, err)
				}
				return
			}
			if !r.give(events, next, yield) {
				return
			}
		}
	}
}

// give hands over what a request has brought, and is false when the user wants no more.
func (r *EventReader) give(events []Event, next string, yield func(Event, error) bool) bool {
	for _, event := range events {
		r.position.Store(&event.ID)
		if !yield(event, nil) {
			return false
		}
	}
	r.goOn(next)
	return true
}

// goOn moves behind events that were passed by; "" moves nothing.
func (r *EventReader) goOn(next string) {
	if next != "" {
		r.position.Store(&next)
	}
}

// read is one request, which waits if there is nothing new.
func (r *EventReader) read(ctx context.Context) (events []Event, next string, err error) {
	args := []any{"BLOCK", awaitRound}
	if after := r.Position(); after != "" {
		args = append(args, "AFTER", after)
	}
	for _, option := range r.options {
		args = append(args, option...)
	}
	reply, err := r.queue.round(ctx, "JQ.EVENTS", args...)
	entries := list(reply)
	if err != nil || len(entries) < 3 { // null: the queue was deleted, and may be made again
		return nil, "", err
	}
	r.missed.Add(integer(entries[1]))
	for _, entry := range list(entries[2]) {
		events = append(events, eventOf(list(entry)))
	}
	return events, text(entries[0]), nil
}

// eventOf reads [id, at, event, job, field, value, ...].
func eventOf(entry []any) Event {
	if len(entry) < 4 {
		return Event{}
	}
	event := Event{
		ID:     text(entry[0]),
		At:     time.UnixMilli(integer(entry[1])),
		Name:   text(entry[2]),
		Fields: make(map[string]any, (len(entry)-4)/2),
	}
	if entry[3] != nil {
		event.Job = text(entry[3])
	}
	for i := 4; i+1 < len(entry); i += 2 {
		event.Fields[text(entry[i])] = entry[i+1]
	}
	return event
}

// Emit puts an event of the application among those of the queue and tells its ID, "" if the queue keeps none. fields are
// names and values in turn. A client that sends it again has it there twice.
func (q *Queue) Emit(ctx context.Context, event, job string, fields ...any) (string, error) {
	args := []any{event}
	if job != "" {
		args = append(args, "ID", job)
	}
	reply, err := q.Call(ctx, "JQ.EMIT", append(args, fields...)...)
	if err != nil || reply == nil {
		return "", err
	}
	return text(reply), nil
}

// TrimEvents drops the oldest events until n are left, and says how many went.
func (q *Queue) TrimEvents(ctx context.Context, n int) (int64, error) {
	return q.number(ctx, nil, "JQ.TRIMEVENTS", n)
}
