package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_cancelled(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "victim", nil)
	const lease = 3 * time.Second
	running, signalled, lost := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	run(t, &jq.Worker{
		Client: client,
		Queues: []string{"q"},
		Lease:  lease,
		Handler: func(ctx context.Context, _ *jq.Job) (any, error) {
			close(running)
			<-ctx.Done()
			signalled <- context.Cause(ctx)
			return nil, ctx.Err()
		},
		Hooks: jq.Hooks{Lost: func(_ *jq.Job, cause error) { lost <- cause }},
	})
	<-running
	cancelled := time.Now()
	if answers, err := queue.Cancel(ctx, "victim"); err != nil || answers[0] != jq.Done {
		t.Fatal(answers, err)
	}
	if cause := <-signalled; !errors.Is(cause, jq.ErrCancelled) {
		t.Errorf("the signal was: %v", cause)
	}
	if took := time.Since(cancelled); took > lease*2/3 {
		t.Errorf("the signal came after %v", took)
	}
	if cause := <-lost; !errors.Is(cause, jq.ErrCancelled) {
		t.Errorf("lost for: %v", cause)
	}
	if stats := statsOf(t, queue); stats.Cancellations != 1 || stats.Active != 0 || stats.Waiting != 0 {
		t.Errorf("%+v", stats)
	}
	if again, err := queue.Add(ctx, "victim", nil); err != nil || again.State != jq.Cancelled {
		t.Errorf("%+v %v", again, err)
	}
}

func Test_fatal_and_not_now(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "fatal", nil)
	add(t, queue, "later", nil)
	var forGood tally
	run(t, &jq.Worker{
		Client: client,
		Queues: []string{"q"},
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			if job.ID == "fatal" {
				return nil, jq.Fatal(errors.New("no such customer"))
			}
			return nil, jq.NotNow(time.Hour)
		},
		Hooks: jq.Hooks{Failed: func(job *jq.Job, _ error, final bool) {
			if final {
				forGood.add(job.ID)
			}
		}},
	})
	eventually(t, "both are answered", func() bool {
		stats := statsOf(t, queue)
		return stats.Failed == 1 && stats.Delayed == 1
	})
	if job := jobOf(t, queue, "fatal"); job.State != jq.Failed || job.Attempt != 1 || job.Error != "no such customer" {
		t.Errorf("%+v", job)
	}
	job := jobOf(t, queue, "later")
	if wait := time.Until(job.DueAt); job.Attempt != 1 || wait < 59*time.Minute || wait > time.Hour+time.Minute {
		t.Errorf("attempt %d, due in %v", job.Attempt, wait)
	}
	eventually(t, "the hook was told", func() bool { return forGood.total() == 1 })
}

func Test_retries(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	const wait = 200 * time.Millisecond
	add(t, queue, "shaky", nil, jq.BackoffFixed(wait), jq.Keep(time.Hour))
	var begins []time.Time
	run(t, &jq.Worker{
		Client: client,
		Queues: []string{"q"},
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			begins = append(begins, time.Now())
			switch job.Attempt {
			case 1:
				return nil, errors.New("not yet")
			case 2:
				panic("still not")
			}
			return job.FailuresLeft, nil
		},
	})
	acked(t, queue, 1)
	job := jobOf(t, queue, "shaky")
	if job.State != jq.Completed || job.Attempt != 3 || string(job.Result) != "0" {
		t.Errorf("%s at attempt %d with result %s", job.State, job.Attempt, job.Result)
	}
	if len(job.History) != 3 || job.History[0].Error != "not yet" || job.History[1].Error != "panic: still not" {
		t.Errorf("%+v", job.History)
	}
	for i := 1; i < len(begins); i++ {
		if gap := begins[i].Sub(begins[i-1]); gap < wait {
			t.Errorf("run %d began after %v", i+1, gap)
		}
	}
}

func Test_bad_payload(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "bad", []byte("{no json"))
	add(t, queue, "good", map[string]string{"to": "ada@example.org"})
	type mail struct{ To string }
	var sent tally
	run(t, &jq.Worker{
		Client: client,
		Queues: []string{"q"},
		Handler: jq.JSON(func(_ context.Context, _ *jq.Job, mail mail) error {
			sent.add(mail.To)
			return nil
		}),
	})
	acked(t, queue, 1)
	if sent.names()[0] != "ada@example.org" {
		t.Error(sent.names())
	}
	job := jobOf(t, queue, "bad")
	if job.State != jq.Failed || job.Attempt != 1 || !strings.Contains(job.Error, "cannot be read: invalid character 'n'") {
		t.Errorf("%s at attempt %d: %s", job.State, job.Attempt, job.Error)
	}
}

func Test_wrong_rights(t *testing.T) {
	t.Parallel()
	server := startServer(t, "user limited on nopass ~* &* +@all -jq.claim")
	worker := run(t, &jq.Worker{
		Client:  clientOf(t, &redis.Options{Addr: server.address(), Username: "limited", Password: "any"}),
		Queues:  []string{"q"},
		Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
	})
	select {
	case <-worker.ended:
	case <-time.After(patience):
		t.Fatal("the worker goes on")
	}
	if !errors.Is(worker.err, jq.ErrNoPermission) || !strings.Contains(worker.err.Error(), "jq.claim") {
		t.Error(worker.err)
	}
	info := server.client().Info(ctx, "commandstats").Val()
	if !strings.Contains(info, "cmdstat_jq.claim:calls=0") || !strings.Contains(info, "rejected_calls=1,") {
		t.Error("tried in a loop:", info)
	}
}

func Test_no_module(t *testing.T) {
	t.Parallel()
	client := startPlainServer(t).client()
	worker := run(t, &jq.Worker{
		Client:  client,
		Queues:  []string{"q"},
		Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
	})
	select {
	case <-worker.ended:
	case <-time.After(patience):
		t.Fatal("the worker goes on")
	}
	_, added := jq.NewQueue(client, "q").Add(ctx, "", nil)
	for _, err := range []error{worker.err, added} {
		if !errors.Is(err, jq.ErrNoModule) || !strings.Contains(err.Error(), "loadmodule") {
			t.Error(err)
		}
	}
}

func Test_big_integers_and_bytes(t *testing.T) {
	t.Parallel()
	// Tokens are microseconds: in the year 2115 they are above 2^52.
	server := startPlainServer(t, "loadmodule "+module(t)+" debug 4600000000000")
	var bytes []byte
	for i := range 256 {
		bytes = append(bytes, byte(i))
	}
	for _, protocol := range []int{2, 3} {
		client := clientOf(t, &redis.Options{Addr: server.address(), Protocol: protocol})
		queue := jq.NewQueue(client, fmt.Sprint("resp", protocol))
		add(t, queue, string(bytes), bytes, jq.Set(string(bytes[:100]), bytes))
		jobs := make(chan jq.Job, 1)
		run(t, &jq.Worker{
			Client: client,
			Queues: []string{queue.Name()},
			Handler: func(_ context.Context, job *jq.Job) (any, error) {
				jobs <- *job
				return job.Payload, job.SetProgress(ctx, job.Payload)
			},
		})
		acked(t, queue, 1)
		job := <-jobs
		if job.Token <= 1<<52 || job.Token != 4_600_000_000_000_000 {
			t.Errorf("token %d", job.Token)
		}
		if job.ID != string(bytes) || string(job.Payload) != string(bytes) || job.Fields[string(bytes[:100])] != string(bytes) {
			t.Errorf("%q: %q, %q", job.ID, job.Payload, job.Fields)
		}
		state, result, err := queue.AwaitJob(ctx, job.ID)
		if err != nil || state != jq.Completed || string(result) != string(bytes) {
			t.Errorf("%s with %q: %v", state, result, err)
		}
	}
}
