package scenarios

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis/go-redis/v9"
)

// eachProtocol runs a test with maps (RESP3) and with flat arrays (RESP2).
func eachProtocol(t *testing.T, test func(t *testing.T, client *redis.Client, queue *jq.Queue)) {
	t.Parallel()
	server := startServer(t)
	for _, protocol := range []int{2, 3} {
		t.Run(map[int]string{2: "resp2", 3: "resp3"}[protocol], func(t *testing.T) {
			client := clientOf(t, &redis.Options{Addr: server.address(), Protocol: protocol})
			test(t, client, jq.NewQueue(client, t.Name()))
		})
	}
}

// same compares what a command gave with what it should have given.
func same[T comparable](t *testing.T, what string, got T, err error, want T) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: %v (%v), not %v", what, got, err, want)
	}
}

// sameIDs is same for a method that tells ids.
func sameIDs(t *testing.T, what, want string) func([]string, error) {
	t.Helper()
	return func(ids []string, err error) {
		t.Helper()
		same(t, what, strings.Join(ids, ", "), err, want)
	}
}

func TestJobsOfAQueue(t *testing.T) {
	eachProtocol(t, func(t *testing.T, client *redis.Client, queue *jq.Queue) {
		results, err := queue.AddMany(ctx, []jq.NewJob{
			{ID: "a", Payload: 1}, {Payload: 2, Options: []jq.Option{jq.Delay(time.Hour)}}, {ID: "c", Payload: 3},
		}, jq.Group("acme"), jq.Name("mail"))
		if err != nil || results[1].State != jq.Delayed || len(results[1].ID) != 36 || results[2].ID != "c" {
			t.Fatalf("%+v %v", results, err)
		}
		again, err := queue.Add(ctx, "a", nil)
		same(t, "add again", again, err, jq.AddResult{Outcome: jq.Duplicate, ID: "a", State: jq.Waiting})

		page, err := queue.List(ctx, jq.Waiting, jq.Count(1), jq.WithPayload())
		if err != nil || len(page.Items) != 1 || string(page.Items[0].Payload) != "1" || page.Next == "0" {
			t.Errorf("%+v %v", page, err)
		}
		page, err = queue.List(ctx, jq.Waiting, jq.Cursor(page.Next))
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != "c" || page.Next != "0" {
			t.Errorf("%+v %v", page, err)
		}
		count, err := queue.Count(ctx, jq.Waiting, jq.Group("acme"))
		same(t, "count", count, err, 2)
		names, err := queue.Names(ctx)
		same(t, "names", names.Items[0].Waiting, err, 2)
		groups, err := queue.Groups(ctx)
		same(t, "groups", groups.Items[0].Group, err, "acme")
		changed, err := queue.Change(ctx, "c", jq.Option{"PAYLOAD", []byte("new")}, jq.Priority(5))
		same(t, "change", changed, err, jq.Done)
		same(t, "payload", string(jobOf(t, queue, "c").Payload), nil, "new")
		promoted, err := queue.Promote(ctx, []string{results[1].ID, "nobody"})
		same(t, "promote", promoted[0], err, jq.Done)
		same(t, "promote nobody", promoted[1], err, jq.Unknown)
		lines, err := queue.Log(ctx, "c", "one", "two")
		same(t, "log", lines, err, 2)
		logged, total, err := queue.Logs(ctx, "c", jq.Newest(), jq.Count(1))
		same(t, "logs", logged[0], err, "two")
		same(t, "lines", total, err, 2)
		explained, err := queue.ExplainJob(ctx, "c")
		same(t, "explain", explained.State, err, jq.Waiting)
		if _, err := queue.Call(ctx, "JQ.CLAIM", "by hand", "COUNT", 2); err != nil {
			t.Error(err)
		}
		released, err := queue.ReleaseWorker(ctx, "by hand")
		same(t, "release worker", released, err, 1) // of a group whose concurrency is 1
		cancelled, err := queue.CancelAll(ctx, jq.Name("mail"), jq.Count(1))
		same(t, "cancel all", cancelled, err, 3)
		add(t, queue, "held 1", nil, jq.Delay(time.Hour))
		add(t, queue, "held 2", nil, jq.Delay(time.Hour))
		sameIDs(t, "promote all", "held 1, held 2")(queue.PromoteAllIDs(ctx, jq.Count(1)))
		sameIDs(t, "cancel all", "held 1, held 2")(queue.CancelAllIDs(ctx, jq.Count(1)))
		sameIDs(t, "cancel none", "")(queue.CancelAllIDs(ctx))

		for _, missing := range []func() error{
			func() error { _, err := queue.Get(ctx, "nobody"); return err },
			func() error { _, err := queue.ExplainJob(ctx, "nobody"); return err },
			func() error { _, err := queue.Log(ctx, "nobody", "line"); return err },
			func() error { _, _, err := queue.Logs(ctx, "nobody"); return err },
			func() error { _, err := queue.Batch(ctx, "nobody"); return err },
			func() error { _, _, err := queue.AwaitJob(ctx, "nobody"); return err },
		} {
			if err := missing(); !errors.Is(err, jq.ErrNotFound) {
				t.Error(err)
			}
		}
		page, err = queue.List(ctx, jq.Remembered)
		same(t, "remembered", len(page.Items), err, 5)
		removed, err := queue.Remove(ctx, "a", "held 1", "held 2")
		same(t, "remove", removed[0], err, jq.Done)
		purged, err := queue.Purge(ctx, jq.Remembered)
		same(t, "purge", purged, err, 2)
	})
}

func TestFailedJobsAreRetried(t *testing.T) {
	eachProtocol(t, func(t *testing.T, client *redis.Client, queue *jq.Queue) {
		addJobs(t, queue, 3, jq.Attempts(1), jq.Keep(time.Hour))
		run(t, &jq.Worker{Client: client, Queues: []string{queue.Name()}, Handler: func(_ context.Context, job *jq.Job) (any, error) {
			if job.Error == "" {
				return nil, errors.New("the first time")
			}
			return "done", nil
		}})
		eventually(t, "all have failed", func() bool { return statsOf(t, queue).Failed == 3 })
		retried, err := queue.Retry(ctx, []string{"j0"}, jq.Front())
		same(t, "retry", retried[0], err, jq.Done)
		all, err := queue.RetryAll(ctx)
		same(t, "retry all", all, err, 2)
		state, result, err := queue.AwaitJob(ctx, "j0")
		same(t, "await", string(state)+string(result), err, `completed"done"`)
		acked(t, queue, 3)
		rerun, err := queue.Rerun(ctx, []string{"j0", "nobody"})
		same(t, "rerun", rerun[0], err, jq.Done)
		same(t, "rerun nobody", rerun[1], err, jq.Unknown)
		eventually(t, "it ran, and failed", func() bool { return statsOf(t, queue).Failed == 1 })
		purged, err := queue.PurgeIDs(ctx, jq.Completed, jq.Count(2))
		slices.Sort(purged)
		sameIDs(t, "purge", "j1, j2")(purged, err)
		workers, err := queue.Workers(ctx)
		same(t, "workers", len(workers.Items), err, 1)
		series, err := queue.Series(ctx, 2)
		if err != nil || series[0].Completed+series[len(series)-1].Completed < 3 {
			t.Errorf("%+v %v", series, err)
		}
	})
}

func TestBatchesOfAQueue(t *testing.T) {
	eachProtocol(t, func(t *testing.T, client *redis.Client, queue *jq.Queue) {
		addJobs(t, queue, 5, jq.InBatch("load"))
		add(t, queue, "after", nil, jq.After("load"))
		sealed, err := queue.Seal(ctx, "load")
		same(t, "seal", sealed, err, true)
		explained, err := queue.Explain(ctx)
		if err != nil || explained.Why == "" || explained.Others["blocked"] != int64(1) {
			t.Errorf("%+v %v", explained, err)
		}
		within, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if _, err := queue.AwaitBatch(within, "load"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		run(t, &jq.Worker{Client: client, Queues: []string{queue.Name()}, Handler: func(context.Context, *jq.Job) (any, error) {
			return nil, nil
		}})
		batch, err := queue.AwaitBatch(ctx, "load")
		if err != nil || batch.Completed != 5 || !batch.Finished || batch.FinishedAt.IsZero() {
			t.Errorf("%+v %v", batch, err)
		}
		acked(t, queue, 6)
		if err := queue.AwaitIdle(ctx); err != nil {
			t.Error(err)
		}
		page, err := queue.Batches(ctx)
		same(t, "batches", page.Items[0].Batch, err, "load")
		forgotten, err := queue.Forget(ctx, "load")
		same(t, "forget", forgotten, err, true)
		if _, err := queue.Add(ctx, "x", nil, jq.InBatch("y")); err != nil {
			t.Error(err)
		}
		queue.Seal(ctx, "y")
		if _, err := queue.Add(ctx, "z", nil, jq.InBatch("y")); !errors.Is(err, jq.ErrSealed) {
			t.Error(err)
		}
	})
}

func TestSettingsOfAQueue(t *testing.T) {
	eachProtocol(t, func(t *testing.T, client *redis.Client, queue *jq.Queue) {
		if err := queue.SetConfig(ctx, "lease", time.Minute, "max-jobs", 1, "events-max", 100); err != nil {
			t.Fatal(err)
		}
		config, err := queue.Config(ctx)
		same(t, "lease", config["lease"], err, "60000")
		add(t, queue, "one", nil)
		if _, err := queue.Add(ctx, "two", nil); !errors.Is(err, jq.ErrFull) {
			t.Error(err)
		}
		if _, err := queue.Add(ctx, "two", func() {}); err == nil {
			t.Error("a function was encoded as JSON")
		}
		if _, err := queue.Call(ctx, "JQ.ADD", "two", "x", "NONSENSE"); !errors.Is(err, jq.ErrInvalid) {
			t.Error(err)
		}
		paused, err := queue.Pause(ctx, jq.For(time.Minute))
		same(t, "pause", paused, err, true)
		resumed, err := queue.Resume(ctx)
		same(t, "resume", resumed, err, true)
		if err := queue.SetGroup(ctx, "acme", "concurrency", 5); err != nil {
			t.Error(err)
		}
		group, err := queue.Group(ctx, "acme")
		same(t, "group", group.Concurrency, err, 5)

		next, err := queue.Schedule(ctx, "nightly", "go", jq.Cron("30 2 * * *"), jq.Zone("Europe/Berlin"), jq.OverlapSkip())
		if err != nil || time.Until(next) <= 0 || time.Until(next) > 25*time.Hour {
			t.Errorf("%v %v", next, err)
		}
		schedules, err := queue.Schedules(ctx)
		if err != nil || schedules[0].Zone != "Europe/Berlin" || !schedules[0].Next.Equal(next) || string(schedules[0].Payload) != `"go"` {
			t.Errorf("%+v %v", schedules, err)
		}
		removed, err := queue.Unschedule(ctx, "nightly")
		same(t, "unschedule", removed, err, true)

		if err := queue.OnExpire(ctx, "cart:", jq.Delay(time.Second)); err != nil {
			t.Error(err)
		}
		prefixes, err := queue.Expiries(ctx)
		same(t, "prefixes", prefixes[0].Prefix, err, "cart:")
		off, err := queue.OffExpire(ctx, "cart:")
		same(t, "off", off, err, true)

		id, err := queue.Emit(ctx, "deployed", "one", "version", "1.2")
		if err != nil {
			t.Error(err)
		}
		for event, err := range queue.Events("", jq.Only("deployed")).All(ctx) {
			same(t, "event", event.ID, err, id)
			same(t, "fields", event.Fields["version"], err, any("1.2"))
			same(t, "job", event.Job, err, "one")
			break
		}
		dropped, err := queue.TrimEvents(ctx, 0)
		if err != nil || dropped == 0 {
			t.Errorf("%d dropped: %v", dropped, err)
		}
		if found, err := queue.Check(ctx); err != nil || len(found) > 0 {
			t.Errorf("%v %v", found, err)
		}
		same(t, "wrong type", errorOfWrongType(client), nil, true)
	})
}

func errorOfWrongType(client *redis.Client) bool {
	client.Set(ctx, "text", "x", 0)
	_, err := jq.NewQueue(client, "text").Stats(ctx)
	return errors.Is(err, jq.ErrWrongType)
}
