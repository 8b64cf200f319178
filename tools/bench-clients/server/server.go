// Package server runs a private Redis server, and says what it used.
package server

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// patience is how long a server may take to answer after its start; it may have a million jobs to load.
const patience = 3 * time.Minute

var ctx = context.Background()

// Server is a private one on a free port, in a folder of its own.
type Server struct {
	Address string
	Folder  string
	process *exec.Cmd
	client  *redis.Client
}

// Start starts REDIS_SERVER with JQ_MODULE, which the scripts set, and with more options.
func Start(options ...string) *Server {
	folder, err := os.MkdirTemp("", "bench-clients-")
	fault.Check(err)
	address := FreeAddress()
	logging.Disable() // of each try to connect before the server listens
	client := redis.NewClient(&redis.Options{Addr: address, ReadTimeout: patience})
	s := &Server{Address: address, Folder: folder, client: client}
	s.run(options)
	return s
}

// Restart ends the server without saving, and starts it again with its files and with these options.
func (s *Server) Restart(options ...string) {
	s.client.ShutdownNoSave(ctx)
	s.process.Wait()
	s.run(options)
}

func (s *Server) run(options []string) {
	_, port, _ := net.SplitHostPort(s.Address)
	logged, err := os.Create(s.logged())
	fault.Check(err)
	defer logged.Close()
	always := []string{"--bind", "127.0.0.1", "--port", port, "--dir", s.Folder, "--save", "", "--loadmodule", os.Getenv("JQ_MODULE")}
	s.process = exec.Command(os.Getenv("REDIS_SERVER"), append(always, options...)...)
	s.process.Stdout, s.process.Stderr = logged, logged
	fault.Check(s.process.Start())
	for deadline := time.Now().Add(patience); s.client.Ping(ctx).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			said := s.Log()
			s.Kill()
			fault.Raise("the server does not answer. It said:\n%s", said)
		}
	}
}

// FreeAddress is one of this machine at which nothing listens.
func FreeAddress() string {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	fault.Check(err)
	defer free.Close()
	return free.Addr().String()
}

func (s *Server) logged() string { return filepath.Join(s.Folder, "server.log") }

// Log is what the server has written since it was started.
func (s *Server) Log() string {
	said, err := os.ReadFile(s.logged())
	fault.Check(err)
	return string(said)
}

// Kill ends the server and removes its files.
func (s *Server) Kill() {
	s.process.Process.Kill()
	s.process.Wait()
	s.client.Close()
	os.RemoveAll(s.Folder)
}

// Flush removes all keys.
func (s *Server) Flush() { fault.Check(s.client.FlushAll(ctx).Err()) }

// ResetStats sets the counters of commands to 0.
func (s *Server) ResetStats() { fault.Check(s.client.ConfigResetStat(ctx).Err()) }

// Do sends a command.
func (s *Server) Do(args ...any) { fault.Check(s.client.Do(ctx, args...).Err()) }

// Info are the fields of a section of INFO.
func (s *Server) Info(section string) map[string]string {
	text, err := s.client.Info(ctx, section).Result()
	fault.Check(err)
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			fields[name] = value
		}
	}
	return fields
}

// Version is the server's name and version.
func (s *Server) Version() string {
	fields := s.Info("server")
	if version, is := fields["valkey_version"]; is {
		return "Valkey " + version
	}
	return "Redis " + fields["redis_version"]
}

// CPU is what the server has used, its own count.
func (s *Server) CPU() time.Duration {
	fields := s.Info("cpu")
	return seconds(fields["used_cpu_user"]) + seconds(fields["used_cpu_sys"])
}

// ChildrenCPU is what the children of the server have used that saved or rewrote files.
func (s *Server) ChildrenCPU() time.Duration {
	fields := s.Info("cpu")
	return seconds(fields["used_cpu_user_children"]) + seconds(fields["used_cpu_sys_children"])
}

func seconds(text string) time.Duration {
	number, err := strconv.ParseFloat(text, 64)
	fault.Check(err)
	return time.Duration(number * float64(time.Second))
}

// Calls are those of a command since ResetStats.
func (s *Server) Calls(command string) int { return s.AllCalls()[command] }

// CallsOf are those of all commands whose names begin so.
func (s *Server) CallsOf(prefix string) int {
	sum := 0
	for name, calls := range s.AllCalls() {
		if strings.HasPrefix(name, prefix) {
			sum += calls
		}
	}
	return sum
}

// Traffic are the bytes that it has read and written since ResetStats.
func (s *Server) Traffic() int {
	fields := s.Info("stats")
	read, err := strconv.Atoi(fields["total_net_input_bytes"])
	fault.Check(err)
	written, err := strconv.Atoi(fields["total_net_output_bytes"])
	fault.Check(err)
	return read + written
}

// AllCalls are the calls of each command since ResetStats, those of scripts among them.
func (s *Server) AllCalls() map[string]int {
	calls := map[string]int{}
	for name, value := range s.Info("commandstats") {
		count, _, _ := strings.Cut(strings.TrimPrefix(value, "calls="), ",")
		number, err := strconv.Atoi(count)
		fault.Check(err)
		calls[strings.TrimPrefix(name, "cmdstat_")] = number
	}
	return calls
}

// Knows says whether the server has a command.
func (s *Server) Knows(command string) bool {
	infos, err := s.client.Do(ctx, "COMMAND", "INFO", command).Slice()
	fault.Check(err)
	return infos[0] != nil
}
