// Package play has the contenders of scripts/bench-peers that are written in Go, and what all contenders, also those in
// Node and Python, agree upon.
//
// A contender is a process whose one argument is a Task. It makes itself ready, prints Ready, begins when it gets a line,
// prints Told when every job was added, or done and acknowledged, and ends when its input ends.
package play

import (
	"fmt"
	"strconv"
	"time"
)

// Queue is the name of the queue, list, stream or tube.
const Queue = "q"

// Phase is what a contender does in one process.
type Phase string

// The phases of a job's life.
const (
	Add  Phase = "add"
	Work Phase = "work"
)

// Way is how requests go to the server.
type Way string

// The ways.
const (
	// One sends a request and waits for its reply.
	One Way = "one by one"
	// Pipelined sends Task.Together requests of one job each, and then reads their replies.
	Pipelined Way = "pipelined"
	// Batched sends one request for Task.Together jobs, where the contender has such a request.
	Batched Way = "batched"
)

// Task is what a contender is to do.
type Task struct {
	Contender string `json:"contender"`
	Phase     Phase  `json:"phase"`
	Address   string `json:"address"`
	Jobs      int    `json:"jobs"`
	// Handlers is how many producers add, or handlers run, at the same time.
	Handlers int `json:"handlers"`
	Way      Way `json:"way"`
	Together int `json:"together"`
	// Rate is how many jobs a second are added, one by one; 0: as many as go.
	Rate int `json:"rate"`
	// Pad is how many characters of Noise a payload has, each job others: it does not compress, since RQ and RDB files
	// compress what does.
	Pad   int    `json:"pad"`
	Noise string `json:"noise"`
}

// Ready is what a contender prints first: its libraries and their versions.
type Ready struct {
	Versions map[string]string `json:"versions"`
}

// Told is what a contender prints at the end.
type Told struct {
	// Runs is how often a handler was called, Distinct for how many jobs.
	Runs     int `json:"runs"`
	Distinct int `json:"distinct"`
	// Latency is, while adding, the time from the call to its return; while working, from that call to the handler.
	Latency Percentiles `json:"latency_us"`
}

// Percentiles of a latency, in microseconds.
type Percentiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
}

// Job is one of the jobs of a task.
type Job struct {
	ID      string
	Payload []byte
}

// What stands before the pad: the instant of the call in microseconds since 1970, and the number of the job.
const (
	atBegins = len(`{"at":`)
	atEnds   = atBegins + 16
	nBegins  = atEnds + len(`,"n":"`)
	nEnds    = nBegins + 7
)

// Overhead is how long a payload without pad is.
const Overhead = nEnds + len(`","pad":""}`)

// stride is how far apart the noise of one job and of the next begin, round and round.
const stride = 7919

// job makes the job of a number, as of now.
func (t Task) job(number int) Job {
	from := number * stride % (len(t.Noise) - t.Pad)
	payload := fmt.Sprintf(`{"at":%d,"n":"%07d","pad":"%s"}`, time.Now().UnixMicro(), number, t.Noise[from:from+t.Pad])
	return Job{ID: fmt.Sprintf("job-%07d", number), Payload: []byte(payload)}
}

// numbered reads a payload back: the number of the job, and how long ago it was made.
func numbered(payload []byte) (int, time.Duration, error) {
	if len(payload) < Overhead {
		return 0, 0, fmt.Errorf("a payload of %d bytes", len(payload))
	}
	at, err := strconv.ParseInt(string(payload[atBegins:atEnds]), 10, 64)
	if err != nil {
		return 0, 0, err
	}
	number, err := strconv.Atoi(string(payload[nBegins:nEnds]))
	return number, time.Since(time.UnixMicro(at)), err
}
