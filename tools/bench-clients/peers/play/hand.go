package play

import (
	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// session is a connection of a contender that is written by hand, with the commands of a plain client. One goroutine uses
// it at a time.
type session interface {
	// add enqueues jobs: one, or Task.Together of them in the way of the task.
	add(jobs []Job) error
	// serve claims jobs, tells the tally their payloads, and acknowledges them. It returns how many; 0 if it has waited for
	// a while, or not at all where the way does not wait.
	serve(tally *Tally) (int, error)
}

// byHand is a contender with a session for each producer and each handler.
func byHand(open func(Task) session) contender {
	return contender{
		adder: func(task Task) func([]Job) error {
			idle := make(chan session, task.Handlers)
			for range task.Handlers {
				idle <- open(task)
			}
			return func(jobs []Job) error {
				session := <-idle
				defer func() { idle <- session }()
				return session.add(jobs)
			}
		},
		worker: func(task Task, tally *Tally) func() {
			sessions := make([]session, task.Handlers)
			for i := range sessions {
				sessions[i] = open(task)
			}
			return func() {
				for _, session := range sessions {
					go serveAll(session, tally)
				}
			}
		},
	}
}

// serveAll serves until every job is done.
func serveAll(session session, tally *Tally) {
	for {
		select {
		case <-tally.Done:
			return
		default:
			done, err := session.serve(tally)
			fault.Check(err)
			tally.End(done)
		}
	}
}

// waits is how long a claim waits at the server, in milliseconds. Only one by one do handlers wait: a pipeline of claims
// that wait would wait for each in turn.
func (t Task) waits() int {
	if t.Way == One {
		return 1000
	}
	return 0
}

// claims is how many claims go out together, and of how many jobs each.
func (t Task) claims() (requests, jobsOfEach int) {
	if t.Way == Pipelined {
		return t.Together, 1
	}
	return 1, t.Together
}
