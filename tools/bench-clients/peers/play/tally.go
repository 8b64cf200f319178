package play

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// Tally counts what happens to the jobs of a task. It is for many goroutines.
type Tally struct {
	// Done is closed when all jobs were answered for.
	Done chan struct{}

	warm int // the jobs of the first second, in which a runtime warms up, count for no latency

	mu        sync.Mutex
	left      int
	runs      []int // of each job
	latencies []time.Duration
}

func newTally(task Task) *Tally {
	return &Tally{Done: make(chan struct{}), warm: task.Rate, left: task.Jobs, runs: make([]int, task.Jobs)}
}

// Begin is told each payload that a handler gets, as it gets it.
func (t *Tally) Begin(payload []byte) {
	number, latency, err := numbered(payload)
	fault.Check(err)
	t.took(number, latency)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs[number]++
}

// End is told how many jobs the server has taken, or has noted as done.
func (t *Tally) End(jobs int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left -= jobs
	if t.left <= 0 && t.left+jobs > 0 {
		close(t.Done)
	}
}

// took is told how long a job has waited, or a call has taken.
func (t *Tally) took(number int, latency time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number >= t.warm {
		t.latencies = append(t.latencies, latency)
	}
}

// told is what all came to.
func (t *Tally) told() Told {
	t.mu.Lock()
	defer t.mu.Unlock()
	told := Told{Latency: percentiles(t.latencies)}
	for _, runs := range t.runs {
		told.Runs += runs
		if runs > 0 {
			told.Distinct++
		}
	}
	return told
}

func percentiles(latencies []time.Duration) Percentiles {
	if len(latencies) == 0 {
		return Percentiles{}
	}
	slices.Sort(latencies)
	at := func(share float64) float64 {
		rank := int(math.Ceil(share * float64(len(latencies))))
		return float64(latencies[max(rank, 1)-1].Nanoseconds()) / 1000
	}
	return Percentiles{P50: at(0.5), P99: at(0.99), P999: at(0.999)}
}
