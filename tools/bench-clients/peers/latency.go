package main

import (
	"log"

	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
)

// latencies offers each contender jobs at a fixed rate, in the middle cell, while its handlers wait for them.
func (r *runner) latencies() {
	for _, c := range r.contenders {
		latency := r.latency(c)
		r.run.Latencies = append(r.run.Latencies, latency)
		log.Printf("%-14s latencies at %d a second: enqueue %.0f, to the claim %.0f µs (p99)", c.name, c.rate,
			latency.Enqueue.P99, latency.Claim.P99)
	}
}

func (r *runner) latency(c contender) report.Latency {
	bed := c.lay(report.Middle.AOF)
	defer bed.Kill()
	jobs := c.rate * (1 + r.plan.offered) // those of the first second do not count
	task := play.Task{
		Phase: play.Work, Address: bed.address(), Jobs: jobs, Rate: c.rate,
		Handlers: report.Middle.Handlers, Way: report.Middle.Way, Together: 1, Pad: report.Middle.Payload - play.Overhead,
	}
	worker := c.start(task)
	defer worker.kill()
	worker.goOn()
	task.Phase = play.Add
	producer := c.start(task)
	defer producer.kill()
	producer.goOn()
	added := producer.end()
	worked := worker.end()
	return report.Latency{Contender: c.name, Rate: c.rate, Jobs: jobs - c.rate, Enqueue: added.Latency, Claim: worked.Latency}
}
