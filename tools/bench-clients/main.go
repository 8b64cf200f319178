// The benchmark of the client packages. In one run, on one server:
//
//   - what a job costs the server through each package, against the same commands sent by hand over the same client;
//   - how many jobs a second one worker process with 50 handlers does, beside BullMQ (Node) and asynq (Go).
//
// Each contender is a process of its own (contender.go). Rounds alternate between them, so that a slow minute of the machine
// hits all, and medians are reported. Compare the ratios: they depend on the machine less than the figures.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/server"
)

// goal is how much more than by hand a job may cost the server.
const goal = 1.10

var (
	jobs   = flag.Int("jobs", 20_000, "jobs of each measurement")
	rounds = flag.Int("rounds", 5, "measurements of each contender")
	only   = flag.String("only", "node,python,go", "the languages, separated by commas")
)

// language is one package and what it is compared with.
type language struct {
	name  string
	rival string // another queue in this language; "": none
}

var languages = []language{{"node", "bullmq"}, {"python", ""}, {"go", "asynq"}}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench-clients: ")
	if len(os.Args) > 1 && os.Args[1] == "contend" {
		contend(os.Args[2:])
		return
	}
	flag.Parse()
	defer func() {
		if failed := recover(); failed != nil {
			log.Fatal(failed)
		}
	}()
	started := server.Start()
	defer started.Kill()
	fmt.Printf("%s, %d jobs, medians of %d rounds\n\n", started.Version(), *jobs, *rounds)
	fmt.Println("| package | | server CPU a job | by hand | ratio | goal | by hand without pauses | commands a job | bytes a job |\n" +
		"|---|---|---|---|---|---|---|---|---|")
	var rates []string
	for _, language := range languages {
		if !slices.Contains(strings.Split(*only, ","), language.name) {
			continue
		}
		bench := bench{server: started, language: language}
		bench.adding()
		rates = append(rates, bench.working()...)
	}
	fmt.Println("\n| one worker process, 50 handlers | jobs a second | beside | ratio | server CPU a job | beside | ratio |\n|---|---|---|---|---|---|---|")
	for _, rate := range rates {
		fmt.Println(rate)
	}
}

// bench measures one language.
type bench struct {
	server   *server.Server
	language language
}

// adding compares adds, one job a command and 50 of them on their way.
func (b bench) adding() {
	var by, hand []measured
	for range *rounds {
		by = append(by, b.run("jq", "add", byHand{}))
		hand = append(hand, b.run("hand", "add", byHand{}))
	}
	b.row("added one by one", by, hand, "")
}

// working compares workers with the other queue of the language, and with commands by hand: as many answers in each as the
// package has sent together, and at its pace. A command that comes after a pause costs more than one right behind another, for
// the caches of the processor have forgotten the server: what that makes is measured, too.
func (b bench) working() []string {
	var by, hand, quick, rival []measured
	for range *rounds {
		b.fill("jq")
		by = append(by, b.run("jq", "work", byHand{}))
		requests := b.server.Calls("jq.ack")
		how := byHand{together: max(1, *jobs/requests), apart: by[len(by)-1].wall / time.Duration(requests)}
		b.fill("jq")
		hand = append(hand, b.run("hand", "work", how))
		b.fill("jq")
		quick = append(quick, b.run("hand", "work", byHand{together: how.together}))
		if b.language.rival != "" {
			b.fill(b.language.rival)
			rival = append(rival, b.run(b.language.rival, "work", byHand{}))
		}
	}
	b.row("claimed and acknowledged", by, hand, microseconds(cpuOf(quick)))
	if rival == nil {
		return []string{fmt.Sprintf("| %s | %.0f | | | %s | | |", b.language.name, rateOf(by), microseconds(cpuOf(by)))}
	}
	return []string{fmt.Sprintf("| %s, beside %s | %.0f | %.0f | %.2f | %s | %s | %.2f |", b.language.name, b.language.rival,
		rateOf(by), rateOf(rival), rateOf(by)/rateOf(rival),
		microseconds(cpuOf(by)), microseconds(cpuOf(rival)), ratio(cpuOf(by), cpuOf(rival)))}
}

// row prints one comparison with commands by hand, and how many commands and bytes reached and left the server in both.
func (b bench) row(what string, by, hand []measured, quick string) {
	over := ""
	if ratio(cpuOf(by), cpuOf(hand)) > goal {
		over = ", **missed**"
	}
	fmt.Printf("| %s | %s | %s | %s | %.2f | ≤ %.2f%s | %s | %.3f, %.3f | %.0f, %.0f |\n", b.language.name, what,
		microseconds(cpuOf(by)), microseconds(cpuOf(hand)), ratio(cpuOf(by), cpuOf(hand)), goal, over, quick,
		aJob(by, commandsOf), aJob(hand, commandsOf), aJob(by, bytesOf), aJob(hand, bytesOf))
}

// fill empties the server and adds the jobs of a contender.
func (b bench) fill(contender string) {
	b.server.Flush()
	start(b.language.name, contender, "add", b.server.Address, *jobs, byHand{}).finish()
}

// measured is one run: what it took of the server, how long, and what reached and left the server.
type measured struct {
	cpu, wall       time.Duration
	commands, bytes int
}

// run measures a contender. Adding begins with an empty server.
func (b bench) run(contender, mode string, how byHand) measured {
	if mode == "add" {
		b.server.Flush()
	}
	process := start(b.language.name, contender, mode, b.server.Address, *jobs, how)
	b.server.ResetStats()
	before, began := b.server.CPU(), time.Now()
	process.finish()
	cpu, wall := b.server.CPU()-before, time.Since(began)
	return measured{cpu: cpu, wall: wall, commands: b.server.CallsOf("jq."), bytes: b.server.Traffic()}
}

func cpuOf(all []measured) time.Duration {
	return median(all, func(m measured) time.Duration { return m.cpu })
}

func commandsOf(m measured) int { return m.commands }

func bytesOf(m measured) int { return m.bytes }

func aJob(all []measured, of func(measured) int) float64 {
	return float64(median(all, of)) / float64(*jobs)
}

// rateOf is in jobs a second.
func rateOf(all []measured) float64 {
	return float64(*jobs) / median(all, func(m measured) time.Duration { return m.wall }).Seconds()
}

// median is the middle value; of an even number of values the upper of the two.
func median[T cmp.Ordered](all []measured, of func(measured) T) T {
	values := make([]T, len(all))
	for i, m := range all {
		values[i] = of(m)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

// microseconds is the share of one job.
func microseconds(all time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(all.Microseconds())/float64(*jobs))
}
