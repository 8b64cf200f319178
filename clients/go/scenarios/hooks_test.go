package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
)

func TestMiddlewareAndHooksThatPanic(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "job", nil, jq.Set("traceparent", "00-abc"))
	var order tally
	wrap := func(name string) jq.Middleware {
		return func(next jq.Handler) jq.Handler {
			return func(ctx context.Context, job *jq.Job) (any, error) {
				order.add(name + job.Fields["traceparent"])
				return next(ctx, job)
			}
		}
	}
	type key struct{}
	idle := make(chan struct{}, 10)
	worker := &jq.Worker{
		Client:     client,
		Queues:     []string{"q"},
		Middleware: []jq.Middleware{wrap("outer "), wrap("inner ")},
		Handler: func(ctx context.Context, _ *jq.Job) (any, error) {
			order.add(fmt.Sprint("handler ", ctx.Value(key{})))
			return nil, nil
		},
		Lease:  3 * time.Second,
		Logger: quiet,
		Hooks: jq.Hooks{
			Claimed:   func(*jq.Job) { panic("claimed") },
			Completed: func(*jq.Job) { panic("completed") },
			Idle:      func() { idle <- struct{}{}; panic("idle") },
		},
	}
	ended := make(chan error)
	within, cancel := context.WithCancel(context.WithValue(ctx, key{}, "value"))
	go func() { ended <- worker.Run(within) }()
	acked(t, queue, 1)
	<-idle
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := strings.Join(order.names(), ", "); got != "outer 00-abc, inner 00-abc, handler value" {
		t.Error(got)
	}
	if err := worker.Run(ctx); err == nil {
		t.Error("it ran a second time")
	}
}

func TestSecondStopDoesNotWait(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "job", nil)
	begun, stubborn := make(chan struct{}), make(chan struct{})
	defer close(stubborn)
	worker := run(t, &jq.Worker{Client: client, Queues: []string{"q"}, Handler: func(context.Context, *jq.Job) (any, error) {
		close(begun)
		<-stubborn
		return nil, nil
	}})
	<-begun
	worker.Stop()
	if took, err := worker.stop(); err != nil || took > jq.DefaultStopLimit/2 {
		t.Errorf("%v after %v", err, took)
	}
	if job := jobOf(t, queue, "job"); job.State != jq.Waiting || job.Attempt != 1 {
		t.Errorf("%s, attempt %d", job.State, job.Attempt)
	}
}

func TestResultThatIsRefused(t *testing.T) {
	t.Parallel()
	client := startServer(t, "jq.max-payload-bytes 2000").client()
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, 10)
	var together sync.WaitGroup
	together.Add(10)
	run(t, &jq.Worker{Client: client, Queues: []string{"q"}, Handler: func(_ context.Context, job *jq.Job) (any, error) {
		together.Done()
		together.Wait()
		if job.ID == "j3" {
			return make([]byte, 3000), nil
		}
		return "small", nil
	}})
	acked(t, queue, 9)
	eventually(t, "the one has failed", func() bool { return statsOf(t, queue).Failed == 1 })
	if job := jobOf(t, queue, "j3"); job.Attempt != 1 || !strings.HasPrefix(job.Error, "ERR") {
		t.Errorf("attempt %d: %s", job.Attempt, job.Error)
	}
}

func TestMaxRunEndsTheContext(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "hangs", nil, jq.MaxRun(300*time.Millisecond), jq.Keep(time.Hour))
	took := make(chan time.Duration, 1)
	run(t, &jq.Worker{Client: client, Queues: []string{"q"}, Handler: func(ctx context.Context, job *jq.Job) (any, error) {
		if job.Losses > 0 {
			return nil, nil
		}
		began := time.Now()
		<-ctx.Done()
		took <- time.Since(began)
		return nil, context.Cause(ctx)
	}})
	if d := <-took; d > jq.DefaultLease/2 {
		t.Errorf("the context was done after %v", d)
	}
	if job := jobOf(t, queue, "hangs"); job.MaxRun != 300*time.Millisecond {
		t.Errorf("%+v", job)
	}
	acked(t, queue, 1)
	if stats := statsOf(t, queue); stats.Losses != 1 || stats.Nacks != 0 {
		t.Errorf("%d losses, %d nacks", stats.Losses, stats.Nacks)
	}
}

func TestActsOfAJob(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "job", nil, jq.BackoffFixed(0))
	lost := make(chan error, 1)
	run(t, &jq.Worker{Client: client, Queues: []string{"q"}, Handler: func(ctx context.Context, job *jq.Job) (any, error) {
		if job.Attempt == 1 {
			err := errors.Join(job.SetProgress(ctx, "half"), job.Log(ctx, "one", "two"), job.Extend(ctx, time.Hour))
			return nil, errors.Join(err, errors.New("first"))
		}
		if string(job.Progress) != `"half"` || job.Error != "first" || job.LogLines != 2 {
			t.Errorf("%+v", job.JobInfo)
		}
		queue.Cancel(ctx, job.ID)
		lost <- job.SetProgress(ctx, "more")
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	if err := <-lost; !errors.Is(err, jq.ErrCancelled) {
		t.Error(err)
	}
	eventually(t, "it is cancelled", func() bool { return statsOf(t, queue).Cancellations == 1 })
}
