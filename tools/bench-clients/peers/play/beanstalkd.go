package play

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/redis-jq/redis-jq/tools/bench-clients/fault"
)

// beanstalkSession speaks the protocol of beanstalkd, put, reserve and delete, on a connection of its own. Its jobs have
// ids that the server makes, so nothing is refused as a duplicate.
type beanstalkSession struct {
	connection net.Conn
	replies    *bufio.Reader
	task       Task
}

func beanstalkd(task Task) session {
	connection, err := net.Dial("tcp", task.Address)
	fault.Check(err)
	return beanstalkSession{connection, bufio.NewReader(connection), task}
}

func (s beanstalkSession) add(jobs []Job) error {
	var sent strings.Builder
	for _, job := range jobs {
		fmt.Fprintf(&sent, "put 0 0 30 %d\r\n%s\r\n", len(job.Payload), job.Payload)
	}
	if _, err := io.WriteString(s.connection, sent.String()); err != nil {
		return err
	}
	for range jobs {
		if _, err := s.expect("INSERTED"); err != nil {
			return err
		}
	}
	return nil
}

func (s beanstalkSession) serve(tally *Tally) (int, error) {
	claims, _ := s.task.claims()
	reserve := fmt.Sprintf("reserve-with-timeout %d\r\n", s.task.waits()/1000)
	if _, err := io.WriteString(s.connection, strings.Repeat(reserve, claims)); err != nil {
		return 0, err
	}
	var remove strings.Builder
	held := 0
	for range claims {
		id, err := s.reserved(tally)
		if err != nil {
			return 0, err
		}
		if id != "" {
			fmt.Fprintf(&remove, "delete %s\r\n", id)
			held++
		}
	}
	if _, err := io.WriteString(s.connection, remove.String()); err != nil {
		return 0, err
	}
	for range held {
		if _, err := s.expect("DELETED"); err != nil {
			return 0, err
		}
	}
	return held, nil
}

// reserved reads the reply to one reserve: the id of the job, or "" if there was none.
func (s beanstalkSession) reserved(tally *Tally) (string, error) {
	line, err := s.replies.ReadString('\n')
	if err != nil || strings.HasPrefix(line, "TIMED_OUT") {
		return "", err
	}
	var id string
	var length int
	if _, err := fmt.Sscanf(line, "RESERVED %s %d", &id, &length); err != nil {
		return "", fmt.Errorf("beanstalkd says %q: %w", line, err)
	}
	payload := make([]byte, length+len("\r\n"))
	if _, err := io.ReadFull(s.replies, payload); err != nil {
		return "", err
	}
	tally.Begin(payload[:length])
	return id, nil
}

// expect reads a line that begins so.
func (s beanstalkSession) expect(begin string) (string, error) {
	line, err := s.replies.ReadString('\n')
	if err == nil && !strings.HasPrefix(line, begin) {
		err = fmt.Errorf("beanstalkd says %q where %s was expected", line, begin)
	}
	return line, err
}
