package jq

import (
	"math/rand/v2"
	"slices"
	"time"
)

// addSources begins to claim: from all queues together, or from each shard.
func (e *engine) addSources() {
	if e.worker.Shards == nil {
		e.add(newOrder(e.worker.Queues, e.worker.Weights))
		return
	}
	shards := e.worker.Shards.Shards()
	first := rand.IntN(len(shards)) // many workers with few slots do not all begin at the same shard
	e.addShards(slices.Concat(shards[first:], shards[:first]))
	inBackground(&e.claiming, e.followGrowth)
}

// add begins to claim from queues that are asked together, and to answer to them.
func (e *engine) add(order *order) {
	s := &source{engine: e, order: order, known: newKnown()}
	e.slots.join(s)
	e.mu.Lock()
	e.sources = append(e.sources, s)
	e.mu.Unlock()
	for _, queue := range order.queues {
		sender := newSender(s, queue)
		e.mu.Lock()
		e.senders[queue] = sender
		e.mu.Unlock()
		inBackground(&e.answering, sender.run)
		inBackground(&e.background, func() { s.heartbeats(queue) })
	}
	inBackground(&e.claiming, s.claims)
}

// addShards begins to claim from shards that are not known, each by claims of its own.
func (e *engine) addShards(shards []*Queue) {
	for _, shard := range shards {
		if e.sender(shard.Name()) == nil {
			e.add(newOrder([]string{shard.Name()}, nil))
		}
	}
}

// followGrowth looks every few seconds whether there are more shards, until the worker is stopped.
func (e *engine) followGrowth() {
	shards := e.worker.Shards
	for {
		select {
		case <-e.stopped:
			return
		case <-time.After(min(e.lease/3, longestBlock)):
		}
		if err := shards.refresh(e.base); err != nil {
			e.trouble("asking how many shards there are failed", err)
		}
		e.addShards(shards.Shards())
	}
}

// all are the sources so far.
func (e *engine) all() []*source {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sources[:len(e.sources):len(e.sources)]
}

// queues are those that are asked for jobs.
func (e *engine) queues() []string {
	var queues []string
	for _, source := range e.all() {
		queues = append(queues, source.order.queues...)
	}
	return queues
}

// runs are those that are not finished.
func (e *engine) runs() []*run {
	var runs []*run
	for _, source := range e.all() {
		runs = append(runs, source.known.all()...)
	}
	return runs
}

// sender is the one of a queue, nil if there is none.
func (e *engine) sender(queue string) *sender {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.senders[queue]
}
