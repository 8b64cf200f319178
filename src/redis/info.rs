//! The module's section of INFO.

use super::module::{refused, ModuleLoader, Registered};
use super::OK;
use redis_module::raw;
use std::ffi::CString;
use std::os::raw::c_int;

/// Who writes the section.
pub(crate) trait InfoWriter {
    /// Writes it. For a crash report nothing may panic or wait for a lock, and the server cannot be asked
    /// anything.
    fn write(section: &mut InfoSection, occasion: Occasion);
}

/// Why the section is written: for a client, or because the server reports a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the sentence above says it
pub(crate) enum Occasion {
    Client,
    CrashReport,
}

/// The section being written.
pub(crate) struct InfoSection(*mut raw::RedisModuleInfoCtx);

impl InfoSection {
    /// Adds a number.
    pub(crate) fn number(&mut self, field: &str, value: u64) {
        if let (Some(add), Ok(field)) = (api!(RedisModule_InfoAddFieldULongLong), CString::new(field)) {
            // SAFETY: (1), (2), (5).
            unsafe { add(self.0, field.as_ptr(), value) };
        }
    }

    /// Adds a text, made to fit on one line.
    pub(crate) fn text(&mut self, field: &str, text: &str) {
        let texts = (CString::new(field), CString::new(text.replace(['\r', '\n'], " ")));
        if let (Some(add), (Ok(field), Ok(text))) = (api!(RedisModule_InfoAddFieldCString), texts) {
            // SAFETY: (1), (2), (5).
            unsafe { add(self.0, field.as_ptr(), text.as_ptr()) };
        }
    }
}

impl ModuleLoader<'_> {
    /// Registers the section.
    pub(crate) fn register_info<W: InfoWriter>(&self) -> Registered {
        let registered = api!(RedisModule_RegisterInfoFunc).is_some_and(|register| {
            // SAFETY: (1), (2).
            unsafe { register(self.as_ptr(), Some(write::<W>)) == OK }
        });
        registered.then_some(()).ok_or_else(|| refused("the INFO section"))
    }
}

unsafe extern "C" fn write<W: InfoWriter>(ctx: *mut raw::RedisModuleInfoCtx, for_crash_report: c_int) {
    let Some(add) = api!(RedisModule_InfoAddSection) else { return };
    let occasion = if for_crash_report == 0 { Occasion::Client } else { Occasion::CrashReport };
    // SAFETY: (1), (2) an empty name: the section is called like the module.
    if unsafe { add(ctx, c"".as_ptr()) } == OK {
        W::write(&mut InfoSection(ctx), occasion);
    }
}
