//! What operators send: changes of jobs, pauses, limits, settings.

use super::reading::{state, without_jobs};
use super::{Ids, Request};
use crate::args::{place_of, Refused, Words, ERR};
use crate::fields::FieldTerms;
use crate::selection::Page;
use crate::spec::{Place, Start};

/// What a CHANGE names.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) progress: Option<Vec<u8>>,
    pub(crate) start: Option<Start>,
    pub(crate) priority: Option<i64>,
    pub(crate) place: Place,
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) fields: FieldTerms,
}

/// What a RETRY or a RERUN says beside the jobs.
#[derive(Debug, Default)]
pub(crate) struct RetryOptions {
    pub(crate) place: Place,
    pub(crate) fields: FieldTerms,
}

pub(super) fn change(w: &mut Words<'_>) -> Result<Request, Refused> {
    let id = w.id()?.to_vec();
    const KNOWN: [&str; 9] =
        ["PAYLOAD", "PROGRESS", "DELAY", "AT", "PRIORITY", "FRONT", "NAME", "SET", "UNSET"];
    let mut to = Change {
        payload: None,
        progress: None,
        start: None,
        priority: None,
        place: Place::End,
        name: None,
        fields: FieldTerms::default(),
    };
    let (mut seen, mut names_something) = (Vec::new(), false);
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        names_something = true;
        match option {
            "PAYLOAD" => to.payload = Some(w.next()?.to_vec()),
            "PROGRESS" => to.progress = Some(w.next()?.to_vec()),
            "DELAY" => to.start = Some(Start::After(w.uint(0)?)),
            "AT" => to.start = Some(Start::At(w.uint(0)?)),
            "PRIORITY" => to.priority = Some(i32::try_from(w.int(i64::MIN)?).map_err(|_| ERR)?.into()),
            "FRONT" => to.place = Place::Front,
            "NAME" => to.name = Some(w.worker()?),
            _ => to.fields.read(option, w, &mut seen)?,
        }
    }
    if !names_something || (seen.contains(&"DELAY") && seen.contains(&"AT")) {
        return Err(ERR);
    }
    Ok(Request::Change { id, to })
}

pub(super) fn promote(w: &mut Words<'_>) -> Result<Request, Refused> {
    let ids = w.ids_before(&["DELAY", "FRONT"])?;
    let (mut seen, mut delay) = (Vec::new(), 0);
    while let Some(option) = w.option(&["DELAY", "FRONT"], &mut seen)? {
        if option == "DELAY" {
            delay = w.uint(0)?;
        }
    }
    Ok(Request::Promote { ids, delay, place: place_of(&seen) })
}

/// Of ids.
pub(super) fn retry(w: &mut Words<'_>) -> Result<(Ids, RetryOptions), Refused> {
    const KNOWN: [&str; 3] = ["FRONT", "SET", "UNSET"];
    let ids = w.ids_before(&KNOWN)?;
    let (mut seen, mut fields) = (Vec::new(), FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        if option != "FRONT" {
            fields.read(option, w, &mut seen)?;
        }
    }
    Ok((ids, RetryOptions { place: place_of(&seen), fields }))
}

pub(super) fn pause(w: &mut Words<'_>) -> Result<Request, Refused> {
    let (mut seen, mut group, mut span) = (Vec::new(), None, None);
    while let Some(option) = w.option(&["GROUP", "FOR"], &mut seen)? {
        match option {
            "GROUP" => group = Some(w.group()?),
            _ => span = Some(w.uint(1)?),
        }
    }
    Ok(Request::Pause { group, span })
}

pub(super) fn resume(w: &mut Words<'_>) -> Result<Request, Refused> {
    let (mut seen, mut group, mut only) = (Vec::new(), None, None);
    while let Some(option) = w.option(&["GROUP", "ONLY"], &mut seen)? {
        match option {
            "GROUP" => group = Some(w.group()?),
            _ if w.keyword("PAUSE") => only = Some("PAUSE"),
            _ if w.keyword("FOR") => only = Some("FOR"),
            _ => return Err(ERR),
        }
    }
    Ok(Request::Resume { group, only })
}

pub(super) fn group(w: &mut Words<'_>) -> Result<Request, Refused> {
    let name = w.group()?;
    if w.0.is_empty() {
        return Ok(Request::Group(name));
    }
    let Request::Config(fields) = config(w)? else { return Err(ERR) };
    crate::groups::check(&fields)?;
    Ok(Request::LimitGroup { name, fields })
}

pub(super) fn purge(w: &mut Words<'_>) -> Result<Request, Refused> {
    if w.keyword("remembered") {
        return without_jobs(Page::read(w, &["OLDER", "IDS"])?).map(Request::PurgeRemembered);
    }
    match state(w)? {
        state if state == "active" => Err(ERR),
        state => Ok(Request::Purge(state, Page::read(w, &["OLDER", "IDS"])?)),
    }
}

pub(super) fn config(w: &mut Words<'_>) -> Result<Request, Refused> {
    let mut fields = Vec::new();
    while !w.0.is_empty() {
        let field = String::from_utf8(w.next()?.to_ascii_lowercase()).map_err(|_| ERR)?;
        fields.push((field, w.next()?.to_vec()));
    }
    if fields.is_empty() {
        Err(ERR)
    } else {
        Ok(Request::Config(fields))
    }
}
