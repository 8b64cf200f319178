//! What the server gets when it loads the module: data type, commands, settings, subscriptions, INFO.

use super::arguments::{self, Arguments, Debug};
use super::background::expired_keys::ExpiredKeys;
use super::blocked::{awaits, claims};
use super::config::{DefaultSettings, MaxPayload, DEFAULT};
use super::info::Info;
use super::panics::{catch_panic, log_panics, INTERNAL_ERROR};
use super::value::{self, Value};
use super::{clock, directory, durability, registration};
use crate::commands::settings::SETTINGS;
use crate::redis::context::{note, warn};
use crate::redis::keyspace::has_post_notification_jobs;
use crate::redis::module::{Module, ModuleLoader, Registered};
use crate::redis::server_events::OnServerEvent;
use crate::redis::server_info::setting;
use std::ffi::CStr;

/// The module.
pub(crate) struct JobQueue;

impl Module for JobQueue {
    const NAME: &'static CStr = c"jq";
    const VERSION: i32 = 10_000 * number(env!("CARGO_PKG_VERSION_MAJOR"))
        + 100 * number(env!("CARGO_PKG_VERSION_MINOR"))
        + number(env!("CARGO_PKG_VERSION_PATCH"));

    fn load(loader: &ModuleLoader<'_>) -> Registered {
        log_panics();
        value::note_main_thread();
        catch_panic("loading", || load(loader)).unwrap_or_else(|| Err(INTERNAL_ERROR.into()))
    }

    fn loaded() {
        catch_panic("loading", announce);
    }
}

/// Says in the log which module this is, and what a crash of this server would cost.
fn announce() {
    const MODULE: &str = concat!("redis-jq ", env!("CARGO_PKG_VERSION"));
    let (Some(appendonly), Some(appendfsync)) = (setting(c"appendonly"), setting(c"appendfsync")) else {
        return note(MODULE);
    };
    let say = if appendonly == "no" { warn } else { note };
    say(&format!("{MODULE}; durability of queues: {}", durability::of(&appendonly, &appendfsync)));
}

/// A part of the package's version.
const fn number(digits: &str) -> i32 {
    match i32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

fn load(loader: &ModuleLoader<'_>) -> Registered {
    let arguments = arguments::parse(&loader.arguments())?;
    loader.create_data_type::<Value>()?;
    registration::register_commands(loader)?;
    match arguments.debug {
        Debug::Off => {}
        Debug::On => registration::register_debug(loader)?,
        Debug::Stopped(at) => {
            clock::stop(Some(at));
            registration::register_debug(loader)?;
        }
    }
    register_settings(loader, &arguments)?;
    loader.subscribe_to_server_events::<ServerEvents>()?;
    loader.subscribe_to_expired_keys::<ExpiredKeys>()?;
    if !has_post_notification_jobs() {
        loader.subscribe_to_ttl_changes::<ExpiredKeys>()?;
    }
    loader.register_info::<Info>()
}

/// Registers the settings, and takes the values the server has for them; `arguments` where it has none.
fn register_settings(loader: &ModuleLoader<'_>, arguments: &Arguments) -> Registered {
    loader.register_bytes_setting::<MaxPayload>(arguments.max_payload)?;
    for (index, setting) in SETTINGS.iter().enumerate() {
        let (name, value) = (format!("{DEFAULT}{}", setting.name), setting.shown(&arguments.defaults));
        loader.register_text_setting::<DefaultSettings>(&name, index, &value)?;
    }
    loader.load_settings()
}

/// What the server reports without a command.
struct ServerEvents;

impl OnServerEvent for ServerEvents {
    fn became_primary() {
        directory::resume();
    }

    fn loading_ended() {
        directory::resume();
    }

    fn flushed(db: Option<i32>) {
        directory::flushed(db);
        awaits::flushed(db);
    }

    fn swapped(one: i32, other: i32) {
        directory::swapped(one, other);
        awaits::swapped(one, other);
    }

    fn housekeeping() {
        directory::keep_house();
        claims::keep_house();
        awaits::keep_house();
    }
}
