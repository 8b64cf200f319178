package scenarios

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
)

var ctx = context.Background()

// quiet is a logger for tests that cause errors on purpose.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// running is a worker that runs.
type running struct {
	*jq.Worker
	t     *testing.T
	ended chan struct{}
	err   error
}

// run starts a worker and stops it with the test.
func run(t *testing.T, worker *jq.Worker) *running {
	t.Helper()
	if worker.Logger == nil {
		worker.Logger = quiet
	}
	r := &running{Worker: worker, t: t, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.err = worker.Run(ctx)
	}()
	t.Cleanup(func() {
		worker.Stop()
		worker.Stop()
		<-r.ended
	})
	return r
}

// stop stops the worker and says how long that took, and the error of Run.
func (r *running) stop() (time.Duration, error) {
	began := time.Now()
	r.Stop()
	<-r.ended
	return time.Since(began), r.err
}

// tally counts by name.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	order  []string
}

func (c *tally) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = make(map[string]int)
	}
	c.counts[name]++
	c.order = append(c.order, name)
}

func (c *tally) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.order)
}

func (c *tally) names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.order)
}

// eachOnce checks that n names were counted, each once.
func (c *tally) eachOnce(t *testing.T, n int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, count := range c.counts {
		if count != 1 {
			t.Errorf("%s: %d times", name, count)
		}
	}
	if len(c.counts) != n {
		t.Errorf("%d different ones, not %d", len(c.counts), n)
	}
}

// addJobs adds jobs j0, j1, ...
func addJobs(t *testing.T, queue *jq.Queue, n int, options ...jq.Option) {
	t.Helper()
	for from := 0; from < n; from += 1000 {
		var jobs []jq.NewJob
		for i := from; i < min(n, from+1000); i++ {
			jobs = append(jobs, jq.NewJob{ID: fmt.Sprint("j", i), Payload: i})
		}
		if _, err := queue.AddMany(ctx, jobs, options...); err != nil {
			t.Fatal(err)
		}
	}
}

// add adds one job.
func add(t *testing.T, queue *jq.Queue, id string, payload any, options ...jq.Option) {
	t.Helper()
	if _, err := queue.Add(ctx, id, payload, options...); err != nil {
		t.Fatal(err)
	}
}

func statsOf(t *testing.T, queue *jq.Queue) *jq.Stats {
	t.Helper()
	stats, err := queue.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func jobOf(t *testing.T, queue *jq.Queue, id string) *jq.JobInfo {
	t.Helper()
	info, err := queue.Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// acked waits until so many jobs were acknowledged, and checks that the queue is sound.
func acked(t *testing.T, queue *jq.Queue, n int64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d jobs are acknowledged", n), func() bool {
		stats, err := queue.Stats(ctx)
		return err == nil && stats.Acks >= n
	})
	if found, err := queue.Check(ctx); err != nil || len(found) > 0 {
		t.Errorf("JQ.CHECK: %v %v", found, err)
	}
}
