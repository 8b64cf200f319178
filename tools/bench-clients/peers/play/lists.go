package play

import (
	"fmt"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// listSession is the reliable queue of lists: LPUSH, BLMOVE or LMOVE into a list of what this worker holds, LREM. It knows
// no ids, so nothing is refused as a duplicate.
type listSession struct {
	client *redis.Client
	task   Task
	held   string
}

var listWorkers atomic.Int64

func lists(task Task) session {
	return listSession{connect(task.Address, 1), task, fmt.Sprint("held:", listWorkers.Add(1))}
}

func (s listSession) add(jobs []Job) error {
	var sent requests
	for _, job := range jobs {
		if len(sent) == 0 || s.task.Way == Pipelined {
			sent = append(sent, command("LPUSH", Queue))
		}
		last := &sent[len(sent)-1]
		*last = append(*last, job.Payload)
	}
	_, err := sent.send(s.client)
	return err
}

// serve moves as many jobs as go together by a request each, since no command moves more than one.
func (s listSession) serve(tally *Tally) (int, error) {
	var move, remove requests
	if s.task.Way == One {
		move = requests{command("BLMOVE", Queue, s.held, "RIGHT", "LEFT", float64(s.task.waits())/1000)}
	} else {
		for range s.task.Together {
			move = append(move, command("LMOVE", Queue, s.held, "RIGHT", "LEFT"))
		}
	}
	replies, err := move.send(s.client)
	if err != nil {
		return 0, err
	}
	for _, reply := range replies {
		if payload, is := reply.(string); is {
			tally.Begin([]byte(payload))
			remove = append(remove, command("LREM", s.held, -1, payload))
		}
	}
	if len(remove) > 0 {
		_, err = remove.send(s.client)
	}
	return len(remove), err
}
