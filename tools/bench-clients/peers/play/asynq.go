package play

import (
	"context"

	"github.com/hibiken/asynq"
	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

func addByAsynq(task Task) func([]Job) error {
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: task.Address, PoolSize: task.Handlers})
	fault.Check(client.Ping())
	return func(jobs []Job) error {
		_, err := client.Enqueue(asynq.NewTask("mail", jobs[0].Payload), asynq.TaskID(jobs[0].ID))
		return err
	}
}

// workByAsynq counts a task as done when its handler returns, since asynq tells nobody when it has noted that.
func workByAsynq(task Task, tally *Tally) func() {
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: task.Address},
		asynq.Config{Concurrency: task.Handlers, LogLevel: asynq.FatalLevel})
	fault.Check(server.Ping())
	return func() {
		fault.Check(server.Start(asynq.HandlerFunc(func(_ context.Context, one *asynq.Task) error {
			tally.Begin(one.Payload())
			tally.End(1)
			return nil
		})))
	}
}
