//! The part of the traffic that is about schedules.

use super::{join, words, Traffic, Words};

impl Traffic {
    pub(super) fn schedule(&mut self, queue: &str) -> Words {
        let name = *self.rng.pick(&["s1", "s2", "s3", "s\u{0}4"]);
        let verb = *self.rng.pick(&["SET", "SET", "SET", "JQ.UNSCHEDULE", "JQ.SCHEDULES"]);
        let mut command = words(if verb == "SET" { "JQ.SCHEDULE" } else { verb }, queue);
        if verb != "JQ.SCHEDULES" {
            command.push(name.into());
        }
        if verb != "SET" {
            return command;
        }
        command.push(self.payload());
        let timetables = [
            "EVERY 1",
            "EVERY 7 FROM 1704067200003",
            "EVERY 3600000",
            "EVERY 20 UNTIL 1704067200100",
            "CRON @hourly",
            "CRON @daily TZ Australia/Lord_Howe FROM 1704067200001",
            "CRON @weekly TZ Europe/Berlin UNTIL 4102444800000",
        ];
        let timetable = *self.rng.pick(&timetables);
        let command = self.option(join(command, timetable), 2, "OVERLAP", &["ALLOW", "SKIP"]);
        self.common_options(command)
    }
}
