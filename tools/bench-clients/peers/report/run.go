// Package report has what a run of scripts/bench-peers has measured, as it stands in its JSON file, and makes the page and
// the plots of it. Nothing on the page comes from anywhere else.
package report

import (
	"encoding/json"
	"os"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
)

// Run is one run of the program.
type Run struct {
	Command  string            `json:"command"`
	Date     string            `json:"date"`
	Machine  Machine           `json:"machine"`
	Server   string            `json:"server"`
	Versions map[string]string `json:"versions"`
	Plan     Plan              `json:"plan"`

	Contenders  []Contender   `json:"contenders"`
	Lives       []Life        `json:"lives"`
	Latencies   []Latency     `json:"latencies"`
	Persistence []Persistence `json:"persistence"`
	LeftOut     []LeftOut     `json:"left_out"`
}

// Machine is where it ran.
type Machine struct {
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	System    string `json:"system"`
	// Load is the load average of the minute before the run; 0 if it was not noted.
	Load float64 `json:"load_before,omitempty"`
}

// Plan is how much was measured.
type Plan struct {
	Name   string `json:"name"`
	Rounds int    `json:"rounds"`
	Jobs   int    `json:"jobs"`
	// PersistedJobs is how many were in the files that were loaded.
	PersistedJobs int `json:"persisted_jobs"`
	Seconds       int `json:"seconds"` // how long the whole run took
}

// Contender is a queue and the client it is used with.
type Contender struct {
	Name string `json:"name"`
	// Shown says what it is, Worker what its handlers are.
	Shown  string `json:"shown"`
	Worker string `json:"worker"`
}

// Cell is one combination of the dimensions.
type Cell struct {
	Payload  int      `json:"payload_bytes"`
	AOF      string   `json:"aof"` // off, everysec or always
	Handlers int      `json:"handlers"`
	Way      play.Way `json:"way"`
	Together int      `json:"together"`
}

// Life is what the jobs of one contender cost in one cell from their enqueue to the acknowledgement: medians of the rounds.
type Life struct {
	Contender string `json:"contender"`
	Cell
	Jobs    int   `json:"jobs"`
	Enqueue Phase `json:"enqueue"`
	Work    Phase `json:"work"`
	// Bytes is the server's memory for a waiting job.
	Bytes float64 `json:"bytes_per_job"`
}

// Phase is one of the two halves of a life.
type Phase struct {
	Rate     float64 `json:"jobs_per_second"`
	CPU      float64 `json:"server_cpu_us_per_job"`
	Commands float64 `json:"commands_per_job"`
}

// CPU is the server's for a whole life, in microseconds.
func (l Life) CPU() float64 { return l.Enqueue.CPU + l.Work.CPU }

// Rate is how many lives a second one phase after the other comes to.
func (l Life) Rate() float64 { return 1 / (1/l.Enqueue.Rate + 1/l.Work.Rate) }

// Latency is how long calls and jobs waited, in microseconds, at a rate well below what the contender can do.
type Latency struct {
	Contender string           `json:"contender"`
	Rate      int              `json:"offered_per_second"`
	Jobs      int              `json:"jobs"`
	Enqueue   play.Percentiles `json:"enqueue_us"`
	Claim     play.Percentiles `json:"enqueue_to_claim_us"`
}

// Persistence is what it takes to keep and to load waiting jobs.
type Persistence struct {
	Contender string  `json:"contender"`
	Jobs      int     `json:"jobs"`
	Bytes     float64 `json:"bytes_per_job"`
	// Replay reads the append-only file with the commands that added the jobs, Rewrite makes it anew, Save writes an RDB
	// file and Load reads it.
	Replay  FileWork `json:"aof_replay"`
	Rewrite FileWork `json:"aof_rewrite"`
	Save    FileWork `json:"rdb_save"`
	Load    FileWork `json:"rdb_load"`
}

// FileWork is one of these: how long it took, and how large the file was.
type FileWork struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
	Bytes   int64   `json:"file_bytes"`
}

// LeftOut is what was not measured.
type LeftOut struct {
	Contender string `json:"contender"`
	What      string `json:"what"`
	Reason    string `json:"reason"`
}

// Read reads the JSON file of a run.
func Read(path string) Run {
	text, err := os.ReadFile(path)
	fault.Check(err)
	var run Run
	fault.Check(json.Unmarshal(text, &run))
	return run
}

// Write writes the JSON file.
func (r Run) Write(path string) {
	text, err := json.MarshalIndent(r, "", " ")
	fault.Check(err)
	fault.Check(os.WriteFile(path, append(text, '\n'), 0o644))
}

// life finds what a contender took in a cell; false if it was not measured.
func (r Run) life(contender string, cell Cell) (Life, bool) {
	for _, life := range r.Lives {
		if life.Contender == contender && life.Cell == cell {
			return life, true
		}
	}
	return Life{}, false
}

func (r Run) latency(contender string) (Latency, bool) {
	for _, latency := range r.Latencies {
		if latency.Contender == contender {
			return latency, true
		}
	}
	return Latency{}, false
}

// shown is how a contender is called on the page.
func (r Run) shown(name string) string {
	for _, contender := range r.Contenders {
		if contender.Name == name {
			return contender.Shown
		}
	}
	return name
}
