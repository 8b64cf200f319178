//! What the manual says about batches, as transcripts in the notation of `examples`.

use super::examples::plays;

#[test]
fn a_batch_finishes_once_and_releases_the_jobs_that_wait() {
    plays(
        "@1000 JQ.MADD q 2 a x b x BATCH b1 DEDUP 0
         [[added a waiting] [added b waiting]]
         @1001 JQ.MADD q 2 c x d x AFTER b1 PRIORITY -1
         [[added c blocked] [added d blocked]]
         @1002 JQ.SEAL q b1
         1
         @1002 JQ.SEAL q b1
         0
         @1003 JQ.CLAIM q w COUNT 9
         [[1003000 a 1 x] [1003001 b 1 x]]
         @1004 JQ.ACK q $a a
         [1]
         @1004 JQ.BATCH q b1
         {sealed 1 finished 0 total 2 pending 1 completed 1 failed 0 expired 0 cancelled 0 duplicates 0 blocked 2 created-at 1000 finished-at null}
         @1005 JQ.NACK q $b b FATAL
         [2]
         @1006 JQ.BATCH q b1
         {sealed 1 finished 1 total 2 pending 0 completed 1 failed 1 expired 0 cancelled 0 duplicates 0 blocked 0 created-at 1000 finished-at 1005}
         @1006 JQ.CLAIM q w COUNT 9
         [[1006000 c 1 x] [1006001 d 1 x]]",
    );
}

#[test]
fn a_job_that_wants_all_completed_fails_with_the_numbers_in_the_error() {
    plays(
        "@1000 JQ.MADD q 3 a x b x c x BATCH b1
         *
         @1000 JQ.ADD q d x AFTEROK b1 BATCH b2
         [added d blocked]
         @1000 JQ.ADD q e x AFTEROK b2
         [added e blocked]
         @1000 JQ.SEAL q b2
         1
         @1000 JQ.CLAIM q w
         *
         @1000 JQ.ACK q $a a
         [1]
         @1000 JQ.CANCEL q b
         [1]
         @1001 JQ.SEAL q b1
         1
         @1002 JQ.REMOVE q c
         [1]
         @1003 JQ.GET q d
         {id d state failed payload x priority 0 attempt 0 losses 0 added-at 1000 error batch\\x20'b1'\\x20was\\x20not\\x20all\\x20completed:\\x202\\x20cancelled\\x20of\\x203 progress null log-lines null name null fields null group null batch b2 expires-at null rerun null attempts 3 starts 0 finished-at 1002 result null}
         @1003 JQ.LIST q failed BATCH b2
         [0 [d]]
         @1003 JQ.AWAIT q JOB e 0
         [failed null]
         @1003 JQ.ADD q e y DEDUP 0
         [duplicate e failed]",
    );
}

#[test]
fn a_sealed_batch_takes_no_member_and_counts_duplicates() {
    plays(
        "@1000 JQ.ADD q a x BATCH b1
         [added a waiting]
         @1000 JQ.SEAL q b1
         1
         @1000 JQ.ADD q a y BATCH b1
         [duplicate a waiting]
         @1000 JQ.MADD q 2 a y b y BATCH b1
         (JQSEALED)
         @1000 JQ.BATCHES q
         [0 [[b1 {sealed 1 finished 0 total 1 pending 1 completed 0 failed 0 expired 0 cancelled 0 duplicates 1 blocked 0 created-at 1000 finished-at null}]]]",
    );
}

#[test]
fn a_replaced_job_stays_in_its_batch_and_a_rerun_does_not() {
    plays(
        "@1000 JQ.ADD q a x BATCH b1 AFTER b2
         [added a blocked]
         @1000 JQ.ADD q a y ONDUP REPLACE
         [replaced a blocked]
         @1000 JQ.SEAL q b2
         1
         @1000 JQ.CLAIM q w
         [[1000000 a 1 y]]
         @1000 JQ.ADD q a z ONDUP RERUN
         [rerun a active]
         @1000 JQ.ACK q $a a
         [1]
         @1000 JQ.BATCH q b1
         {sealed 0 finished 0 total 1 pending 0 completed 1 failed 0 expired 0 cancelled 0 duplicates 0 blocked 0 created-at 1000 finished-at null}
         @1000 JQ.GET q a
         {id a state waiting payload z priority 0 attempt 1 losses 0 added-at 1000 error null progress null log-lines null name null fields null group null batch null expires-at null rerun null attempts 3 starts 0 dedup 0}",
    );
}

#[test]
fn a_retried_member_is_pending_in_a_batch_that_stays_finished() {
    plays(
        "@1000 JQ.ADD q a x BATCH b1 PX 10
         *
         @1000 JQ.ADD q b x BATCH b1 ATTEMPTS 1
         *
         @1000 JQ.SEAL q b1
         1
         @1000 JQ.CLAIM q w COUNT 2
         *
         @1001 JQ.ACK q $a a
         [1]
         @1002 JQ.NACK q $b b
         [2]
         @1003 JQ.RETRY q b
         [1]
         @1003 JQ.BATCH q b1
         {sealed 1 finished 1 total 2 pending 1 completed 1 failed 0 expired 0 cancelled 0 duplicates 0 blocked 0 created-at 1000 finished-at 1002}
         @1003 JQ.ADD q c x AFTER b1
         [added c waiting]
         @1003 JQ.ADD q d x AFTEROK b1
         [added d blocked]
         @1004 JQ.CLAIM q w COUNT 2
         *
         @1005 JQ.NACK q $b b
         [2]
         @1006 JQ.RETRY q d nothing
         [0 -1]
         @1007 JQ.RETRY q *
         2
         @1007 JQ.LIST q blocked
         [0 [d]]",
    );
}

#[test]
fn a_name_is_free_again_when_its_batch_was_dropped() {
    plays(
        "@1000 JQ.CONFIG q keep-batches 20
         OK
         @1000 JQ.ADD q a x BATCH b1 KEEP 1000
         *
         @1000 JQ.ADD q b x BATCH b1 KEEP 1000
         *
         @1000 JQ.ADD q c x AFTER b1
         *
         @1000 JQ.FORGET q b1
         0
         @1000 JQ.CANCEL q c
         [1]
         @1000 JQ.FORGET q b1
         1
         @1000 JQ.FORGET q b1
         0
         @1000 JQ.ADD q a y BATCH b1
         [duplicate a waiting]
         @1000 JQ.SEAL q b1
         1
         @1000 JQ.LIST q waiting BATCH b1
         [0 []]
         @1019 JQ.STATS q
         *
         @1019 JQ.BATCH q b1
         {sealed 1 finished 1 total 0 pending 0 completed 0 failed 0 expired 0 cancelled 0 duplicates 1 blocked 0 created-at 1000 finished-at 1000}
         @1020 JQ.BATCH q b1
         null
         @1020 JQ.AWAIT q BATCH b1 50
         null",
    );
}

/// RETRY asks for the job again: that no worker claimed it in time the first time no longer counts.
#[test]
fn a_job_that_failed_unclaimed_and_is_retried_does_not_expire() {
    plays(
        "@1000 JQ.ADD q a x BATCH b1 PX 1
         [added a waiting]
         @1000 JQ.SEAL q b1
         1
         @1021 JQ.ADD q b x PX 20 AFTEROK b1
         [added b failed]
         @1021 JQ.RETRY q b
         [0]
         @1021 JQ.FORGET q b1
         1
         @1021 JQ.RETRY q b
         [1]
         @1121 JQ.CLAIM q w
         [[1121000 b 1 x]]",
    );
}

#[test]
fn an_open_batch_is_kept_from_a_late_answer_on() {
    plays(
        "@1000 JQ.CONFIG q keep-batches 50
         OK
         @1000 JQ.ADD q a x AFTER b1
         *
         @1000 JQ.ADD q c x BATCH b1
         *
         @1000 JQ.CLAIM q w1 LEASE 1
         *
         @1000 JQ.ADD q c x DELAY 100 ONDUP RERUN
         [rerun c active]
         @1100 JQ.ACK q $c c
         [1]
         @1100 JQ.CANCEL q a
         [1]
         @1149 JQ.SEAL q b1
         1",
    );
}

/// b goes in the first round, as a does; c, whose batch a opens again, in the second, although it stands before b.
#[test]
fn a_selection_is_retried_in_rounds() {
    plays(
        "@1000 JQ.ADD q d x BATCH b1
         *
         @1000 JQ.ADD q b x AFTEROK b1
         *
         @1000 JQ.ADD q a x BATCH b2 AFTEROK b1
         *
         @1000 JQ.SEAL q b1
         1
         @1020 JQ.CLAIM q w1
         *
         @1020 JQ.NACK q $d d FATAL
         [2]
         @1020 JQ.SEAL q b2
         1
         @1020 JQ.ADD q c x AFTEROK b2
         [added c failed]
         @1020 JQ.RETRY q * REV IDS
         [d a b c]",
    );
}
