package jq

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestWorkerRefusesWhatCannotWork(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer client.Close()
	handler := func(context.Context, *Job) (any, error) { return nil, nil }
	many := func(context.Context, []*Job) []error { return nil }
	for wrong, worker := range map[string]*Worker{
		"no client":          {Queues: []string{"q"}, Handler: handler},
		"no queue":           {Client: client, Handler: handler},
		"no handler":         {Client: client, Queues: []string{"q"}},
		"two handlers":       {Client: client, Queues: []string{"q"}, Handler: handler, Bulk: &Bulk{Handler: many, Size: 1}},
		"bulk of nothing":    {Client: client, Queues: []string{"q"}, Bulk: &Bulk{Handler: many}},
		"bulk of two queues": {Client: client, Queues: []string{"q", "r"}, Bulk: &Bulk{Handler: many, Size: 1}},
		"weight":             {Client: client, Queues: []string{"q"}, Handler: handler, Weights: map[string]int{"q": -1}},
		"lease":              {Client: client, Queues: []string{"q"}, Handler: handler, Lease: -time.Second},
		"shards and queues":  {Shards: new(ShardedQueue), Queues: []string{"q"}, Handler: handler},
		"shards and client":  {Shards: new(ShardedQueue), Client: client, Handler: handler},
		"ring":               {Client: redis.NewRing(&redis.RingOptions{}), Queues: []string{"q"}, Handler: handler},
	} {
		if err := worker.Run(context.Background()); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}

func TestJobMadeByHandNeedsNoServer(t *testing.T) {
	job := &Job{JobInfo: JobInfo{ID: "j", Payload: []byte(`{"to": "ada"}`)}}
	type mail struct{ To string }
	result, err := JSONResult(func(ctx context.Context, job *Job, mail mail) (string, error) {
		for _, err := range []error{job.SetProgress(ctx, 1), job.Log(ctx, "line"), job.Extend(ctx, time.Second), job.Context().Err()} {
			if err != nil {
				t.Error(err)
			}
		}
		return mail.To, nil
	})(context.Background(), job)
	if result != "ada" || err != nil {
		t.Error(result, err)
	}
}
