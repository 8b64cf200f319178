package jq

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Error is what the server replied with instead of a result. errors.As finds it, and errors.Is compares its code with
// the sentinels below.
type Error struct {
	// Code is the first word of the server's sentence, such as JQFULL, or NOMODULE, which is of this package.
	Code string
	// Message is the whole sentence, code included.
	Message string

	cause error
}

// The codes of the manual, for errors.Is.
var (
	// ErrFull says that a limit of the queue is reached (JQFULL).
	ErrFull = &Error{Code: "JQFULL"}
	// ErrSealed says that the batch takes no more members (JQSEALED).
	ErrSealed = &Error{Code: "JQSEALED"}
	// ErrShards says that the queue is one of another number of shards (JQSHARDS). A ShardedQueue sees to it by itself.
	ErrShards = &Error{Code: "JQSHARDS"}
	// ErrWrongType says that the key holds something that is no queue.
	ErrWrongType = &Error{Code: "WRONGTYPE"}
	// ErrOutOfMemory says that the server is at its maxmemory (OOM).
	ErrOutOfMemory = &Error{Code: "OOM"}
	// ErrReadOnly says that the server is a replica.
	ErrReadOnly = &Error{Code: "READONLY"}
	// ErrNoPermission says that the user lacks a right, and which one (NOPERM).
	ErrNoPermission = &Error{Code: "NOPERM"}
	// ErrInvalid says that the command was refused for its arguments (ERR).
	ErrInvalid = &Error{Code: "ERR"}
	// ErrNoModule says that the server does not know the command: the module is not loaded, or is too old.
	ErrNoModule = &Error{Code: "NOMODULE"}
)

// ErrNotFound says that there is no such job or batch.
var ErrNotFound = errors.New("jq: there is no such job or batch")

// What ends the context of a handler (context.Cause), and what the hook Lost is told.
var (
	// ErrLeaseLost says that the job is not this worker's any more: another one may be doing it.
	ErrLeaseLost = errors.New("jq: the lease of the job was lost")
	// ErrCancelled says that somebody has cancelled the job (JQ.CANCEL).
	ErrCancelled = errors.New("jq: the job was cancelled")
	// ErrStopping says that the worker stops and hands the job back.
	ErrStopping = errors.New("jq: the worker stops")
)

// Error is the server's sentence.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the error of the client.
func (e *Error) Unwrap() error { return e.cause }

// Is compares with one of the sentinels.
func (e *Error) Is(target error) bool {
	sentinel, ok := target.(*Error)
	return ok && sentinel.Message == "" && sentinel.Code == e.Code
}

// serverError turns an error reply into an Error. Other errors, such as those of the connection, stay as they are.
func serverError(command string, err error) error {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return err
	}
	sentence := reply.Error()
	if strings.HasPrefix(sentence, "ERR unknown command") {
		return &Error{
			Code: ErrNoModule.Code,
			Message: fmt.Sprintf("the server does not know %s: load the redis-jq module, or a newer one, with "+
				"`loadmodule /path/to/libredis_jq.so` in its configuration file (it said: %s)", command, sentence),
			cause: err,
		}
	}
	code, _, _ := strings.Cut(sentence, " ")
	return &Error{Code: code, Message: sentence, cause: err}
}

// passing says whether an error goes away by waiting: the server or the way to it is not there for the moment. Anything
// that is no reply of the server is, except that the client was closed.
func passing(err error) bool {
	var reply *Error
	if !errors.As(err, &reply) {
		return !errors.Is(err, redis.ErrClosed)
	}
	switch reply.Code {
	case "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN", "UNBLOCKED", "BUSY", "MISCONF",
		"NOREPLICAS", "OOM":
		return true
	case "ERR":
		return strings.HasPrefix(reply.Message, "ERR max number of clients")
	}
	return false
}
