//! Examples of an ADD whose id is known: REPLACE, RERUN, MAXWAIT.

use super::examples::plays;

#[test]
fn a_rerun_is_a_new_life_with_the_newest_payload() {
    plays(
        "@1000 JQ.ADD q a x ATTEMPTS 1
         [added a waiting]
         @1000 JQ.ADD q a xx ONDUP RERUN
         [replaced a waiting]
         @1000 JQ.CLAIM q w LEASE 50
         [[1000000 a 1 xx]]
         @1000 JQ.ADD q a y ONDUP RERUN
         [rerun a active]
         @1000 JQ.ADD q a z ONDUP REPLACE DELAY 5
         [rerun a active]
         @1020 JQ.NACK q $a a
         [2]
         @1024 JQ.CLAIM q w
         null
         @1025 JQ.CLAIM q w
         [[1025000 a 1 z]]",
    );
}

#[test]
fn a_rerun_that_expired_long_ago_leaves_no_trace_in_the_command_that_begins_it() {
    plays(
        "@1000 JQ.CONFIG q lease 200 dedup-window 20
         OK
         @1000 JQ.ADD q f x
         [added f waiting]
         @1000 JQ.CLAIM q w
         [[1000000 f 1 x]]
         @1050 JQ.ADD q f x ONDUP REPLACE PX 10
         [rerun f active]
         @1100 JQ.ACK q $f f $f f
         [1 -1]",
    );
}

#[test]
fn a_debounced_job_starts_over() {
    plays(
        "@1000 JQ.ADD q a x DELAY 20
         [added a delayed]
         @1010 JQ.ADD q a y DELAY 20 ONDUP REPLACE
         [replaced a delayed]
         @1029 JQ.CLAIM q w
         null
         @1030 JQ.CLAIM q w
         [[1030000 a 1 y]]",
    );
}

#[test]
fn a_cancel_takes_back_the_reruns_before_it_and_not_those_after_it() {
    plays(
        "@1000 JQ.ADD q a x
         [added a waiting]
         @1000 JQ.CLAIM q w LEASE 10
         *
         @1000 JQ.ADD q a y ONDUP RERUN
         [rerun a active]
         @1000 JQ.CANCEL q a
         [1]
         @1000 JQ.ADD q a z ONDUP RERUN
         [rerun a active]
         @1000 JQ.CANCEL q a
         [0]
         @1010 JQ.CLAIM q w
         [[1010000 a 1 z]]",
    );
}

#[test]
fn a_replaced_job_that_was_claimed_before_waits_from_now() {
    plays(
        "@1000 JQ.ADD q a x
         *
         @1000 JQ.CLAIM q w LEASE 1
         *
         @1001 JQ.CLAIM q w
         [[1001000 a 2 x]]
         @1001 JQ.PROGRESS q $a a half
         [1]
         @1001 JQ.RELEASE q $a a
         [1]
         @2000 JQ.ADD q a x ONDUP REPLACE DELAY 5 MAXWAIT 5
         [replaced a delayed]
         @2005 JQ.CLAIM q w
         [[2005000 a 2 x]]",
    );
}

#[test]
fn a_run_that_was_done_late_stays_done_when_the_life_after_it_fails() {
    plays(
        "@1000 JQ.CONFIG q lease 200
         OK
         @1000 JQ.ADD q a x
         [added a waiting]
         @1000 JQ.CLAIM q w
         [[1000000 a 1 x]]
         @1100 JQ.ADD q a y ONDUP RERUN
         [rerun a active]
         @1300 JQ.ACK q 1000000 a
         [1]
         @1300 JQ.CLAIM q w
         [[1300000 a 1 y]]
         @1400 JQ.ADD q a z ONDUP RERUN
         [rerun a active]
         @1600 JQ.ACK q 1000000 a
         [0]
         @1600 JQ.CLAIM q w
         [[1600000 a 1 z]]",
    );
}

#[test]
fn a_changed_payload_is_that_of_the_rerun_too() {
    plays(
        "@1000 JQ.ADD q a x
         [added a waiting]
         @1000 JQ.CLAIM q w
         [[1000000 a 1 x]]
         @1000 JQ.ADD q a y ONDUP RERUN
         [rerun a active]
         @1000 JQ.CHANGE q a PAYLOAD z
         1
         @1000 JQ.ACK q 1000000 a
         [1]
         @1000 JQ.CLAIM q w
         [[1000001 a 1 z]]",
    );
}
