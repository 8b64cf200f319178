package jq

import "context"

// addition is one job of a call on its way.
type addition struct {
	job     NewJob
	made    bool // the package made the id
	payload []byte
	result  AddResult
}

// additionsOf makes ids where there are none, and encodes the payloads.
func additionsOf(jobs []NewJob) ([]*addition, error) {
	additions := make([]*addition, len(jobs))
	for i, job := range jobs {
		payload, err := encode(job.Payload)
		if err != nil {
			return nil, err
		}
		a := &addition{job: job, payload: payload}
		a.made, a.job.ID = ensureID(job.ID)
		additions[i] = a
	}
	return additions, nil
}

func resultsOf(additions []*addition) []AddResult {
	results := make([]AddResult, len(additions))
	for i, a := range additions {
		results[i] = a.result
	}
	return results
}

// addAll sends one MADD.
func (q *Queue) addAll(ctx context.Context, additions []*addition, options []Option) error {
	args := make([]any, 0, 1+2*len(additions))
	args = append(args, len(additions))
	for _, a := range additions {
		args = append(args, a.job.ID, a.payload)
	}
	all := options[:len(options):len(options)]
	for i, a := range additions {
		if len(a.job.Options) > 0 {
			all = append(append(all, Option{"JOB", i + 1}), a.job.Options...)
		}
	}
	reply, err := q.ask(ctx, all, "JQ.MADD", args...)
	if err != nil {
		return err
	}
	for i, one := range list(reply) {
		additions[i].result = addResult(one, additions[i].made)
	}
	return nil
}
