package jq

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Forever is the duration that has no end, where the manual allows -1.
const Forever time.Duration = -1

// Never is the instant that does not come: where a reply has -1 for an instant.
var Never = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)

// request is one command on its way to the server.
type request struct {
	args []any
	// key is the position of the first key in args, for clusters.
	key int8
	// once forbids the client to send the command again by itself when a connection breaks: a second claim would get
	// other jobs.
	once bool
}

// onQueue is a command whose first argument is the queue.
func onQueue(command, queue string, args ...any) request {
	return request{args: append([]any{command, queue}, args...), key: 1}
}

// with puts options behind the arguments.
func (r request) with(options []Option) request {
	for _, option := range options {
		r.args = append(r.args, option...)
	}
	return r
}

// sentOnce is a command that the client does not repeat.
type sentOnce struct{ *redis.Cmd }

// NoRetry is asked by the client before it sends a command again.
func (sentOnce) NoRetry() bool { return true }

// send gives the reply, nil where the server replied with null.
func (r request) send(ctx context.Context, client redis.UniversalClient) (any, error) {
	args := make([]any, len(r.args))
	for i, arg := range r.args {
		args[i] = onWire(arg)
	}
	command := redis.NewCmd(ctx, args...)
	command.SetFirstKeyPos(r.key)
	var err error
	if r.once {
		err = client.Process(ctx, sentOnce{command})
	} else {
		err = client.Process(ctx, command)
	}
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, serverError(args[0].(string), err)
	}
	return command.Val(), nil
}

// onWire is an argument as it is sent: durations in whole milliseconds, rounded up, and instants in Unix milliseconds.
func onWire(arg any) any {
	switch value := arg.(type) {
	case time.Duration:
		return milliseconds(value)
	case time.Time:
		return value.UnixMilli()
	case State:
		return string(value)
	}
	return arg
}

// milliseconds rounds up, so that nothing ends early; Forever is -1.
func milliseconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
