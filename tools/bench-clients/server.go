package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

// server is a private one on a free port, in a folder of its own.
type server struct {
	address string
	folder  string
	process *exec.Cmd
	client  *redis.Client
}

// startServer starts REDIS_SERVER with JQ_MODULE, which scripts/bench-clients sets.
func startServer() *server {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	folder, err := os.MkdirTemp("", "bench-clients-")
	check(err)
	logged, err := os.Create(filepath.Join(folder, "server.log"))
	check(err)
	s := &server{address: "127.0.0.1:" + port, folder: folder}
	s.process = exec.Command(os.Getenv("REDIS_SERVER"), "--bind", "127.0.0.1", "--port", port, "--dir", folder, "--save", "",
		"--loadmodule", os.Getenv("JQ_MODULE"))
	s.process.Stdout, s.process.Stderr = logged, logged
	check(s.process.Start())
	s.client = redis.NewClient(&redis.Options{Addr: s.address})
	for deadline := time.Now().Add(20 * time.Second); s.client.Ping(ctx).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(logged.Name())
			s.kill()
			fail("the server does not answer. It said:\n%s", said)
		}
	}
	return s
}

func (s *server) kill() {
	s.process.Process.Kill()
	s.process.Wait()
	os.RemoveAll(s.folder)
}

func (s *server) flush() { check(s.client.FlushAll(ctx).Err()) }

func (s *server) resetStats() { check(s.client.ConfigResetStat(ctx).Err()) }

// info is a field of INFO.
func (s *server) info(section, field string) string {
	text, err := s.client.Info(ctx, section).Result()
	check(err)
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), field+":"); found {
			return value
		}
	}
	fail("INFO %s has no %s", section, field)
	return ""
}

func (s *server) version() string {
	return fmt.Sprintf("redis_version %s", s.info("server", "redis_version"))
}

// cpu is what the server has used, its own count.
func (s *server) cpu() time.Duration {
	total := 0.0
	for _, field := range []string{"used_cpu_user", "used_cpu_sys"} {
		seconds, err := strconv.ParseFloat(s.info("cpu", field), 64)
		check(err)
		total += seconds
	}
	return time.Duration(total * float64(time.Second))
}

// calls are those of a command since resetStats.
func (s *server) calls(command string) int {
	count, _, _ := strings.Cut(strings.TrimPrefix(s.info("commandstats", "cmdstat_"+command), "calls="), ",")
	calls, err := strconv.Atoi(count)
	check(err)
	return calls
}

// failure ends the program, after the server.
type failure string

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }
