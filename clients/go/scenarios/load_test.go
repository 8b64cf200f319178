package scenarios

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

func Test_ten_thousand_jobs(t *testing.T) {
	t.Parallel()
	const jobs = 10_000
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, jobs)
	var handled, completed tally
	client.ConfigResetStat(ctx)
	worker := run(t, &jq.Worker{
		Client:      client,
		Queues:      []string{"q"},
		Concurrency: 50,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			handled.add(job.ID)
			return nil, nil
		},
		Hooks: jq.Hooks{Completed: func(job *jq.Job) { completed.add(job.ID) }},
	})
	eventually(t, "all are completed", func() bool { return completed.total() == jobs })
	if _, err := worker.stop(); err != nil {
		t.Error(err)
	}
	requests := requestsOf(t, client)
	handled.eachOnce(t, jobs)
	completed.eachOnce(t, jobs)
	if stats := statsOf(t, queue); stats.Acks != jobs || stats.StaleAcks != 0 || stats.Releases != 0 {
		t.Errorf("%+v", stats)
	}
	if requests > jobs {
		t.Errorf("%d requests for %d jobs", requests, jobs)
	}
	t.Logf("%d requests for %d jobs", requests, jobs)
}

// requestsOf counts the commands of workers since CONFIG RESETSTAT.
func requestsOf(t *testing.T, client *redis.Client) int {
	t.Helper()
	return callsOf(t, client, "jq.claim", "jq.ack", "jq.nack", "jq.extend", "jq.release")
}

// callsOf counts the calls of some commands.
func callsOf(t *testing.T, client *redis.Client, commands ...string) int {
	t.Helper()
	info, err := client.Info(ctx, "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, line := range strings.Split(info, "\r\n") {
		name, rest, _ := strings.Cut(line, ":calls=")
		if slices.Contains(commands, strings.TrimPrefix(name, "cmdstat_")) {
			calls, _, _ := strings.Cut(rest, ",")
			n, err := strconv.Atoi(calls)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
	}
	return total
}

func Test_lease_extended(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	add(t, queue, "long", nil)
	var attempts tally
	run(t, &jq.Worker{
		Client: client,
		Queues: []string{"q"},
		Lease:  3 * time.Second,
		Handler: func(ctx context.Context, job *jq.Job) (any, error) {
			attempts.add(strconv.Itoa(job.Attempt))
			select {
			case <-time.After(8 * time.Second):
			case <-ctx.Done():
			}
			return nil, context.Cause(ctx)
		},
	})
	acked(t, queue, 1)
	attempts.eachOnce(t, 1)
	if stats := statsOf(t, queue); stats.Losses != 0 || stats.Claims != 1 {
		t.Errorf("%d losses, %d claims", stats.Losses, stats.Claims)
	}
}

func Test_several_queues(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	fill := func(name string, jobs int) *jq.Queue {
		queue := jq.NewQueue(client, name)
		addJobs(t, queue, jobs)
		return queue
	}
	consume := func(seen *tally, worker *jq.Worker) {
		worker.Client = client
		worker.Handler = func(_ context.Context, job *jq.Job) (any, error) {
			seen.add(job.Queue)
			return nil, nil
		}
		run(t, worker)
	}

	t.Run("strict", func(t *testing.T) {
		urgent, later := fill("urgent", 60), fill("later", 60)
		var seen tally
		consume(&seen, &jq.Worker{Queues: []string{"urgent", "later"}, Concurrency: 1})
		acked(t, urgent, 60)
		acked(t, later, 60)
		for i, name := range seen.names() {
			if want := map[bool]string{true: "urgent", false: "later"}[i < 60]; name != want {
				t.Fatalf("job %d was of %s", i, name)
			}
		}
	})
	t.Run("weights", func(t *testing.T) {
		fill("heavy", 1000)
		fill("light", 1000)
		var seen tally
		weights := map[string]int{"heavy": 3}
		consume(&seen, &jq.Worker{Queues: []string{"light", "heavy"}, Weights: weights, Concurrency: 5})
		eventually(t, "1000 jobs are done", func() bool { return seen.total() >= 1000 })
		heavy := 0
		for _, name := range seen.names()[:1000] {
			if name == "heavy" {
				heavy++
			}
		}
		if ratio := float64(heavy) / float64(1000-heavy); ratio < 3*0.85 || ratio > 3*1.15 {
			t.Errorf("heavy to light: %.2f", ratio)
		}
	})
}

func Test_bulk(t *testing.T) {
	t.Parallel()
	client := startServer(t).client()
	queue := jq.NewQueue(client, "q")
	addJobs(t, queue, 100, jq.Attempts(1))
	var handled, completed, failed tally
	run(t, &jq.Worker{
		Client:      client,
		Queues:      []string{"q"},
		Concurrency: 2,
		Bulk: &jq.Bulk{
			Size: 20,
			Min:  10,
			Wait: time.Second,
			Handler: func(_ context.Context, jobs []*jq.Job) []error {
				errors := make([]error, len(jobs))
				for i, job := range jobs {
					handled.add(job.ID)
					if strings.HasSuffix(job.ID, "7") {
						errors[i] = context.DeadlineExceeded
					}
				}
				return errors
			},
		},
		Hooks: jq.Hooks{
			Completed: func(job *jq.Job) { completed.add(job.ID) },
			Failed:    func(job *jq.Job, _ error, _ bool) { failed.add(job.ID) },
		},
	})
	eventually(t, "each has its answer", func() bool { return completed.total()+failed.total() == 100 })
	handled.eachOnce(t, 100)
	completed.eachOnce(t, 90)
	failed.eachOnce(t, 10)
	if stats := statsOf(t, queue); stats.Acks != 90 || stats.Nacks != 10 {
		t.Errorf("%d acks, %d nacks", stats.Acks, stats.Nacks)
	}
}
