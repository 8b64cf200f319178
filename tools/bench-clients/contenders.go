package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis-jq/redis-jq/clients/go/jq"
	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis/go-redis/v9"
)

// atOnce is how many adds or handlers there are at the same time.
const atOnce = 50

var ctx = context.Background()

const queue = "q"

// payload is 100 bytes of JSON.
var payload = fmt.Appendf(nil, `{"to":"%079d@example.org"}`, 0)

func id(i int) string { return fmt.Sprint("job:", i) }

// each calls with all numbers below n, atOnce of them at the same time.
func each(n int, call func(i int) error) {
	var next atomic.Int64
	var calls sync.WaitGroup
	for range atOnce {
		calls.Add(1)
		go func() {
			defer calls.Done()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fault.Check(call(i))
			}
		}()
	}
	calls.Wait()
}

func connect(address string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: address})
	fault.Check(client.Ping(ctx).Err())
	return client
}

func addByPackage(address string, jobs int, _ byHand) func() {
	added := jq.NewQueue(connect(address), queue)
	return func() {
		each(jobs, func(i int) error {
			_, err := added.Add(ctx, id(i), payload)
			return err
		})
	}
}

func addByHand(address string, jobs int, _ byHand) func() {
	client := connect(address)
	return func() {
		each(jobs, func(i int) error { return client.Do(ctx, "JQ.ADD", queue, id(i), payload).Err() })
	}
}

func addByAsynq(address string, jobs int, _ byHand) func() {
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: address})
	fault.Check(client.Ping())
	return func() {
		each(jobs, func(i int) error {
			_, err := client.Enqueue(asynq.NewTask("mail", payload), asynq.TaskID(id(i)))
			return err
		})
	}
}

func workByPackage(address string, jobs int, _ byHand) func() {
	client := connect(address)
	return func() {
		var left atomic.Int64
		left.Store(int64(jobs))
		all := make(chan struct{})
		worker := jq.Worker{
			Client: client, Queues: []string{queue}, Concurrency: atOnce,
			Handler: func(context.Context, *jq.Job) (any, error) { return nil, nil },
			Hooks: jq.Hooks{Completed: func(*jq.Job) {
				if left.Add(-1) == 0 {
					close(all)
				}
			}},
		}
		go func() { fault.Check(worker.Run(ctx)) }()
		<-all
	}
}

// workByHand claims as many jobs as the worker has handlers, and then acknowledges some at a time.
func workByHand(address string, jobs int, how byHand) func() {
	client := connect(address)
	name := workerName()
	return func() {
		held, err := client.Do(ctx, "JQ.CLAIM", queue, name, "COUNT", atOnce, "LEASE", 30_000, "BLOCK", 5000, "FULL").Slice()
		fault.Check(err)
		begun := time.Now()
		for done := 0; done < jobs; {
			some := held[:min(how.together, len(held))]
			held = held[len(some):]
			ack := []any{"JQ.ACK", queue}
			for _, job := range some {
				fields := job.(map[any]any)
				ack = append(ack, fields["token"], fields["id"])
			}
			reply, err := client.Do(ctx, append(ack, "NEXT", name, "COUNT", len(some), "LEASE", 30_000, "FULL")...).Slice()
			fault.Check(err)
			done += len(some)
			if next, ok := reply[1].([]any); ok {
				held = append(held, next...)
			}
			begun = begun.Add(how.apart)
			time.Sleep(time.Until(begun))
		}
	}
}

// workerName is as long as the one that the package makes, since the server repeats it with each job.
func workerName() string {
	host, err := os.Hostname()
	fault.Check(err)
	return fmt.Sprintf("%s:%d:%08x", host, os.Getpid(), 0)
}

func workByAsynq(address string, jobs int, _ byHand) func() {
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: address}, asynq.Config{Concurrency: atOnce, LogLevel: asynq.FatalLevel})
	fault.Check(server.Ping())
	return func() {
		var left atomic.Int64
		left.Store(int64(jobs))
		all := make(chan struct{})
		fault.Check(server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
			if left.Add(-1) == 0 {
				close(all)
			}
			return nil
		})))
		<-all
	}
}
