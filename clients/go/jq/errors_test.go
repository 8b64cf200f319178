package jq

import (
	"errors"
	"io"
	"testing"

	"github.com/redis/go-redis/v9"
)

// reply is an error of the server, as the client gives it.
type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

func TestErrorsHaveTheirCodes(t *testing.T) {
	for sentence, sentinel := range map[string]error{
		"JQFULL the queue has 5 jobs":                      ErrFull,
		"JQSEALED batch 'b' is sealed":                     ErrSealed,
		"WRONGTYPE Operation against a key":                ErrWrongType,
		"OOM command not allowed":                          ErrOutOfMemory,
		"READONLY You can't write":                         ErrReadOnly,
		"NOPERM User x has no permissions":                 ErrNoPermission,
		"ERR syntax error":                                 ErrInvalid,
		"ERR unknown command 'JQ.ADD', with args beginnin": ErrNoModule,
	} {
		err := serverError("JQ.ADD", reply(sentence))
		var typed *Error
		if !errors.Is(err, sentinel) || !errors.As(err, &typed) || !errors.Is(err, reply(sentence)) {
			t.Errorf("%s: %v", sentence, err)
		}
		if errors.Is(err, ErrFull) != (sentinel == ErrFull) {
			t.Errorf("%s is taken for JQFULL", sentence)
		}
	}
	if err := serverError("JQ.ADD", io.EOF); err != io.EOF {
		t.Error(err)
	}
}

func TestOnlyWhatPassesIsWaitedFor(t *testing.T) {
	for err, passes := range map[error]bool{
		io.EOF:          true,
		redis.ErrClosed: false,
		reply("LOADING Redis is loading the dataset"):   true,
		reply("READONLY You can't write"):               true,
		reply("MOVED 3999 127.0.0.1:6381"):              true,
		reply("ERR max number of clients reached"):      true,
		reply("ERR LEASE is above max-lease"):           false,
		reply("NOPERM User x has no permissions"):       false,
		reply("WRONGTYPE Operation against a key"):      false,
		reply("ERR unknown command 'JQ.CLAIM'"):         false,
		reply("NOAUTH Authentication required."):        false,
		reply("MASTERDOWN Link with MASTER is down"):    true,
		reply("CLUSTERDOWN The cluster is down"):        true,
		reply("UNBLOCKED the key is on another server"): true,
	} {
		if passing(serverError("JQ.CLAIM", err)) != passes {
			t.Errorf("%v: passes is not %v", err, passes)
		}
	}
}
