package play

import (
	"fmt"

	"github.com/redis/go-redis/v9"
)

const lease = 30_000

// jqSession sends JQ commands: JQ.ADD or JQ.MADD, JQ.CLAIM, JQ.ACK.
type jqSession struct {
	client *redis.Client
	task   Task
}

func jqByHand(task Task) session { return jqSession{connect(task.Address, 1), task} }

func (s jqSession) add(jobs []Job) error {
	var sent requests
	if s.task.Way == Batched {
		madd := command("JQ.MADD", Queue, len(jobs))
		for _, job := range jobs {
			madd = append(madd, job.ID, job.Payload)
		}
		sent = requests{madd}
	} else {
		for _, job := range jobs {
			sent = append(sent, command("JQ.ADD", Queue, job.ID, job.Payload))
		}
	}
	_, err := sent.send(s.client)
	return err
}

func (s jqSession) serve(tally *Tally) (int, error) {
	held, err := s.claim(tally)
	if err != nil || len(held) == 0 {
		return 0, err
	}
	var sent requests
	for _, some := range s.task.answered(held) {
		sent = append(sent, append(command("JQ.ACK", Queue), some...))
	}
	replies, err := sent.send(s.client)
	if err != nil {
		return 0, err
	}
	return done(replies)
}

// claimed is a job that this session holds.
type claimed struct{ token, id any }

// claim claims jobs in the way of the task.
func (s jqSession) claim(tally *Tally) ([]claimed, error) {
	times, count := s.task.claims()
	one := command("JQ.CLAIM", Queue, "w", "COUNT", count, "LEASE", lease)
	if wait := s.task.waits(); wait > 0 {
		one = append(one, "BLOCK", wait)
	}
	var sent requests
	for range times {
		sent = append(sent, one)
	}
	replies, err := sent.send(s.client)
	var held []claimed
	for _, reply := range replies {
		held = append(held, begun(reply, tally)...)
	}
	return held, err
}

// begun tells the tally the jobs of a claim.
func begun(reply any, tally *Tally) []claimed {
	jobs, _ := reply.([]any)
	held := make([]claimed, len(jobs))
	for i, entry := range jobs {
		job := entry.([]any)
		tally.Begin([]byte(job[3].(string)))
		held[i] = claimed{job[0], job[1]}
	}
	return held
}

// answered are the arguments of as many ACKs as the way needs for these jobs: one, or one for each job.
func (t Task) answered(held []claimed) [][]any {
	var all [][]any
	for i, job := range held {
		if i == 0 || t.Way == Pipelined {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], job.token, job.id)
	}
	return all
}

// done counts the answers, all of which must be 1: done.
func done(replies []any) (int, error) {
	count := 0
	for _, reply := range replies {
		for _, answer := range reply.([]any) {
			if answer != int64(1) {
				return 0, fmt.Errorf("JQ.ACK answers %v", answer)
			}
			count++
		}
	}
	return count, nil
}

// jqNextSession acknowledges and claims in one request, JQ.ACK … NEXT.
type jqNextSession struct {
	jqSession
	held []claimed
}

func jqNextByHand(task Task) session {
	return &jqNextSession{jqSession: jqByHand(task).(jqSession)}
}

func (s *jqNextSession) serve(tally *Tally) (int, error) {
	if len(s.held) == 0 {
		held, err := s.claim(tally)
		s.held = held
		return 0, err
	}
	var sent requests
	for _, some := range s.task.answered(s.held) {
		ack := append(command("JQ.ACK", Queue), some...)
		sent = append(sent, append(ack, "NEXT", "w", "COUNT", len(some)/2, "LEASE", lease))
	}
	replies, err := sent.send(s.client)
	if err != nil {
		return 0, err
	}
	s.held = nil
	answers := make([]any, len(replies))
	for i, reply := range replies {
		pair := reply.([]any)
		answers[i] = pair[0]
		s.held = append(s.held, begun(pair[1], tally)...)
	}
	return done(answers)
}
