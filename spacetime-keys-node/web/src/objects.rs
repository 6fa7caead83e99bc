//! Objects that JavaScript keeps: it has their numbers.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

type Kept = Vec<Option<Rc<dyn Any>>>;

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Vec::new()) };
}

/// An object's number.
pub(crate) fn keep<T: 'static>(object: T) -> u32 {
    KEPT.with_borrow_mut(|kept| {
        let object: Rc<dyn Any> = Rc::new(RefCell::new(object));
        let free = kept.iter().position(Option::is_none).unwrap_or(kept.len());
        match kept.get_mut(free) {
            Some(place) => *place = Some(object),
            None => kept.push(Some(object)),
        }
        u32::try_from(free).unwrap_or(u32::MAX)
    })
}

pub(crate) fn find<T: 'static>(number: u32) -> Option<Rc<RefCell<T>>> {
    let number = usize::try_from(number).ok()?;
    let object = KEPT.with_borrow(|kept| kept.get(number)?.clone())?;
    object.downcast().ok()
}

/// JavaScript has lost it.
#[unsafe(no_mangle)]
extern "C" fn forget(number: u32) {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    let lost = KEPT.with_borrow_mut(|kept| kept.get_mut(place).and_then(Option::take));
    drop(lost);
}
