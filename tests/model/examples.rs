//! The manual's sentences as transcripts: what the model and the queue must reply.
//!
//! A line with an instant is a command, the line below it the reply; `*` is any reply.

use super::compare::{compare, leases};
use super::engine::Primary;
use super::model::Model;
use super::script::{Script, Step};
use super::value::Engine;

/// Plays `transcript` to a new model, and compares that with a new queue.
pub(super) fn plays(transcript: &str) {
    let (mut queue, mut tokens, mut script) = (Model::default(), Vec::new(), Script(Vec::new()));
    let mut lines = transcript.lines().map(str::trim).filter(|line| !line.is_empty());
    while let (Some(line), Some(expected)) = (lines.next(), lines.next()) {
        let step = Step::read(line);
        let words = step.resolve(&tokens);
        let reply = queue.call(step.at_us, &words.iter().map(Vec::as_slice).collect::<Vec<_>>());
        tokens.extend(leases(&reply));
        let found = format!("{reply:?}");
        assert!(expected == "*" || found == expected, "{line}\nexpected {expected}\nfound    {found}");
        assert_eq!(queue.check(), Vec::<String>::new(), "{line}");
        script.0.push(step);
    }
    assert_eq!(compare(&script, &mut Model::default(), &mut Primary::default()), Ok(()));
}

#[test]
fn a_job_that_is_not_acknowledged_comes_back_when_its_lease_ends() {
    plays(
        "@1000 JQ.ADD q m1 hello
         [added m1 waiting]
         @1000 JQ.CLAIM q anna LEASE 500
         [[1000000 m1 1 hello]]
         @1499 JQ.CLAIM q bert
         null
         @1500 JQ.CLAIM q bert
         [[1500000 m1 2 hello]]
         @1500 JQ.ACK q $m1~1 m1
         [-2]
         @1500 JQ.ACK q $m1 m1
         [1]
         @1500 JQ.ACK q $m1 m1
         [0]",
    );
}

#[test]
fn a_late_ack_counts_until_another_worker_claims() {
    plays(
        "@1000 JQ.MADD q 2 a x b y KEEP 100
         [[added a waiting] [added b waiting]]
         @1000 JQ.CLAIM q w COUNT 2 LEASE 10
         [[1000000 a 1 x] [1000001 b 1 y]]
         @1010 JQ.ACK q $a a RESULT done
         [1]
         @1010 JQ.CLAIM q v
         [[1010000 b 2 y]]
         @1010 JQ.ACK q $b~1 b
         [-2]
         @1010 JQ.GET q a
         {id a state completed payload x priority 0 attempt 1 losses 0 added-at 1000 error null progress null log-lines null name null fields null group null batch null expires-at null rerun null attempts 3 starts 1 keep 100 history [{attempt 1 worker w claimed-at 1000 ended-at 1010 outcome completed}] finished-at 1010 result done worker w}",
    );
}

#[test]
fn a_worker_that_lost_its_lease_may_answer_until_the_job_is_claimed_or_retried() {
    plays(
        "@1000 JQ.CONFIG q max-losses 0 lease 10
         OK
         @1000 JQ.MADD q 3 a x b y c z
         *
         @1000 JQ.CLAIM q w COUNT 3
         *
         @1010 JQ.LIST q failed
         [0 [a b c]]
         @1010 JQ.ACK q $a a
         [1]
         @1010 JQ.ACK q $a a
         [0]
         @1010 JQ.NACK q $b b ERROR broken
         [2]
         @1010 JQ.NACK q $b b ERROR broken
         [0]
         @1010 JQ.EXTEND q 10 $b b $a a $c c
         [0 0 -2]
         @1010 JQ.RETRY q c
         [1]
         @1010 JQ.ACK q $c c
         [-2]
         @1010 JQ.CLAIM q w
         *
         @1010 JQ.RELEASE q $c c
         [1]
         @1010 JQ.RELEASE q $c c
         [0]
         @1010 JQ.NACK q $c c
         [-2]",
    );
}

#[test]
fn extend_takes_back_a_job_that_nobody_has_claimed() {
    plays(
        "@1000 JQ.CONFIG q concurrency 1 lease 10
         OK
         @1000 JQ.MADD q 2 a x b y
         *
         @1000 JQ.CLAIM q w
         *
         @1010 JQ.EXTEND q 20 $a a
         [1]
         @1029 JQ.LIST q active
         [0 [a]]
         @1030 JQ.RELEASE q $a a
         [1]
         @1030 JQ.CLAIM q w
         [[1030000 a 1 x]]
         @1040 JQ.PROMOTE q a
         [0]
         @1040 JQ.ADD q c z PRIORITY -1
         *
         @1040 JQ.CLAIM q v
         [[1040000 c 1 z]]
         @1040 JQ.EXTEND q 20 $a a
         [-2]",
    );
}

#[test]
fn a_job_lost_too_often_fails_with_its_losses_in_the_error() {
    plays(
        "@1000 JQ.CONFIG q max-losses 1 lease 10
         OK
         @1000 JQ.ADD q a x
         [added a waiting]
         @1000 JQ.CLAIM q w
         [[1000000 a 1 x]]
         @1010 JQ.CLAIM q w
         [[1010000 a 2 x]]
         @5000 JQ.GET q a
         {id a state failed payload x priority 0 attempt 2 losses 2 added-at 1000 error lease\\x20lost\\x202\\x20times progress null log-lines null name null fields null group null batch null expires-at null rerun null attempts 3 starts 2 history [{attempt 1 worker w claimed-at 1000 ended-at 1010 outcome lost} {attempt 2 worker w claimed-at 1010 ended-at 1020 outcome lost}] finished-at 1020 result null worker w}
         @5000 JQ.RETRY q a a
         [1 0]
         @5000 JQ.CLAIM q w
         [[5000000 a 1 x]]",
    );
}

#[test]
fn released_and_lost_jobs_get_their_old_place_back_and_retried_ones_do_not() {
    plays(
        "@1000 JQ.MADD q 4 a x b x c x d x BACKOFF FIXED 0
         *
         @1000 JQ.CLAIM q w COUNT 3 LEASE 10
         [[1000000 a 1 x] [1000001 b 1 x] [1000002 c 1 x]]
         @1000 JQ.NACK q $a a
         [1]
         @1000 JQ.RELEASE q $b b
         [1]
         @1010 JQ.LIST q waiting COUNT 10000
         [0 [b c d a]]",
    );
}

#[test]
fn the_window_refuses_and_the_record_does_not() {
    plays(
        "@1000 JQ.ADD q a x DEDUP 10 KEEP 100
         [added a waiting]
         @1000 JQ.CLAIM q w
         *
         @1000 JQ.ACK q $a a
         [1]
         @1009 JQ.ADD q a y
         [duplicate a completed]
         @1010 JQ.LIST q completed PAYLOAD
         [0 [[a x]]]
         @1010 JQ.ADD q a y
         [added a waiting]
         @1010 JQ.LIST q completed
         [0 []]",
    );
}

#[test]
fn an_active_job_learns_that_it_is_cancelled() {
    plays(
        "@1000 JQ.MADD q 2 a x b x
         *
         @1000 JQ.CLAIM q w COUNT 2 LEASE 50
         *
         @1000 JQ.CANCEL q a a b nosuch
         [1 0 1 -1]
         @1000 JQ.EXTEND q 100 $a a
         [-3]
         @1000 JQ.PROGRESS q $a a half
         [-3]
         @1000 JQ.RELEASE q $a a
         [-3]
         @1050 JQ.ACK q $a a $b b 7 b
         [-3 -3 -2]
         @1050 JQ.ADD q b x
         [duplicate b cancelled]",
    );
}

#[test]
fn a_job_expires_unless_it_was_claimed() {
    plays(
        "@1000 JQ.MADD q 2 a x b x PX 10
         *
         @1009 JQ.CLAIM q w LEASE 1
         [[1009000 a 1 x]]
         @1010 JQ.ADD q b x
         [duplicate b expired]
         @1010 JQ.CLAIM q w
         [[1010000 a 2 x]]",
    );
}

#[test]
fn a_full_queue_takes_no_new_id() {
    plays(
        "@1000 JQ.CONFIG q max-ids 2 max-jobs 1
         OK
         @1000 JQ.MADD q 2 a x b x
         (JQFULL)
         @1000 JQ.MADD q 2 a x a x
         [[added a waiting] [duplicate a waiting]]
         @1000 JQ.CANCEL q a
         [1]
         @1000 JQ.ADD q b x
         [added b waiting]
         @1000 JQ.REMOVE q b
         [1]
         @1000 JQ.ADD q b x
         [added b waiting]
         @1000 JQ.CANCEL q b
         [1]
         @1000 JQ.ADD q c x
         (JQFULL)",
    );
}

#[test]
fn tokens_rise_when_the_clock_goes_back() {
    plays(
        "@2000.007 JQ.MADD q 3 a x b x c 123
         *
         @2000.007 JQ.CLAIM q w
         [[2000007 a 1 x]]
         @999 JQ.CLAIM q v COUNT 2 LEASE 10 MAXBYTES 2
         [[2000008 b 1 x]]
         @1004 JQ.CLAIM q v HELD LEASE 10
         [[2000008 b 1 x]]
         @1013 JQ.EXTEND q 1 $b b
         [1]
         @1014 JQ.LIST q active
         [0 [a]]",
    );
}

#[test]
fn a_backoff_doubles_up_to_its_cap() {
    plays(
        "@1000 JQ.CONFIG q max-backoff 30 attempts 9 backoff exponential/10
         OK
         @1000 JQ.ADD q a x
         *
         @1000 JQ.CLAIM q w
         *
         @1000 JQ.NACK q $a a ERROR first
         [1]
         @1010 JQ.CLAIM q w
         [[1010000 a 2 x]]
         @1010 JQ.NACK q $a a
         [1]
         @1030 JQ.CLAIM q w
         [[1030000 a 3 x]]
         @1030 JQ.NACK q $a a
         [1]
         @1059 JQ.GET q a
         {id a state delayed payload x priority 0 attempt 4 losses 0 added-at 1000 error first progress null log-lines null name null fields null group null batch null expires-at null rerun null front null latest-due-at null attempts 9 starts 3 history [{attempt 1 worker w claimed-at 1000 ended-at 1000 outcome failed error first} {attempt 2 worker w claimed-at 1010 ended-at 1010 outcome failed} {attempt 3 worker w claimed-at 1030 ended-at 1030 outcome failed}] due-at 1060}
         @1059 JQ.PROMOTE q a
         [1]
         @1059 JQ.CLAIM q w
         [[1059000 a 4 x]]
         @1059 JQ.NACK q $a a FATAL
         [2]",
    );
}

#[test]
fn a_rate_that_is_set_after_the_clock_was_set_back_counts_from_then() {
    plays(
        "@1000 JQ.ADD q b x
         [added b waiting]
         @1000 JQ.CLAIM q w
         [[1000000 b 1 x]]
         @900 JQ.CONFIG q rate 1/10
         OK
         @900 JQ.MADD q 2 a x c x
         [[added a waiting] [added c waiting]]
         @900 JQ.CLAIM q w COUNT 2
         [[1000001 a 1 x]]
         @1009 JQ.CLAIM q w
         null
         @1010 JQ.CLAIM q w
         [[1010000 c 1 x]]",
    );
}

#[test]
fn no_time_passes_for_leases_and_attempts_while_the_clock_is_a_little_behind() {
    plays(
        "@5000 JQ.CONFIG q backoff fixed/100
         OK
         @5000 JQ.MADD q 3 a x b x c x DELAY 10
         *
         @5010 JQ.CLAIM q w COUNT 2 LEASE 900
         *
         @4500 JQ.NACK q $a a
         [1]
         @4500 JQ.CLAIM q w LEASE 100 
         *
         @4500 JQ.EXTEND q 1000 $b b
         [1]
         @1000 JQ.LIST q active
         [0 [c b]]
         @1099 JQ.LIST q active
         [0 [c b]]
         @1100 JQ.LIST q active
         [0 [b]]
         @1100 JQ.LIST q waiting
         [0 [c a]]",
    );
}

#[test]
fn a_claim_takes_no_more_than_the_tokens_there_are_when_it_begins() {
    plays(
        "@1000 JQ.CONFIG q rate 2/20
         OK
         @1000 JQ.MADD q 3 a x b x c x
         *
         @2020.999 JQ.CLAIM q w
         [[2020999 a 1 x]]
         @2030.999 JQ.CLAIM q w COUNT 2
         [[2030999 b 1 x]]
         @2030.999 JQ.CLAIM q w COUNT 2
         [[2031000 c 1 x]]",
    );
}
