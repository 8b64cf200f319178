//! The module's section of INFO.

use super::OK;
use crate::server::info::{self, Occasion};
use redis_module::raw;
use std::ffi::CString;
use std::os::raw::c_int;

/// The section being written.
pub(in crate::server) struct Section(*mut raw::RedisModuleInfoCtx);

impl Section {
    /// Adds a number.
    pub(in crate::server) fn number(&mut self, field: &str, value: u64) {
        if let (Some(add), Ok(field)) = (api!(RedisModule_InfoAddFieldULongLong), CString::new(field)) {
            // SAFETY: (1), (2), (5).
            unsafe { add(self.0, field.as_ptr(), value) };
        }
    }

    /// Adds a text of one line.
    pub(in crate::server) fn text(&mut self, field: &str, text: &str) {
        let texts = (CString::new(field), CString::new(text.replace(['\r', '\n'], " ")));
        if let (Some(add), (Ok(field), Ok(text))) = (api!(RedisModule_InfoAddFieldCString), texts) {
            // SAFETY: (1), (2), (5).
            unsafe { add(self.0, field.as_ptr(), text.as_ptr()) };
        }
    }
}

/// Registers the section. False if the server refuses.
pub(super) fn register(ctx: *mut raw::RedisModuleCtx) -> bool {
    // SAFETY: (1), (2).
    api!(RedisModule_RegisterInfoFunc).is_some_and(|register| unsafe { register(ctx, Some(write)) } == OK)
}

/// Also called while the server writes a crash report, so it may neither panic nor wait for a lock.
unsafe extern "C" fn write(ctx: *mut raw::RedisModuleInfoCtx, for_crash_report: c_int) {
    let Some(add) = api!(RedisModule_InfoAddSection) else { return };
    let occasion = if for_crash_report == 0 { Occasion::Asked } else { Occasion::Crash };
    // SAFETY: (1), (2) an empty name: the section is called like the module.
    if unsafe { add(ctx, c"".as_ptr()) } == OK {
        info::write(&mut Section(ctx), occasion);
    }
}
