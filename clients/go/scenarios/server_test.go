package scenarios

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// untilPipeEnds starts the command in "$@" and kills it when descriptor 3 is closed, as the kernel does however the tests
// end. A line in the pipe ends the watcher without that. `exec` keeps the process id.
const untilPipeEnds = `(read -r _ <&3 || kill -9 $$) >/dev/null 2>&1 & exec "$@" 3<&-`

// server is a private Redis server on a free port of 127.0.0.1, with a folder that is removed with the test.
type server struct {
	t        *testing.T
	args     []string
	folder   string
	port     int
	process  *exec.Cmd
	lifeline *os.File
}

// startServer starts one with the module and with settings as in redis.conf, a line each.
func startServer(t *testing.T, settings ...string) *server {
	t.Helper()
	return startPlainServer(t, append([]string{"loadmodule " + module(t)}, settings...)...)
}

// startPlainServer starts one without the module.
func startPlainServer(t *testing.T, settings ...string) *server {
	t.Helper()
	s := &server{t: t, folder: t.TempDir(), port: freePort(t)}
	lines := []string{"bind 127.0.0.1", fmt.Sprintf("port %d", s.port), "dir " + s.folder, `save ""`}
	s.args = []string{s.configure("server.conf", append(lines, settings...))}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// configure writes a configuration file.
func (s *server) configure(name string, lines []string) string {
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// start starts the process and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(s.folder, "server.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.lifeline = write
	s.process = exec.Command("sh", append([]string{"-c", untilPipeEnds, "sh", executable()}, s.args...)...)
	s.process.ExtraFiles = []*os.File{read}
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	read.Close()
	client := redis.NewClient(&redis.Options{Addr: s.address(), MaxRetries: -1})
	defer client.Close()
	for deadline := time.Now().Add(patience); client.Ping(context.Background()).Err() != nil; {
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log.Name())
			s.t.Fatalf("the server does not answer. It said:\n%s", said)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// kill ends the process as a crash does. Its files stay until the test ends.
func (s *server) kill() {
	if s.process == nil {
		return
	}
	s.process.Process.Kill()
	fmt.Fprintln(s.lifeline)
	s.lifeline.Close()
	s.process.Wait()
	s.process = nil
}

func (s *server) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// client is one that is closed with the test.
func (s *server) client() *redis.Client { return clientOf(s.t, &redis.Options{Addr: s.address()}) }

func clientOf(t *testing.T, options *redis.Options) *redis.Client {
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func executable() string {
	if path := os.Getenv("REDIS_SERVER"); path != "" {
		return path
	}
	return "redis-server"
}

// module is the path of the module under test.
func module(t *testing.T) string {
	path := os.Getenv("JQ_MODULE")
	if path == "" {
		path = "../../../target/release/libredis_jq.so"
	}
	path, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("there is no module: run scripts/build, or name one in JQ_MODULE (%v)", err)
	}
	return path
}

// freePort is below the range from which the system takes ports for outgoing connections, so that a killed server can
// have the same port again. The port of a cluster's bus, 10000 above, is free as well.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(10_000)
		if isFree(port) && isFree(port+10_000) {
			return port
		}
	}
	t.Fatal("no free port in 100 attempts")
	return 0
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		listener.Close()
	}
	return err == nil
}

// patience is how long a test waits for what must come: far longer than it takes, because machines are busy.
const patience = time.Minute

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
