package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
	"github.com/redis-jq/redis-jq/tools/bench-clients/server"
)

// bed is the server of one measurement. Its counts are its own.
type bed interface {
	address() string
	CPU() time.Duration
	// memory is what its data take, in bytes, when no contender is connected.
	memory() int
	// commands are those that it has carried out.
	commands() int
	Kill()
}

// lay starts the server that the contender needs.
func (c contender) lay(aof string) bed {
	if c.name == "beanstalkd" {
		options := map[string][]string{
			"off": nil, "everysec": {"-b", "%s", "-f", "1000"}, "always": {"-b", "%s", "-f", "0"},
		}
		return beanstalkBed{server.StartBeanstalkd(beanstalkd(), options[aof]...)}
	}
	return redisBed{server.Start(withAOF(aof)...)}
}

// withAOF are the options of a Redis server. It never rewrites the file by itself, which would fall into a measurement.
func withAOF(aof string) []string {
	if aof == "off" {
		return []string{"--appendonly", "no"}
	}
	return []string{"--appendonly", "yes", "--appendfsync", aof, "--auto-aof-rewrite-percentage", "0"}
}

type redisBed struct{ *server.Server }

func (b redisBed) address() string { return b.Address }

// memory leaves out what does not grow with the jobs: the scripts of libraries and the buffer of the append-only file.
func (b redisBed) memory() int {
	for deadline := time.Now().Add(time.Minute); b.Info("clients")["connected_clients"] != "1"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			fault.Raise("a contender that was killed is still connected")
		}
	}
	fields := b.Info("memory")
	used := 0
	for field, sign := range map[string]int{"used_memory": 1, "used_memory_scripts": -1, "mem_aof_buffer": -1} {
		value, err := strconv.Atoi(fields[field])
		fault.Check(err)
		used += sign * value
	}
	return used
}

// commands leaves out those that this program asks with. It has those that scripts call.
func (b redisBed) commands() int {
	total := 0
	for name, calls := range b.AllCalls() {
		if name != "info" && name != "ping" && !strings.HasPrefix(name, "config") {
			total += calls
		}
	}
	return total
}

type beanstalkBed struct{ *server.Beanstalkd }

func (b beanstalkBed) address() string { return b.Address }
func (b beanstalkBed) memory() int     { return b.Resident() }
func (b beanstalkBed) commands() int   { return b.Calls() }

// machine is what this runs on.
func machine() report.Machine {
	text, _ := os.ReadFile("/proc/cpuinfo")
	processor := "unknown processor"
	for line := range strings.Lines(string(text)) {
		if name, model, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			processor = strings.TrimSpace(model)
			break
		}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	loads, _ := os.ReadFile("/proc/loadavg")
	load := 0.0
	fmt.Sscan(string(loads), &load)
	return report.Machine{
		Processor: processor, Cores: runtime.NumCPU(), Load: load,
		System: fmt.Sprintf("%s %s", runtime.GOOS, strings.TrimSpace(string(release))),
	}
}
