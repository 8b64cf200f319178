// The comparison with other queues. In one run, on one machine, each contender (contenders.go) adds jobs and works them
// off, in the cells of a plan (plan.go): payloads, append-only file, ways to send, handlers. Measured are jobs a second,
// and what a job costs the server: CPU, commands, memory; then latencies at a fixed rate, and files of waiting jobs.
//
// All goes into a JSON file, and of that the program makes the page and the plots (package report); with -page it only
// does this again. A fresh server serves each measurement; rounds alternate between the contenders.
package main

import (
	"flag"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
)

var (
	planName  = flag.String("plan", "full", "how much is measured: full, quick, or tiny, which only tries that all works")
	jobs      = flag.Int("jobs", 0, "jobs of each measurement, in the place of the plan's")
	persisted = flag.Int("persisted", 0, "jobs in the files that are loaded, in the place of the plan's")
	only      = flag.String("only", "", "the contenders, separated by commas; empty: all")
	out       = flag.String("out", "docs/benchmarks", "the folder of peers.json, peers.md and the plots; made if it is missing")
	page      = flag.Bool("page", false, "measure nothing; make the page and the plots of the peers.json that is there")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench-peers: ")
	defer func() {
		if failed := recover(); failed != nil {
			what, is := failed.(fault.Fault)
			if !is {
				panic(failed)
			}
			log.Fatal(what)
		}
	}()
	if len(os.Args) > 2 && os.Args[1] == "play" {
		play.Play(os.Args[2])
		return
	}
	flag.Parse()
	// Now, and not after all has been measured.
	fault.Check(os.MkdirAll(*out, 0o755))
	json := filepath.Join(*out, "peers.json")
	if !*page {
		measure().Write(json)
	}
	run := report.Read(json)
	run.WritePage(filepath.Join(*out, "peers.md"))
	run.WritePlots(*out)
}

// measure carries out the plan.
func measure() report.Run {
	plan := planned()
	began := time.Now()
	r := &runner{plan: plan}
	r.run = report.Run{
		Command: strings.Join(append([]string{"scripts/bench-peers"}, os.Args[1:]...), " "),
		Date:    began.UTC().Format("2006-01-02"),
		Machine: machine(),
		Plan:    report.Plan{Name: plan.name, Rounds: plan.rounds, Jobs: plan.jobs, PersistedJobs: plan.persisted},
	}
	r.choose()
	r.lives()
	r.latencies()
	r.persistence()
	r.run.Plan.Seconds = int(time.Since(began).Seconds())
	return r.run
}

// runner carries out a plan and notes what comes of it.
type runner struct {
	plan       plan
	contenders []contender
	run        report.Run
}

// leaveOut notes and says that something is not measured.
func (r *runner) leaveOut(contender, what, reason string) {
	log.Printf("LEFT OUT: %s, %s: %s", contender, what, reason)
	r.run.LeftOut = append(r.run.LeftOut, report.LeftOut{Contender: contender, What: what, Reason: reason})
}

// noteVersions keeps what a contender has said of its libraries.
func (r *runner) noteVersions(ready play.Ready) {
	if r.run.Versions == nil {
		r.run.Versions = map[string]string{}
	}
	for name, version := range ready.Versions {
		r.run.Versions[name] = version
	}
}
