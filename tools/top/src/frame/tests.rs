//! Frames of made-up scenes.

use super::{frame, Line, Link, Scene, Size, Tone};
use crate::reading::{Batch, Group, Numbers, Queue, Rates, Reading, Worker};

const AT: i64 = 1_700_000_000_000;

fn numbers(pairs: &[(&str, i64)]) -> Numbers {
    pairs.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
}

fn worker(name: &str, active: i64, lease_ms: Option<i64>, seen_ms: i64) -> Worker {
    let lease_until = lease_ms.map(|ms| AT + ms);
    Worker {
        name: name.as_bytes().to_vec(),
        active,
        lease_until,
        last_seen: Some(AT - seen_ms),
        waiting_since: None,
    }
}

fn batch(name: &[u8], pairs: &[(&str, i64)]) -> Batch {
    Batch { name: name.to_vec(), numbers: numbers(pairs) }
}

fn group(name: &str, waiting: i64, why: Option<&str>) -> Group {
    Group {
        name: name.as_bytes().to_vec(),
        waiting,
        active: 2,
        concurrency: 2,
        rate: "20/10000/window".into(),
        why: why.map(str::to_owned),
        ..Group::default()
    }
}

fn queue(name: &[u8]) -> Queue {
    let stats = [
        ("waiting", 12_345),
        ("delayed", 3),
        ("active", 12),
        ("remembered", 1_234_567),
        ("oldest-claimable-ms", 61_000),
        ("next-due-ms", -1),
        ("added", 9000),
        ("bytes", 1_234_567),
        ("wait-ms-p50", 12),
        ("run-ms-max", 1500),
    ];
    let running = [("total", 2000), ("pending", 940), ("completed", 1048), ("failed", 12), ("sealed", 1)];
    let finished = [("total", 7), ("completed", 7), ("sealed", 1), ("finished", 1)];
    Queue {
        name: name.to_vec(),
        stats: Ok(numbers(&stats)),
        settings: Ok([("concurrency", "50"), ("rate", "100/2000"), ("max-jobs", "20000")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()),
        workers: Ok(vec![worker("pod-1", 11, Some(28_500), 200), worker("pod-2", 1, Some(-5), 61_000)]),
        groups: Ok(vec![
            group("anna", 1200, Some("it is full: 2 active, its concurrency is 2")),
            Group { paused_until: Some(AT + 28_000), ..group("bert", 7, None) },
            Group { concurrency: 0, claimable: 3, rate: "0".into(), ..group("carla", 3, None) },
        ]),
        batches: Ok(vec![batch(b"run-20241102", &running), batch(b"run-20241101", &finished)]),
    }
}

fn scene(queues: Vec<Queue>) -> Scene {
    let before = numbers(&[("added", 8000), ("claims", 0), ("losses", 3)]);
    let now = numbers(&[("added", 9000), ("claims", 64), ("losses", 4)]);
    let rates = queues.iter().map(|_| Rates::between(&before, &now, 2000)).collect();
    let reading = Reading { version: "redis 7.0.15".into(), at: AT, queues };
    Scene { address: "127.0.0.1:6379".into(), link: Link::Here, reading, rates }
}

fn drawn(scene: &Scene, columns: usize, rows: Option<usize>) -> Vec<Line> {
    frame(scene, Size { columns, rows })
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text.trim_end().to_owned() + "\n").collect()
}

#[test]
fn a_queue_at_80_columns() {
    let lines = drawn(&scene(vec![queue(b"mail")]), 80, None);
    let expected = r"
 redis-jq  127.0.0.1:6379  redis 7.0.15                            22:13:20 UTC
mail                                                                     1.23 MB
  waiting    12,345   delayed         3   blocked         0   active         12
  completed       0   failed          0   remembered  1.23M   waiters         0
  added/s       500   claims/s       32   acks/s          -   refused/s       -
  nacks/s         -   failed/s        -   lost/s        0.5   stale/s         -
  claimable       0   oldest     1m 01s   next due        -   groups          0
  wait p50    12 ms   p95          0 ms   p99          0 ms   max          0 ms
  run p50      0 ms   p95          0 ms   p99          0 ms   max         1.5 s
  limits  concurrency 12 of 50   rate 32/s of 50/s (100 in 2.0 s)
          jobs 12,360 of 20,000
  workers 2
    pod-1                11 jobs        lease ends in 28 s      seen 200 ms ago
    pod-2                1 job          lease is over           seen 1m 01s ago
  groups 3
    anna               1,200 waiting   2 of 2 active    2.0/s   it is full: 2 a~
    bert                   7 waiting   2 of 2 active    2.0/s   PAUSED 28 s
    carla                  3 waiting   2 active                 3 claimable
  batches 2
    run-20241102     [=======x........]  53 %     1,060/2,000      12 x sealed
    run-20241101     [================] 100 %             7/7           done
";
    assert_eq!(format!("\n{}", text(&lines)), expected);
    assert_eq!(lines[0].text.len(), 80);
}

#[test]
fn a_window_is_filled_to_its_last_line_and_says_how_to_leave() {
    let lines = drawn(&scene(vec![queue(b"mail")]), 80, Some(24));
    assert_eq!(lines.len(), 24);
    assert!(lines[23].text.starts_with("q ends"), "{}", text(&lines));
}

#[test]
fn many_queues_are_a_table() {
    let names: Vec<Vec<u8>> = (1..=30).map(|n| format!("queue-{n:02}").into_bytes()).collect();
    let lines = drawn(&scene(names.iter().map(|name| queue(name)).collect()), 80, Some(8));
    let expected = r"
 redis-jq  127.0.0.1:6379  redis 7.0.15                            22:13:20 UTC
queue                  waiting    active    failed    oldest   added/s    acks/s
queue-01                12,345        12         0    1m 01s       500         -
queue-02                12,345        12         0    1m 01s       500         -
queue-03                12,345        12         0    1m 01s       500         -
queue-04                12,345        12         0    1m 01s       500         -
and 26 more
q ends   bars: = completed, x failed, expired or cancelled, . pending
";
    assert_eq!(format!("\n{}", text(&lines)), expected);
}

#[test]
fn a_wide_window_has_more_figures_in_a_line() {
    let mail = text(&drawn(&scene(vec![queue(b"mail")]), 160, None));
    let line = mail.lines().find(|line| line.contains("waiting")).unwrap();
    assert!(line.contains("active") && line.contains("waiters"), "{mail}");
    let table = text(&drawn(&scene((0..9).map(|_| queue(b"mail")).collect()), 160, Some(20)));
    assert!(table.contains("memory"), "{table}");
}

#[test]
fn lists_share_the_place_there_is() {
    let mut mail = queue(b"mail");
    mail.groups = Ok(Vec::new());
    mail.workers = Ok((0..40).map(|n| worker(&format!("pod-{n}"), 1, Some(1000), 0)).collect());
    mail.batches = Ok((0..40).map(|n| batch(format!("run-{n}").as_bytes(), &[])).collect());
    let shown = |mail: Queue, rows| text(&drawn(&scene(vec![mail]), 80, Some(rows)));
    let both = shown(mail.clone(), 24);
    assert!(both.contains("workers 40, 35 of them not shown\n    pod-0 "), "{both}");
    assert!(both.contains("batches 40, 35 of them not shown\n    run-0 "), "{both}");
    let three_lists = mail.clone();
    mail.stats.as_mut().unwrap().insert("batches".into(), 1440);
    let more = shown(mail.clone(), 24);
    assert!(more.contains("batches 1440, 1435 of them not shown\n    run-0 "), "{more}");
    mail.batches = Ok(Vec::new());
    let one = shown(mail, 24);
    assert!(one.contains("workers 40, 29 of them not shown") && !one.contains("batches"), "{one}");
    let groups = (0..40).map(|n| group(&format!("group-{n}"), 1, None)).collect();
    let three = shown(Queue { groups: Ok(groups), ..three_lists }, 26);
    assert!(three.contains("workers 40, 37 of them not shown\n    pod-0 "), "{three}");
    assert!(three.contains("groups 40, 36 of them not shown\n    group-0 "), "{three}");
    assert!(three.contains("batches 40, 36 of them not shown\n    run-0 "), "{three}");
}

#[test]
fn a_queue_that_does_not_exist_is_empty() {
    let mut none = queue(b"none");
    none.stats = Ok(numbers(&[("waiting", 0), ("added", 0), ("bytes", 2180)]));
    (none.workers, none.groups, none.batches) = (Ok(Vec::new()), Ok(Vec::new()), Ok(Vec::new()));
    none.settings = Ok([].into());
    let lines = text(&drawn(&scene(vec![none]), 80, None));
    assert!(lines.lines().nth(1).unwrap().ends_with(" empty"), "{lines}");
    assert!(!lines.contains("limits") && !lines.contains("workers"), "{lines}");
}

#[test]
fn a_paused_queue_says_so() {
    let mut mail = queue(b"mail");
    mail.stats.as_mut().unwrap().insert("paused".into(), 1);
    let lines = drawn(&scene(vec![mail]), 80, None);
    assert!(lines[1].text.ends_with("PAUSED   1.23 MB"), "{}", text(&lines));
}

#[test]
fn an_error_stands_where_the_numbers_would_be() {
    let mut mail = queue(b"mail");
    mail.settings = Err("NOPERM this user has no permissions".into());
    mail.workers = Err("NOPERM \x1b[31mred".into());
    let lines = drawn(&scene(vec![mail.clone()]), 80, None);
    let alarms: Vec<_> =
        lines.iter().filter(|line| line.tone == Tone::Alarm).map(|line| &line.text).collect();
    assert_eq!(alarms, ["  limits: NOPERM this user has no permissions", r"  workers: NOPERM \x1b[31mred"]);
    mail.stats = Err("WRONGTYPE Operation against a key holding the wrong kind of value".into());
    let lines = text(&drawn(&scene(vec![mail]), 80, None));
    assert!(
        lines.ends_with("mail\n  WRONGTYPE Operation against a key holding the wrong kind of value\n"),
        "{lines}"
    );
}

#[test]
fn a_server_that_is_away_is_shown_with_the_last_numbers() {
    let mut away = scene(vec![queue(b"mail")]);
    away.link = Link::Away { ms: 12_000, why: "Connection refused (os error 111)".into() };
    let lines = drawn(&away, 80, Some(24));
    assert_eq!(lines[1].text, "no numbers for 12 s, trying again: Connection refused (os error 111)");
    assert_eq!(lines[1].tone, Tone::Alarm);
    assert!(lines[3].text.contains("12,345"));
    away.reading = Reading::default();
    assert_eq!(drawn(&away, 80, Some(24)).len(), 24);
}

#[test]
fn no_name_reaches_the_terminal_as_it_is_and_no_line_is_too_long() {
    let nasty = b"\x1b]0;x\x07\x1b[2J\r\n\xc3\xa4\x9b31m a name that is much too long for any line of any window there is";
    let mut nasty_queue = queue(nasty);
    nasty_queue.workers =
        Ok(vec![Worker { name: nasty.to_vec(), ..worker("", i64::MAX, Some(i64::MAX / 2), 0) }]);
    nasty_queue.groups = Ok(vec![Group {
        name: nasty.to_vec(),
        waiting: i64::MAX,
        concurrency: i64::MAX,
        rate: "9223372036854775807/1".into(),
        paused_until: Some(i64::MAX),
        why: Some(String::from_utf8_lossy(nasty).into_owned()),
        ..Group::default()
    }]);
    nasty_queue.batches = Ok(vec![batch(nasty, &[("total", i64::MAX / 200), ("pending", 1)])]);
    let mut scenes = vec![scene(vec![nasty_queue.clone()]), scene(vec![nasty_queue.clone(), nasty_queue])];
    scenes[0].address = String::from_utf8_lossy(nasty).into_owned();
    scenes[1].link = Link::Away { ms: i64::MAX, why: String::from_utf8_lossy(nasty).into_owned() };
    for scene in &scenes {
        for columns in (0..=100).chain([157, 300]) {
            for rows in (0..=40).map(Some).chain([None]) {
                let lines = drawn(scene, columns, rows);
                assert!(rows.is_none_or(|rows| rows == lines.len()), "{columns} x {rows:?}");
                for line in &lines {
                    assert!(line.text.len() <= columns, "{columns} x {rows:?}: {}", line.text);
                    assert!(line.text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{:?}", line.text);
                }
            }
        }
    }
}
