//! A page of metrics in the text format of Prometheus, taken apart as far as these tests need it.

use std::collections::{BTreeMap, BTreeSet};

const SCRIPT: &str = "redis_script_values";

/// One scrape.
pub(crate) struct Page {
    /// Names of metrics, without labels.
    names: BTreeSet<String>,
    /// What the script printed, by the label `key`.
    script: BTreeMap<String, f64>,
}

impl Page {
    /// Reads `name{label="value",...} number` line by line.
    #[track_caller]
    pub(crate) fn of(text: &str) -> Self {
        let mut page = Self { names: BTreeSet::new(), script: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().expect("a first word");
            page.names.insert(name.to_owned());
            if name == SCRIPT {
                let (labels, number) = line.rsplit_once(' ').expect("a number");
                page.script.insert(label(labels, "key"), number.parse().expect("a number"));
            }
        }
        page
    }

    /// A value the script printed.
    #[track_caller]
    pub(crate) fn value(&self, key: &str) -> f64 {
        self.get(key).unwrap_or_else(|| panic!("no {key} in {:#?}", self.script))
    }

    /// The same if it is there.
    pub(crate) fn get(&self, key: &str) -> Option<f64> {
        self.script.get(key).copied()
    }

    /// Keys of the script, without the queue's name.
    pub(crate) fn script_names(&self) -> BTreeSet<&str> {
        self.script.keys().map(|key| key.split(':').next().unwrap_or(key)).collect()
    }

    /// Names of all metrics.
    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The queues it names.
    pub(crate) fn queues(&self) -> Vec<&str> {
        self.script.keys().filter_map(|key| key.strip_prefix("jq_waiting:")).collect()
    }
}

/// The value of a label, unescaped.
#[track_caller]
fn label(labels: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let at = labels.find(&start).unwrap_or_else(|| panic!("no label {name} in {labels}"));
    let mut value = String::new();
    let mut rest = labels[at + start.len()..].chars();
    loop {
        match rest.next().expect("a closing quote") {
            '"' => return value,
            '\\' => match rest.next().expect("an escaped character") {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}

#[test]
fn a_page_is_read_with_its_labels() {
    let page = Page::of(
        "# HELP x y\nredis_up 1\nredis_script_values{filename=\"f\",key=\"jq_waiting:a \\\"\\\\xff:b\"} 2e+00\n",
    );
    assert_eq!(page.value("jq_waiting:a \"\\xff:b"), 2.0);
    assert_eq!(page.queues(), ["a \"\\xff:b"]);
    assert_eq!(page.script_names(), BTreeSet::from(["jq_waiting"]));
    assert!(page.names().contains("redis_up"));
}
