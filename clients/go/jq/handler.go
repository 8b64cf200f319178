package jq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Handler does one job. What it returns is the result of the job, nil for none: a []byte as it is, anything else as JSON.
// An error fails the run, and the job is tried again as its attempts and backoff say; Fatal and NotNow say otherwise.
//
// The context is done when the job is lost, cancelled, or handed back as the worker stops; context.Cause tells which
// (ErrLeaseLost, ErrCancelled, ErrStopping). It carries the values of the context of Run.
type Handler func(ctx context.Context, job *Job) (result any, err error)

// Middleware wraps a handler.
type Middleware func(Handler) Handler

// BulkHandler does many jobs at once and returns an error for each, nil where it was done; all were done if it returns no
// errors at all. The context is done when the worker stops, or when all the jobs are lost or cancelled; Job.Context has
// that of one job.
type BulkHandler func(ctx context.Context, jobs []*Job) []error

// JSON is a handler that gets its payload as a T, read as JSON. A payload that cannot be read fails its job for good.
func JSON[T any](handle func(ctx context.Context, job *Job, payload T) error) Handler {
	return func(ctx context.Context, job *Job) (any, error) {
		payload, err := Decode[T](job)
		if err != nil {
			return nil, err
		}
		return nil, handle(ctx, job, payload)
	}
}

// JSONResult is JSON for a handler that has a result.
func JSONResult[T, R any](handle func(ctx context.Context, job *Job, payload T) (R, error)) Handler {
	return func(ctx context.Context, job *Job) (any, error) {
		payload, err := Decode[T](job)
		if err != nil {
			return nil, err
		}
		result, err := handle(ctx, job, payload)
		if err != nil {
			return nil, err
		}
		return result, nil
	}
}

// Decode reads the payload of a job as JSON. Its error is Fatal: the next run would get the same bytes.
func Decode[T any](job *Job) (T, error) {
	var payload T
	if err := json.Unmarshal(job.Payload, &payload); err != nil {
		return payload, Fatal(fmt.Errorf("the payload cannot be read: %w", err))
	}
	return payload, nil
}

// FatalError fails a job for good, whatever attempts are left.
type FatalError struct{ Err error }

// Fatal makes an error that fails the job for good; of no error it makes none.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &FatalError{Err: err}
}

// Error is the text of the wrapped error.
func (e *FatalError) Error() string { return e.Err.Error() }

// Unwrap gives the wrapped error.
func (e *FatalError) Unwrap() error { return e.Err }

// NotNowError hands a job back without using up an attempt.
type NotNowError struct{ Delay time.Duration }

// NotNow makes an error that hands the job back; it does not start again before the delay is over.
func NotNow(delay time.Duration) error { return &NotNowError{Delay: delay} }

// Error says for how long.
func (e *NotNowError) Error() string { return fmt.Sprintf("not now, but in %v", e.Delay) }

// PanicError is a panic of a handler.
type PanicError struct {
	Value any
	Stack []byte
}

// Error is the text of the panic, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func asFatal(err error) bool {
	var fatal *FatalError
	return errors.As(err, &fatal)
}
