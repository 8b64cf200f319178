package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
	"github.com/redis-jq/redis-jq/tools/bench-clients/server"
)

// contender is a queue and the client it is used with.
type contender struct {
	name, shown string
	language    string
	ways        []play.Way
	// worker says what one handler is.
	worker string
	// share is how many jobs of the plan it gets, one of so many, so that the slow ones do not take all the time.
	share int
	// rate is how many jobs a second it is offered while latencies are measured.
	rate int
}

var (
	allWays = []play.Way{play.One, play.Pipelined, play.Batched}
	// ofPackages: a package decides by itself what goes together; one call for many jobs is all that it offers.
	ofPackages = []play.Way{play.One, play.Batched}
)

const (
	byConnections = "a goroutine with a connection of its own"
	byGoroutines  = "a goroutine of one process"
	byPromises    = "one of so many handlers of one Node process (concurrency)"
)

var contenders = []contender{
	{"jq-hand", "JQ by hand (go-redis)", "go", allWays, byConnections, 1, 500},
	{"jq-next", "JQ by hand, ACK … NEXT", "go", allWays, byConnections, 1, 500},
	{"jq-go", "JQ, Go package", "go", ofPackages, byGoroutines, 1, 500},
	{"jq-node", "JQ, Node package", "node", ofPackages, byPromises, 1, 500},
	{"jq-python", "JQ, Python package", "python", ofPackages, "an asyncio task of one process", 1, 500},
	{"bullmq", "BullMQ (Node)", "node", ofPackages, byPromises, 1, 500},
	{"bull", "Bull (Node)", "node", ofPackages, byPromises, 1, 500},
	{"asynq", "asynq (Go)", "go", []play.Way{play.One}, byGoroutines, 1, 500},
	{"rq", "RQ (Python)", "python", ofPackages, "a process (SimpleWorker, which does not fork for each job)", 10, 50},
	{"streams", "Streams, SET NX + XADD", "go", allWays, byConnections, 1, 500},
	{"streams-idmp", "Streams, XADD … IDMP", "go", allWays, byConnections, 1, 500},
	{"lists", "lists, LMOVE + LREM", "go", allWays, byConnections, 1, 500},
	{"beanstalkd", "beanstalkd", "go", []play.Way{play.One, play.Pipelined}, byConnections, 1, 500},
}

// has says whether the contender can send so.
func (c contender) has(way play.Way) bool { return slices.Contains(c.ways, way) }

// jobsOf is how many jobs it gets where others get so many.
func (c contender) jobsOf(jobs int) int { return max(jobs/c.share, 10) }

// choose finds out which contenders can run here, and notes why others cannot.
func (r *runner) choose() {
	probe := server.Start()
	defer probe.Kill()
	r.run.Server = probe.Version()
	r.noteVersions(play.Ready{Versions: map[string]string{"redis-jq": probe.Info("jq")["jq_version"]}})
	named := strings.FieldsFunc(*only, func(letter rune) bool { return letter == ',' })
	for _, name := range named {
		if !slices.ContainsFunc(contenders, func(c contender) bool { return c.name == name }) {
			fault.Raise("there is no contender %s", name)
		}
	}
	for _, c := range contenders {
		if len(named) > 0 && !slices.Contains(named, c.name) {
			continue
		}
		if lack := c.lacks(probe); lack != "" {
			r.leaveOut(c.name, "everything", lack)
			continue
		}
		r.contenders = append(r.contenders, c)
		r.run.Contenders = append(r.run.Contenders, report.Contender{Name: c.name, Shown: c.shown, Worker: c.worker})
	}
}

// lacks says why the contender cannot run here; "" if it can.
func (c contender) lacks(probe *server.Server) string {
	switch c.name {
	case "beanstalkd":
		if _, err := exec.LookPath(beanstalkd()); err != nil {
			return "there is no beanstalkd: run scripts/fetch-servers beanstalkd, or name one in BEANSTALKD"
		}
	case "streams-idmp":
		if !probe.Knows("XCFGSET") {
			return probe.Version() + " has no XADD … IDMP, which came with Redis 8.6"
		}
	}
	return ""
}

func beanstalkd() string {
	if program := os.Getenv("BEANSTALKD"); program != "" {
		return program
	}
	return "beanstalkd"
}
