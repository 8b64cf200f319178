//! What is wrong with a cron expression, so that its author learns which field and what it may be.
//!
//! [`super::calendar`] reads expressions and only says that it cannot. Some it can read mean something else
//! than they seem to: `*/90` as minute is every hour, and a lone `L` as weekday is no day at all.

use super::calendar::{MONTHS, NICKNAMES, WEEKDAYS};

/// A field that cannot be, or is hardly meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronFault<'e> {
    /// The name of the field.
    pub field: &'static str,
    /// What it may be.
    pub allowed: String,
    /// What it is.
    pub got: &'e str,
}

/// A field of an expression: its name, its smallest and its largest number, and the names it may have instead.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const fn numbers(name: &'static str, least: u32, most: u32) -> Field {
    Field { name, least, most, names: &[] }
}

const FIELDS: [Field; 6] = [
    numbers("second", 0, 59),
    numbers("minute", 0, 59),
    numbers("hour", 0, 23),
    numbers("day of month", 1, 31),
    Field { name: "month", least: 1, most: 12, names: &MONTHS },
    Field { name: "weekday", least: 0, most: 7, names: &WEEKDAYS },
];

/// What is hardly meant in an expression that can be read: a step beyond its field, `L` without its weekday.
#[must_use]
pub fn surprising_cron(expression: &str) -> Option<CronFault<'_>> {
    items(expression).find_map(|(field, item)| field.surprise(item))
}

/// The first field of an expression that cannot be read. None: it is not one of the fields.
#[must_use]
pub fn malformed_cron(expression: &str) -> Option<CronFault<'_>> {
    let text = expression.trim();
    if text.starts_with('@') {
        let known = NICKNAMES.map(|(name, _)| name).join(" ");
        return Some(CronFault { field: "nickname", allowed: format!("one of {known}"), got: text });
    }
    items(expression).find_map(|(field, item)| field.surprise(item).or_else(|| field.fault(item)))
}

/// Every item of every field, if there are five or six.
fn items(expression: &str) -> impl Iterator<Item = (&'static Field, &str)> {
    let count = expression.split_ascii_whitespace().count();
    let skipped = if matches!(count, 5 | 6) { FIELDS.len() - count } else { FIELDS.len() };
    let fields = FIELDS.iter().skip(skipped).zip(expression.split_ascii_whitespace());
    fields.flat_map(|(field, text)| {
        let text = if field.name == "weekday" { text.strip_prefix('+').unwrap_or(text) } else { text };
        text.split(',').map(move |item| (field, item))
    })
}

impl Field {
    fn surprise<'e>(&self, item: &'e str) -> Option<CronFault<'e>> {
        let step = item.split_once('/').map(|(_, step)| step);
        if step.is_some_and(|step| number(step).is_none_or(|step| !(1..=self.most).contains(&step))) {
            return Some(self.wrong(format!("stepped by 1 to {}", self.most), item));
        }
        let is_lone = self.name == "weekday" && item.eq_ignore_ascii_case("L");
        is_lone.then(|| self.wrong("a weekday before L, as in FRIL".into(), item))
    }

    fn fault<'e>(&self, item: &'e str) -> Option<CronFault<'e>> {
        let base = item.split_once('/').map_or(item, |(base, _)| base);
        let is_right = match base.split_once('-') {
            _ if base == "*" || self.is_special(base) => true,
            Some((from, to)) => match (self.value(from), self.value(to)) {
                (Some(from), Some(to)) if from <= to => true,
                (Some(_), Some(_)) => {
                    return Some(self.wrong("a range that ends no earlier than it begins".into(), item))
                }
                _ => false,
            },
            None => self.value(base).is_some(),
        };
        (!is_right).then(|| self.wrong(self.range(), item))
    }

    /// `L`, `LW` and `15W` as day, `FRIL` and `FRI#2` as weekday.
    fn is_special(&self, base: &str) -> bool {
        let before = |suffix: char| base.strip_suffix([suffix, suffix.to_ascii_lowercase()]);
        match self.name {
            "day of month" => {
                ["L", "LW"].iter().any(|word| word.eq_ignore_ascii_case(base))
                    || before('W').is_some_and(|day| self.value(day).is_some())
            }
            "weekday" => {
                let nth =
                    base.split_once('#').filter(|(_, n)| number(n).is_some_and(|n| (1..=5).contains(&n)));
                nth.map(|(day, _)| day).or(before('L')).is_some_and(|day| self.value(day).is_some())
            }
            _ => false,
        }
    }

    fn value(&self, word: &str) -> Option<u32> {
        let place = self.names.iter().position(|name| name.eq_ignore_ascii_case(word));
        let named = place.and_then(|place| u32::try_from(place).ok()).map(|place| place + self.least);
        named.or_else(|| number(word).filter(|n| (self.least..=self.most).contains(n)))
    }

    fn range(&self) -> String {
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or {first} to {last}"),
            _ => String::new(),
        };
        format!("from {} to {}{names}", self.least, self.most)
    }

    fn wrong<'e>(&self, allowed: String, got: &'e str) -> CronFault<'e> {
        CronFault { field: self.name, allowed, got }
    }
}

fn number(word: &str) -> Option<u32> {
    word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fault: Option<CronFault<'_>>) -> String {
        fault.map_or("none".into(), |f| format!("{} must be {}, got {}", f.field, f.allowed, f.got))
    }

    #[test]
    fn what_can_be_read_and_is_meant_has_no_fault() {
        for good in [
            "* * * * *",
            "*/15 2-4,7 1,15 JAN-MAR/2 +MON",
            "0 0 L * *",
            "0 0 15W * FRI#2",
            "0 0 LW * FRIL",
            "30 */5 * * * 0,7",
            "@daily",
            "0 9 1-7 * +mon",
        ] {
            assert_eq!(
                (shown(surprising_cron(good)), malformed_cron(good).is_some()),
                ("none".into(), good.starts_with('@')),
                "{good}"
            );
        }
    }

    #[test]
    fn a_fault_names_the_field_and_what_it_may_be() {
        let cases = [
            ("*/90 * * * *", "minute must be stepped by 1 to 59, got */90"),
            ("*/0 * * * *", "minute must be stepped by 1 to 59, got */0"),
            ("61 * * * *", "minute must be from 0 to 59, got 61"),
            ("61 * * * * *", "second must be from 0 to 59, got 61"),
            ("0 24 * * *", "hour must be from 0 to 23, got 24"),
            ("0 0 0 * *", "day of month must be from 1 to 31, got 0"),
            ("0 0 * FOO *", "month must be from 1 to 12 or JAN to DEC, got FOO"),
            ("0 0 * * MONTUE", "weekday must be from 0 to 7 or SUN to SAT, got MONTUE"),
            ("0 0 * * L", "weekday must be a weekday before L, as in FRIL, got L"),
            ("30-10 * * * *", "minute must be a range that ends no earlier than it begins, got 30-10"),
            (", * * * *", "minute must be from 0 to 59, got "),
        ];
        for (expression, fault) in cases {
            assert_eq!(shown(malformed_cron(expression)), fault, "{expression}");
        }
        assert!(shown(malformed_cron("@reboot")).starts_with("nickname must be one of @yearly"));
        assert_eq!(malformed_cron("* * * *"), None);
    }
}
