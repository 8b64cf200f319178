package play

import (
	"context"

	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// The Go package of this project, with all that its worker does beside claiming and acknowledging.

func addByPackage(task Task) func([]Job) error {
	queue := jq.NewQueue(connect(task.Address, task.Handlers), Queue)
	return func(jobs []Job) error {
		if task.Way == One {
			_, err := queue.Add(ctx, jobs[0].ID, jobs[0].Payload)
			return err
		}
		many := make([]jq.NewJob, len(jobs))
		for i, job := range jobs {
			many[i] = jq.NewJob{ID: job.ID, Payload: job.Payload}
		}
		_, err := queue.AddMany(ctx, many)
		return err
	}
}

func workByPackage(task Task, tally *Tally) func() {
	worker := jq.Worker{
		Client: connect(task.Address, task.Handlers), Queues: []string{Queue}, Concurrency: task.Handlers,
		Handler: func(_ context.Context, job *jq.Job) (any, error) {
			tally.Begin(job.Payload)
			return nil, nil
		},
		Hooks: jq.Hooks{Completed: func(*jq.Job) { tally.End(1) }},
	}
	return func() {
		go func() { fault.Check(worker.Run(ctx)) }()
	}
}
