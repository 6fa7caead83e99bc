//! One call: arguments in, an answer out.
//!
//! Arguments lie one after another: four bytes of length, little-endian, and the bytes; a length of
//! `ABSENT` stands for `undefined`. An answer is four bytes of length, a byte that says what it is, and
//! its text.

use napi::bindgen_prelude::AsyncTask;
use zeroize::Zeroizing;

use crate::bulk::Bulk;
use crate::memory;

const ABSENT: u32 = u32::MAX;

pub(crate) struct Arguments<'a>(&'a [u8]);

impl Arguments<'_> {
    /// The next one. `None`: it is not what was agreed on.
    pub(crate) fn take<T: Argument>(&mut self) -> Option<T> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length);
        if length == ABSENT {
            self.0 = rest;
            return T::of(None);
        }
        let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        T::of(Some(bytes))
    }
}

pub(crate) trait Argument: Sized {
    fn of(bytes: Option<&[u8]>) -> Option<Self>;
}

impl Argument for Vec<u8> {
    fn of(bytes: Option<&[u8]>) -> Option<Self> {
        bytes.map(<[u8]>::to_vec)
    }
}

impl Argument for String {
    fn of(bytes: Option<&[u8]>) -> Option<Self> {
        str::from_utf8(bytes?).ok().map(str::to_owned)
    }
}

impl<T: Argument> Argument for Option<T> {
    fn of(bytes: Option<&[u8]>) -> Option<Self> {
        match bytes {
            None => Some(None),
            some => T::of(some).map(Some),
        }
    }
}

/// What JavaScript writes as `String(value)`.
macro_rules! plain {
    ($($kind:ty),*) => { $(
        impl Argument for $kind {
            fn of(bytes: Option<&[u8]>) -> Option<Self> {
                str::from_utf8(bytes?).ok()?.parse().ok()
            }
        }
    )* };
}
plain!(bool, i64, u32);

/// What the text of an answer is.
#[derive(Clone, Copy)]
enum Kind {
    Text = 0,
    /// A number, a truth value, or nothing: as JSON.
    Json = 1,
    Thrown = 2,
}

pub(crate) struct Answered(Kind, Zeroizing<String>);

pub(crate) trait Answer {
    fn answer(self) -> Answered;
}

fn json(text: impl Into<String>) -> Answered {
    Answered(Kind::Json, Zeroizing::new(text.into()))
}

impl Answer for String {
    fn answer(self) -> Answered {
        Answered(Kind::Text, Zeroizing::new(self))
    }
}

impl Answer for () {
    fn answer(self) -> Answered {
        json("null")
    }
}

impl Answer for bool {
    fn answer(self) -> Answered {
        json(self.to_string())
    }
}

impl Answer for u32 {
    fn answer(self) -> Answered {
        json(self.to_string())
    }
}

impl<T: Answer> Answer for Option<T> {
    fn answer(self) -> Answered {
        self.map_or_else(|| json("null"), Answer::answer)
    }
}

impl<T: Answer> Answer for napi::Result<T> {
    fn answer(self) -> Answered {
        match self {
            Ok(value) => value.answer(),
            Err(napi::Error(text)) => Answered(Kind::Thrown, Zeroizing::new(text)),
        }
    }
}

impl Answer for AsyncTask<Bulk> {
    fn answer(self) -> Answered {
        self.0.0.answer()
    }
}

/// Calls with the arguments that JavaScript has written.
///
/// # Safety
/// `place` is what `reserve` returned for so many bytes; it is taken back here.
pub(crate) unsafe fn answer(
    place: *mut u8,
    length: usize,
    call: impl FnOnce(&mut Arguments<'_>) -> Option<Answered>,
) -> *mut u8 {
    // SAFETY: as the caller promises.
    let frame = unsafe { memory::taken(place, length) };
    let bug = || Answered(Kind::Thrown, Zeroizing::new("bug".to_owned()));
    let Answered(kind, text) = call(&mut Arguments(&frame)).unwrap_or_else(bug);
    let mut bytes = Vec::with_capacity(5 + text.len());
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(text.as_bytes());
    memory::give(bytes)
}
