package jq

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// Queue has the commands of one queue, under the names of the manual. It is safe for use by many goroutines, and costs
// nothing to make.
type Queue struct {
	client redis.UniversalClient
	name   string
}

// NewQueue is the queue under the key name. In a cluster it is on the node of that key.
func NewQueue(client redis.UniversalClient, name string) *Queue {
	return &Queue{client: client, name: name}
}

// Name is the key of the queue.
func (q *Queue) Name() string { return q.name }

// Call sends a command of which the first argument is the queue, as in Call(ctx, "JQ.COUNT", "waiting"). The reply is as
// the client gives it, nil for null. Durations and instants are sent as milliseconds.
func (q *Queue) Call(ctx context.Context, command string, args ...any) (any, error) {
	return onQueue(command, q.name, args...).send(ctx, q.client)
}

// ask is Call with options behind the arguments.
func (q *Queue) ask(ctx context.Context, options []Option, command string, args ...any) (any, error) {
	return onQueue(command, q.name, args...).with(options).send(ctx, q.client)
}

// number is for commands that reply with one.
func (q *Queue) number(ctx context.Context, options []Option, command string, args ...any) (int64, error) {
	reply, err := q.ask(ctx, options, command, args...)
	return integer(reply), err
}

// State is where a job stands.
type State string

// The states of jobs, and how the ids of ended ones are told of.
const (
	Waiting    State = "waiting"
	Delayed    State = "delayed"
	Blocked    State = "blocked"
	Active     State = "active"
	Completed  State = "completed"
	Failed     State = "failed"
	Expired    State = "expired"
	Cancelled  State = "cancelled"
	Remembered State = "remembered"
)

// Outcome is what an Add has done.
type Outcome string

// The outcomes of Add.
const (
	// Added: this call added the job.
	Added Outcome = "added"
	// Duplicate: the id is known, and nothing changed.
	Duplicate Outcome = "duplicate"
	// Replaced: the job that was there took what the call names.
	Replaced Outcome = "replaced"
	// Rerun: the job will run once more after its present life.
	Rerun Outcome = "rerun"
)

// AddResult is what became of one added job.
type AddResult struct {
	Outcome Outcome
	ID      string
	// State is that of the job, or how the known job ended.
	State State
}

// NewJob is one of the jobs of AddMany.
type NewJob struct {
	// ID is made, a UUID of version 7, if it is empty.
	ID string
	// Payload is sent as it is if it is a []byte, and as JSON otherwise.
	Payload any
	// Options are those of this job alone.
	Options []Option
}

// Add enqueues a job. An empty id is made here, a UUID of version 7, so that a client that sends the command again adds
// no second job. A payload of []byte is sent as it is, any other as JSON.
//
// Errors: ErrFull, ErrSealed, ErrOutOfMemory, ErrInvalid; a payload that is no JSON.
func (q *Queue) Add(ctx context.Context, id string, payload any, options ...Option) (AddResult, error) {
	made, id := ensureID(id)
	data, err := encode(payload)
	if err != nil {
		return AddResult{}, err
	}
	reply, err := q.ask(ctx, options, "JQ.ADD", id, data)
	if err != nil {
		return AddResult{}, err
	}
	return addResult(reply, made), nil
}

// AddMany enqueues jobs as if one after the other, with options for all of them; all are added, or none. A call has
// 10,000 jobs at most.
func (q *Queue) AddMany(ctx context.Context, jobs []NewJob, options ...Option) ([]AddResult, error) {
	additions, err := additionsOf(jobs)
	if err != nil {
		return nil, err
	}
	if err := q.addAll(ctx, additions, options); err != nil {
		return nil, err
	}
	return resultsOf(additions), nil
}

// ensureID makes an id where there is none, and says whether it did.
func ensureID(id string) (bool, string) {
	if id != "" {
		return false, id
	}
	return true, uuid.Must(uuid.NewV7()).String()
}

// addResult reads [outcome, id, state]. An id that was made for this call can only be a duplicate of itself: the client
// has sent the command again after the first reply was lost.
func addResult(reply any, made bool) AddResult {
	entry := list(reply)
	if len(entry) < 3 {
		return AddResult{}
	}
	result := AddResult{Outcome: Outcome(text(entry[0])), ID: text(entry[1]), State: State(text(entry[2]))}
	if made && result.Outcome == Duplicate {
		result.Outcome = Added
	}
	return result
}

// encode is a payload, result or progress as it is sent.
func encode(value any) ([]byte, error) {
	if data, ok := value.([]byte); ok {
		return data, nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("jq: encode as JSON: %w", err)
	}
	return data, nil
}
