//! Randomness: the host's `crypto.getRandomValues`.

#[link(wasm_import_module = "spacetime_keys")]
unsafe extern "C" {
    /// Fills the bytes. 0: done.
    fn random(place: *mut u8, length: usize) -> u32;
}

/// The name that `getrandom` looks for (its documentation, "Custom backend").
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    place: *mut u8,
    length: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: `getrandom` hands over `length` bytes that may be written, and the host writes no others.
    if unsafe { random(place, length) } == 0 { Ok(()) } else { Err(getrandom::Error::UNEXPECTED) }
}
