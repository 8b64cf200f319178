package play

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

// contender makes itself ready to add, or to work.
type contender struct {
	// adder returns what adds jobs: one, or Task.Together of them. It is called by Task.Handlers goroutines.
	adder func(Task) func(jobs []Job) error
	// worker returns what starts the handlers, which tell the tally.
	worker func(Task, *Tally) (start func())
}

var contenders = map[string]contender{
	"jq-hand":      byHand(jqByHand),
	"jq-next":      byHand(jqNextByHand),
	"jq-go":        {addByPackage, workByPackage},
	"streams":      byHand(streams),
	"streams-idmp": byHand(idempotentStreams),
	"lists":        byHand(lists),
	"beanstalkd":   byHand(beanstalkd),
	"asynq":        {addByAsynq, workByAsynq},
}

// Play is a contender: the whole program.
func Play(text string) {
	var task Task
	fault.Check(json.Unmarshal([]byte(text), &task))
	contender, is := contenders[task.Contender]
	if !is {
		fault.Raise("there is no contender %s in Go", task.Contender)
	}
	tally := newTally(task)
	run := func() func() {
		if task.Phase == Add {
			add := contender.adder(task)
			return func() { task.addAll(add, tally) }
		}
		start := contender.worker(task, tally)
		return func() {
			start()
			<-tally.Done
		}
	}()
	say(Ready{Versions: versions()})
	input := bufio.NewReader(os.Stdin)
	_, err := input.ReadString('\n')
	fault.Check(err)
	go func() {
		io.Copy(io.Discard, input)
		os.Exit(0)
	}()
	run()
	say(tally.told())
	select {}
}

func say(what any) { fault.Check(json.NewEncoder(os.Stdout).Encode(what)) }

// versions are those of the Go libraries that contenders use.
func versions() map[string]string {
	found := map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		for name, path := range map[string]string{"go-redis": "github.com/redis/go-redis/v9", "asynq": "github.com/hibiken/asynq"} {
			if module.Path == path {
				found[name] = strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return found
}

// addAll adds all jobs of the task: as many as go, or at its rate.
func (t Task) addAll(add func([]Job) error, tally *Tally) {
	var adding sync.WaitGroup
	if t.Rate > 0 {
		t.offer(add, tally, &adding)
	} else {
		var next atomic.Int64
		for range t.Handlers {
			adding.Add(1)
			go func() {
				defer adding.Done()
				t.addSome(add, &next)
			}()
		}
	}
	adding.Wait()
}

// addSome adds jobs, Together at a time, until there are no more numbers.
func (t Task) addSome(add func([]Job) error, next *atomic.Int64) {
	for {
		end := int(next.Add(int64(t.Together)))
		first := end - t.Together
		if first >= t.Jobs {
			return
		}
		var jobs []Job
		for number := first; number < min(end, t.Jobs); number++ {
			jobs = append(jobs, t.job(number))
		}
		fault.Check(add(jobs))
	}
}

// offer adds each job at its instant, whether or not earlier ones have been answered.
func (t Task) offer(add func([]Job) error, tally *Tally, adding *sync.WaitGroup) {
	begun := time.Now()
	for number := range t.Jobs {
		time.Sleep(time.Until(begun.Add(time.Duration(number) * time.Second / time.Duration(t.Rate))))
		adding.Add(1)
		go func() {
			defer adding.Done()
			called := time.Now()
			fault.Check(add([]Job{t.job(number)}))
			tally.took(number, time.Since(called))
		}()
	}
}

// connect is a client with at most so many connections, all of which are made.
func connect(address string, connections int) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: address, PoolSize: connections, MinIdleConns: connections})
	fault.Check(client.Ping(ctx).Err())
	return client
}

// requests are commands that go to the server together.
type requests [][]any

func command(args ...any) []any { return args }

// send sends all requests in one write and returns their replies, nil for null.
func (r requests) send(client *redis.Client) ([]any, error) {
	if len(r) == 1 {
		reply, err := client.Do(ctx, r[0]...).Result()
		if err == redis.Nil {
			err = nil
		}
		return []any{reply}, err
	}
	sent, _ := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, request := range r {
			pipe.Do(ctx, request...)
		}
		return nil
	})
	replies := make([]any, len(sent))
	for i, one := range sent {
		reply, err := one.(*redis.Cmd).Result()
		if err != nil && err != redis.Nil {
			return nil, fmt.Errorf("%v: %w", r[i][0], err)
		}
		replies[i] = reply
	}
	return replies, nil
}
