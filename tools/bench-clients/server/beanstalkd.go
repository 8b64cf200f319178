package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// Beanstalkd is a private beanstalkd on a free port, in a folder of its own.
type Beanstalkd struct {
	Address string
	folder  string
	process *exec.Cmd
	control net.Conn
	replies *bufio.Reader
}

// StartBeanstalkd starts the program with these options; %s in one of them is the folder of the server.
func StartBeanstalkd(program string, options ...string) *Beanstalkd {
	folder, err := os.MkdirTemp("", "bench-clients-")
	fault.Check(err)
	b := &Beanstalkd{Address: FreeAddress(), folder: folder}
	host, port, _ := net.SplitHostPort(b.Address)
	args := []string{"-l", host, "-p", port}
	for _, option := range options {
		args = append(args, strings.ReplaceAll(option, "%s", folder))
	}
	b.process = exec.Command(program, args...)
	logged, err := os.Create(filepath.Join(folder, "server.log"))
	fault.Check(err)
	defer logged.Close()
	b.process.Stderr = logged // it complains of each client that goes without reading all
	fault.Check(b.process.Start())
	deadline := time.Now().Add(patience)
	for b.control, err = net.Dial("tcp", b.Address); err != nil; b.control, err = net.Dial("tcp", b.Address) {
		if time.Now().After(deadline) {
			b.Kill()
			fault.Raise("beanstalkd does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.replies = bufio.NewReader(b.control)
	return b
}

// Kill ends the server and removes its files.
func (b *Beanstalkd) Kill() {
	b.process.Process.Kill()
	b.process.Wait()
	if b.control != nil {
		b.control.Close()
	}
	os.RemoveAll(b.folder)
}

// Stats are the lines of its command stats, "name: value".
func (b *Beanstalkd) Stats() map[string]string {
	_, err := io.WriteString(b.control, "stats\r\n")
	fault.Check(err)
	line, err := b.replies.ReadString('\n')
	fault.Check(err)
	var length int
	_, err = fmt.Sscanf(line, "OK %d", &length)
	fault.Check(err)
	text := make([]byte, length+len("\r\n"))
	_, err = io.ReadFull(b.replies, text)
	fault.Check(err)
	stats := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			stats[name] = strings.Trim(value, `"`)
		}
	}
	return stats
}

// CPU is what the server has used, its own count.
func (b *Beanstalkd) CPU() time.Duration {
	stats := b.Stats()
	return seconds(stats["rusage-utime"]) + seconds(stats["rusage-stime"])
}

// Resident is the memory of the process, in bytes.
func (b *Beanstalkd) Resident() int {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(b.process.Process.Pid), "statm"))
	fault.Check(err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	fault.Check(err)
	return pages * os.Getpagesize()
}

// Calls are all commands since the start, but those that ask for statistics.
func (b *Beanstalkd) Calls() int {
	total := 0
	for name, value := range b.Stats() {
		if strings.HasPrefix(name, "cmd-") && name != "cmd-stats" {
			count, err := strconv.Atoi(value)
			fault.Check(err)
			total += count
		}
	}
	return total
}

// Version is the server's name and version.
func (b *Beanstalkd) Version() string { return "beanstalkd " + b.Stats()["version"] }
