//! Memory is wiped when it is given back: copies of keys are made on the way to JavaScript, and code that
//! can read the module's memory can read all of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::mem::MaybeUninit;
use std::slice;

use zeroize::Zeroize as _;

struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

// SAFETY: all is done by the system's allocator. `realloc` is the trait's own: a new piece, a copy, and `dealloc`.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises, the piece is of this layout, and nobody else has it. `u8` may be
        // anything.
        unsafe {
            slice::from_raw_parts_mut(place.cast::<MaybeUninit<u8>>(), layout.size()).zeroize();
            System.dealloc(place, layout);
        }
    }
}
