package main

import (
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/play"
	"github.com/redis-jq/redis-jq/tools/bench-clients/peers/report"
	"github.com/redis-jq/redis-jq/tools/bench-clients/server"
)

// kept are the contenders whose waiting jobs are written into files and loaded again.
var kept = []string{"jq-hand", "bullmq", "streams"}

// persistence measures what it takes to keep and to load waiting jobs, which the contenders themselves have added by 500s.
func (r *runner) persistence() {
	for _, c := range r.contenders {
		if !slices.Contains(kept, c.name) {
			continue
		}
		measured := r.files(c)
		r.run.Persistence = append(r.run.Persistence, measured)
		log.Printf("%-14s %d jobs: RDB load %.2f s, AOF replay %.2f s, AOF rewrite %.2f s", c.name, measured.Jobs,
			measured.Load.Seconds, measured.Replay.Seconds, measured.Rewrite.Seconds)
	}
}

func (r *runner) files(c contender) report.Persistence {
	withFile := withAOF("everysec")
	s := server.Start(withFile...)
	defer s.Kill()
	measured := report.Persistence{Contender: c.name, Jobs: r.plan.persisted}
	empty := redisBed{s}.memory()
	r.fill(c, s.Address)
	measured.Bytes = float64(redisBed{s}.memory()-empty) / float64(measured.Jobs)

	added := sizeOf(s.Folder, ".incr.aof")
	s.Restart(withFile...)
	measured.Replay = loaded(s, "append only file", added)
	measured.Rewrite = rewritten(s)
	measured.Save = saved(s)
	s.Restart(withAOF("off")...)
	measured.Load = loaded(s, "disk", measured.Save.Bytes)
	return measured
}

func (r *runner) fill(c contender, address string) {
	process := c.start(play.Task{
		Phase: play.Add, Address: address, Jobs: r.plan.persisted, Handlers: 4, Way: play.Batched, Together: 500,
		Pad: report.Middle.Payload - play.Overhead,
	})
	defer process.kill()
	process.goOn()
	process.end()
}

// loaded is what a server that has just started says of its loading. It has used CPU for hardly anything else.
func loaded(s *server.Server, from string, bytes int64) report.FileWork {
	found := regexp.MustCompile(`DB loaded from ` + from + `: ([0-9.]+) seconds`).FindStringSubmatch(s.Log())
	if found == nil {
		fault.Raise("the server does not say how long it has loaded from %s:\n%s", from, s.Log())
	}
	seconds, err := strconv.ParseFloat(found[1], 64)
	fault.Check(err)
	return report.FileWork{Seconds: seconds, CPU: s.CPU().Seconds(), Bytes: bytes}
}

// rewritten lets a child of the server write the append-only file anew.
func rewritten(s *server.Server) report.FileWork {
	cpu, begun := s.ChildrenCPU(), time.Now()
	s.Do("BGREWRITEAOF")
	for isRewriting(s) {
		if time.Since(begun) > 10*time.Minute {
			fault.Raise("the rewrite of the append-only file does not end")
		}
		time.Sleep(5 * time.Millisecond)
	}
	took := time.Since(begun)
	return report.FileWork{Seconds: took.Seconds(), CPU: (s.ChildrenCPU() - cpu).Seconds(), Bytes: sizeOf(s.Folder, ".base.rdb")}
}

func isRewriting(s *server.Server) bool {
	fields := s.Info("persistence")
	return fields["aof_rewrite_in_progress"] != "0" || fields["aof_rewrite_scheduled"] != "0"
}

func saved(s *server.Server) report.FileWork {
	cpu, begun := s.CPU(), time.Now()
	s.Do("SAVE")
	took := time.Since(begun)
	return report.FileWork{Seconds: took.Seconds(), CPU: (s.CPU() - cpu).Seconds(), Bytes: sizeOf(s.Folder, "dump.rdb")}
}

// sizeOf is the size of the files of a folder whose names end so.
func sizeOf(folder, ending string) int64 {
	var total int64
	fault.Check(filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ending) {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			total += info.Size()
		}
		return err
	}))
	return total
}
