package jq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// What a Worker does where its fields are zero.
const (
	DefaultConcurrency = 10
	DefaultLease       = 30 * time.Second
	DefaultStopLimit   = 25 * time.Second
)

// Worker claims the jobs of one or more queues and gives them to a handler. Fill in the fields and call Run; the zero
// value of all but Client, Queues (or Shards) and Handler (or Bulk) is good.
type Worker struct {
	// Client is the way to the server: a *redis.Client, also one of redis.NewFailoverClient, or a *redis.ClusterClient.
	// Claims that wait get connections of their own, made with the same options; everything else uses this client.
	Client redis.UniversalClient
	// Queues are the keys, the one with precedence first. In a cluster several of them share a hash slot.
	Queues []string
	// Shards, in the place of Client and Queues, is a queue of many keys. Concurrency bounds the handlers of all shards
	// together, and each idle shard keeps one of its slots; with fewer slots than shards they take turns.
	Shards *ShardedQueue
	// Weights, if given, share the claims between the Queues instead: one with 3 is the first to be asked three times as
	// often as one with 1, which is the weight of those that are not named.
	Weights map[string]int
	// Handler does one job at a time.
	Handler Handler
	// Middleware wraps Handler, the first one outermost.
	Middleware []Middleware
	// Bulk does many jobs at once, in the place of Handler. It needs exactly one queue, or Shards.
	Bulk *Bulk
	// Concurrency is how many handlers run at the same time; 0: DefaultConcurrency.
	Concurrency int
	// Lease is how long a job stays this worker's when the process dies; while it lives the worker extends it every third
	// of that. 0: DefaultLease. Sent with each claim, so it counts instead of the setting of the queue.
	Lease time.Duration
	// Name is unique among all workers that run; "": host, process id and a random part. One that is started again under
	// its name goes on at once with the jobs that it held.
	Name string
	// StopLimit is how long the handlers have to end when the worker stops; 0: DefaultStopLimit.
	StopLimit time.Duration
	// Hooks are told what happens.
	Hooks Hooks
	// Logger gets what nobody else would see: errors of the connection, lost jobs, panics; nil: slog.Default().
	Logger *slog.Logger

	once    sync.Once
	stopped chan struct{} // closed by the first Stop
	aborted chan struct{} // closed by the second
	mu      sync.Mutex
	stops   int
	began   bool
}

// Bulk is how jobs are given to a handler of many.
type Bulk struct {
	Handler BulkHandler
	// Size is how many jobs one call gets at most.
	Size int
	// Min is for how many jobs a claim waits, and Wait for how long, at most 5 s and a third of the lease; then it takes
	// what there is. 0: for one, and as long as that.
	Min  int
	Wait time.Duration
}

// Hooks are called by the goroutines of the worker, so they should be quick. A panic in one is logged, and the worker
// goes on.
type Hooks struct {
	// Claimed: the job is this worker's.
	Claimed func(job *Job)
	// Completed: the server has taken the result.
	Completed func(job *Job)
	// Failed: the server has taken the error; forGood says that the job is not tried again.
	Failed func(job *Job, err error, forGood bool)
	// Lost: the job was not done by this run, for ErrLeaseLost, ErrCancelled, or because the server refused the answer.
	Lost func(job *Job, cause error)
	// Error: something failed that the worker tries again, or that ends it.
	Error func(err error)
	// Idle: no handler runs, and a claim has found nothing.
	Idle func()
}

// Run works until ctx is done or Stop is called, then lets the handlers end, for StopLimit at most, hands back what is
// left without using up an attempt, and returns nil when all of it was answered. Handlers that ignore their context go
// on after that. A Worker runs once.
//
// An error that waiting does not mend ends it in the same way and is returned: ErrNoPermission, ErrWrongType,
// ErrNoModule, ErrInvalid. Servers that are away, loading or replicas are waited for.
func (w *Worker) Run(ctx context.Context) error {
	w.prepare()
	w.mu.Lock()
	again := w.began
	w.began = true
	w.mu.Unlock()
	if again {
		return errors.New("jq: this Worker has run before: make another one")
	}
	e, err := newEngine(ctx, w)
	if err != nil {
		return err
	}
	return e.run(ctx)
}

// Stop begins to stop the worker, as the end of the context of Run does. A second Stop does not wait for the handlers
// and sends each answer only once. Neither waits for the end of Run.
func (w *Worker) Stop() {
	w.prepare()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stops++
	switch w.stops {
	case 1:
		close(w.stopped)
	case 2:
		close(w.aborted)
	}
}

func (w *Worker) prepare() {
	w.once.Do(func() {
		w.stopped = make(chan struct{})
		w.aborted = make(chan struct{})
	})
}

// check says what is wrong with the fields.
func (w *Worker) check() error {
	switch {
	case w.Shards != nil && (w.Client != nil || len(w.Queues)+len(w.Weights) > 0):
		return errors.New("jq: a Worker has either Shards or Client and Queues")
	case w.Shards == nil && w.Client == nil:
		return errors.New("jq: a Worker needs a Client")
	case w.Shards == nil && len(w.Queues) == 0:
		return errors.New("jq: a Worker needs at least one of Queues")
	case (w.Handler == nil) == (w.Bulk == nil):
		return errors.New("jq: a Worker needs either a Handler or a Bulk")
	case w.Bulk != nil && (w.Bulk.Handler == nil || w.Bulk.Size < 1 || w.Bulk.Min > w.Bulk.Size):
		return errors.New("jq: Bulk needs a Handler and a Size of at least 1 and Min")
	case w.Bulk != nil && len(w.Queues) > 1:
		return errors.New("jq: Bulk is about one queue")
	case w.Concurrency < 0 || w.Lease < 0 || w.StopLimit < 0:
		return errors.New("jq: Concurrency, Lease and StopLimit are not below 0")
	}
	for queue, weight := range w.Weights {
		if weight < 1 {
			return fmt.Errorf("jq: the weight of %q is %d, and must be 1 or more", queue, weight)
		}
	}
	return nil
}

// client is the one that answers are sent by.
func (w *Worker) client() redis.UniversalClient {
	if w.Shards != nil {
		return w.Shards.client
	}
	return w.Client
}

// defaultName is host:pid:random.
func defaultName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	return fmt.Sprintf("%.64s:%d:%.8s", host, os.Getpid(), uuid.NewString())
}

// or is the first value that is not zero.
func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
