//! Pieces of memory that JavaScript and this module hand to each other.

use zeroize::Zeroizing;

/// Room for arguments. `call::answer` takes it back.
#[unsafe(no_mangle)]
extern "C" fn reserve(length: usize) -> *mut u8 {
    give(vec![0; length])
}

/// Takes an answer back, and wipes it: it may hold a key.
///
/// # Safety
/// The place and the length of an answer that was not released before.
#[unsafe(no_mangle)]
unsafe extern "C" fn release(place: *mut u8, length: usize) {
    // SAFETY: as the caller promises.
    drop(unsafe { taken(place, length) });
}

pub(crate) fn give(bytes: Vec<u8>) -> *mut u8 {
    Box::into_raw(bytes.into_boxed_slice()).cast()
}

/// What was given.
///
/// # Safety
/// `place` is what `give` returned for so many bytes, and was not taken before.
pub(crate) unsafe fn taken(place: *mut u8, length: usize) -> Zeroizing<Vec<u8>> {
    // SAFETY: a boxed slice has the layout of a `Vec` that is full.
    Zeroizing::new(unsafe { Vec::from_raw_parts(place, length, length) })
}
