package jq

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// longestBlock is how long one claim waits at most. It is less with a short lease: see block.
	longestBlock = 5 * time.Second
	// lastWords is how long a handler has after its context was ended, until its job is handed back without it.
	lastWords = time.Second
	// idsPerCall bounds one ACK, NACK, RELEASE or EXTEND.
	idsPerCall = 1000
	// jobsPerClaim is the largest COUNT.
	jobsPerClaim = 10_000
)

// engine is a worker that runs.
//
//	sources ──► slots ──► handlers ──► senders (one a queue): ACK, NACK, RELEASE
//	   ▲          ▲                      │
//	   │          └───── ACK … NEXT ─────┘
//	  HELD ◄── after any error       heartbeats (one a queue): EXTEND for all that is known
//
// One source asks all queues together. With shards each of them has a source of its own.
type engine struct {
	worker  *Worker
	client  redis.UniversalClient
	claimer *claimer
	base    context.Context // of the handlers
	name    string
	lease   time.Duration
	handler Handler
	slots   *slots
	log     *slog.Logger
	hasNext bool // each source asks one queue, so that an ACK can ask it for the next jobs

	empty atomic.Int64 // how many claims, one after the other, have found nothing

	mu      sync.Mutex
	sources []*source
	senders map[string]*sender
	failure error                // what ended the worker
	recheck map[string]time.Time // when to ask which queue for HELD again
	stopped chan struct{}
	over    chan struct{} // closed when everything was answered

	claiming, answering, background sync.WaitGroup
}

func newEngine(ctx context.Context, w *Worker) (*engine, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	e := &engine{
		worker:  w,
		client:  w.client(),
		base:    context.WithoutCancel(ctx),
		name:    or(w.Name, defaultName()),
		lease:   or(w.Lease, DefaultLease),
		handler: w.Handler,
		log:     or(w.Logger, slog.Default()),
		hasNext: w.Shards != nil || len(w.Queues) == 1,
		senders: make(map[string]*sender),
		recheck: make(map[string]time.Time),
		stopped: make(chan struct{}),
		over:    make(chan struct{}),
	}
	for i := len(w.Middleware) - 1; i >= 0; i-- {
		e.handler = w.Middleware[i](e.handler)
	}
	concurrency, claims := or(w.Concurrency, DefaultConcurrency), 1
	if w.Shards != nil {
		claims = concurrency // each has a slot at least
	}
	e.slots = newSlots(concurrency, e.handle)
	var err error
	e.claimer, err = newClaimer(e.client, e.block(), claims)
	return e, err
}

// block is how long a claim waits on the server. A lease begins while the claim waits, and counts here from before the
// claim was sent, so a claim never waits for more than a third of it.
func (e *engine) block() time.Duration {
	wait := longestBlock
	if e.worker.Bulk != nil && e.worker.Bulk.Wait > 0 {
		wait = min(wait, e.worker.Bulk.Wait)
	}
	return min(wait, e.lease/3)
}

// run works until the worker is stopped, and then stops it.
func (e *engine) run(ctx context.Context) error {
	e.addSources()
	claiming := make(chan struct{})
	go func() {
		defer close(claiming)
		e.claiming.Wait()
	}()

	select {
	case <-ctx.Done():
	case <-e.worker.stopped:
	case <-e.stopped: // by fail
	}
	e.stop()
	e.claimer.end(e.queues(), claiming, e.worker.aborted)
	for _, unit := range e.slots.close() {
		e.handBack(unit)
	}
	e.awaitHandlers()
	e.handBack(e.runs())
	for _, sender := range e.senders {
		sender.close()
	}
	e.answering.Wait()
	close(e.over)
	e.background.Wait()
	return e.failed()
}

// awaitHandlers gives the handlers the limit to end in, ends their contexts, and gives them a moment more.
func (e *engine) awaitHandlers() {
	limit := time.NewTimer(or(e.worker.StopLimit, DefaultStopLimit))
	defer limit.Stop()
	select {
	case <-e.slots.ended:
		return
	case <-limit.C:
	case <-e.worker.aborted:
	}
	for _, r := range e.runs() {
		r.cancel(ErrStopping)
	}
	limit.Reset(lastWords)
	select {
	case <-e.slots.ended:
	case <-limit.C:
	}
}

// stop lets no claim begin any more.
func (e *engine) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.stopped:
	default:
		close(e.stopped)
	}
}

func (e *engine) stopping() bool { return closed(e.stopped) }

// fail stops the worker for an error that waiting does not mend.
func (e *engine) fail(err error) {
	e.mu.Lock()
	if e.failure == nil {
		e.failure = err
	}
	e.mu.Unlock()
	e.stop()
}

func (e *engine) failed() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure
}

// trouble tells of an error, and says whether it passes; one that does not ends the worker.
func (e *engine) trouble(doing string, err error) (passes bool) {
	e.log.Warn("jq: "+doing, "worker", e.name, "error", err)
	hook(e, e.worker.Hooks.Error, fmt.Errorf("%s: %w", doing, err))
	if passing(err) {
		return true
	}
	e.fail(err)
	return false
}

// hook calls a hook that may be missing and may panic.
func hook[T any](e *engine, call func(T), with T) {
	if call != nil {
		e.guarded(func() { call(with) })
	}
}

func (e *engine) guarded(call func()) {
	defer func() {
		if panicked := recover(); panicked != nil {
			e.log.Error("jq: a hook panicked", "worker", e.name, "panic", panicked)
		}
	}()
	call()
}

func inBackground(group *sync.WaitGroup, run func()) {
	group.Add(1)
	go func() {
		defer group.Done()
		run()
	}()
}

func closed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}
