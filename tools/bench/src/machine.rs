//! What the figures were taken on.

use std::fs;
use std::thread;

use testkit::info::Info;
use testkit::Failure;

use crate::bed::Bed;

/// Prints processor, cores and server.
pub(crate) fn print(bed: &Bed) -> Result<(), Failure> {
    let server = bed.server()?;
    let version = Info::read(&mut server.connect()?, "server")?.version();
    let cores = thread::available_parallelism()?;
    let aof = if bed.aof { "AOF, fsync every second" } else { "no AOF" };
    println!("{}, {cores} cores; {version}, {aof}", processor());
    Ok(())
}

/// The processor's name where the system names it (Linux).
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let model =
        fields.find(|(name, _)| name.trim() == "model name").map(|(_, model)| model.trim().to_owned());
    model.unwrap_or_else(|| "unknown processor".to_owned())
}
